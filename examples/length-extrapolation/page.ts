import { htmlPage, legend, table } from '../report/htmlPage.ts'
import { lineChart } from '../report/lineChart.ts'
import type { Score } from './train.ts'

/** Scores of one kind of attention, one for each length, means of seeds. */
export interface Row {
  readonly name: string
  readonly scores: readonly Score[]
}

export interface Page {
  readonly trained: number
  readonly lengths: readonly number[]
  readonly rows: readonly Row[]
}

/** Right answers and weights by length. */
export function page({ trained, lengths, rows }: Page): string {
  const charts = [
    { title: 'share of right answers', of: ({ right }: Score) => right },
    { title: 'weight of the note that was asked for', of: ({ weight }: Score) => weight },
  ].map(({ title, of }) =>
    lineChart({
      title,
      x: { marks: lengths, label: 'notes in a sequence', logarithmic: true },
      y: { marks: [0, 0.2, 0.4, 0.6, 0.8, 1] },
      series: rows.map(({ name, scores }) => ({
        name,
        points: scores.map((score, i) => [lengths[i] as number, of(score)] as const),
      })),
    }),
  )
  const cells = rows.map(({ name, scores }) => [name, ...scores.map(({ right }) => `${(100 * right).toFixed(1)} %`)])
  return htmlPage({
    title: `Trained on ${trained} notes, asked about ${lengths.at(-1)}`,
    body: `<p>Each sequence is a list of notes, a name beside one of eight marks; the question is a name from the list, blurred, and the
answer its mark. One layer of attention learns to look it up among ${trained} notes. Then the lists get longer, and nothing is learned
any more. A name is a direction in 16 dimensions, so in a long list others come close to what is asked: the nearest name is the best
there is to know.</p>
${legend(rows.map(({ name }) => name))}
<div class="row">
${charts.join('\n')}
</div>
<h2>Right answers</h2>
${table(['attention', ...lengths.map((length) => `${length} notes`)], cells)}
<p>Softmax gives every note some weight, and thousands of small ones drown the right one; a scale that grows with the logarithm of the
length sharpens it, and that alone is hard to beat. LSSA has that scale built in, but its weights have a bounded ratio, so by itself it
cannot point at one note among many. LSSAR keeps what lies above the mean of a row, raised to the power p, and gives all other notes the weight 0: with
p = 15 it holds on where plain softmax fails, with p = 3, which the paper has for inputs no longer than in training, it does not.</p>`,
  })
}
