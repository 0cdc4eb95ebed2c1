import type { Axis } from '../report/axes.ts'
import { htmlPage, legend, table } from '../report/htmlPage.ts'
import { evenly, lineChart } from '../report/lineChart.ts'

/** What one head has made of one number of draws, the mean over seeds. */
export interface Cell {
  readonly head: string
  readonly count: number
  readonly divergence: number
  readonly last: number
}

/** Probabilities of bins at one place. */
export interface Place {
  readonly x: number
  readonly curves: readonly { readonly name: string; readonly probabilities: readonly number[] }[]
}

export interface Page {
  readonly counts: readonly number[]
  readonly cells: readonly Cell[]
  /** For the number of draws that is shown. */
  readonly shownCount: number
  readonly places: readonly Place[]
}

const halves: Axis = { marks: [-1, -0.5, 0, 0.5, 1], label: 'y' }

/** Densities beside the true one, and how far each head is from it. */
export function page({ counts, cells, shownCount, places }: Page): string {
  const heads = [...new Set(cells.map(({ head }) => head))]
  const names = places[0]?.curves.map(({ name }) => name) ?? []
  const highest = Math.max(...places.flatMap(({ curves }) => curves.flatMap(({ probabilities }) => probabilities)))
  const densities = places.map(({ x, curves }) =>
    lineChart({
      title: `x = ${x}`,
      x: halves,
      y: { marks: evenly(highest) },
      series: curves.map(({ name, probabilities }) => ({
        name,
        points: probabilities.map((p, j) => [-1 + (2 * j + 1) / probabilities.length, p] as const),
      })),
    }),
  )
  const of = (head: string, count: number): Cell =>
    cells.find((cell) => cell.head === head && cell.count === count) as Cell
  const marks = decades(cells.flatMap(({ divergence, last }) => [divergence, last]))
  const distances = [
    { title: 'divergence in nats, where pairs held back are fitted best', distance: (cell: Cell) => cell.divergence },
    { title: 'divergence in nats, after the last step', distance: (cell: Cell) => cell.last },
  ].map(({ title, distance }) =>
    lineChart({
      title,
      x: { marks: counts, label: 'pairs', logarithmic: true },
      y: { marks, logarithmic: true },
      series: heads.map((name) => ({
        name,
        points: counts.map((count) => [count, distance(of(name, count))] as const),
      })),
    }),
  )
  const rows = heads.map((head) => [
    head,
    ...counts.map((count) => `${of(head, count).divergence.toFixed(3)} (${of(head, count).last.toFixed(3)})`),
  ])
  return htmlPage({
    title: 'A density with two humps, from few examples',
    body: `<p>A small network is to say how y is distributed at each x, and learns it from pairs drawn at random. Its last layer is either a dense
one, with a logit for each of 50 bins and no idea which bins are neighbours, or a Fourier head, whose output is a smooth density of N
frequencies cut into the same bins. All else is the same: body, loss, optimizer and the rule when to stop.</p>
<h2>Learned from ${shownCount} pairs</h2>
${legend(names)}
<div class="row">
${densities.join('\n')}
</div>
<h2>The more pairs, the nearer</h2>
${counts.length > 1 ? `${legend(heads)}\n<div class="row">\n${distances.join('\n')}\n</div>` : ''}
${table(['head', ...counts.map((count) => `${count} pairs`)], rows)}
<p>The mean divergence of the true distribution from the learned one, after the step at which a fifth of the pairs, held back, is fitted best;
in brackets after the last step, for one who does not stop. Noise of few examples is learned bin by bin by the dense layer, and its
probabilities of empty bins go to 0, which is what the last step pays for. Too few frequencies cannot draw
the narrow hump however many pairs there are; many of them take more pairs to learn.</p>`,
  })
}

/** 1, 2 and 5 times powers of ten around numbers. */
function decades(values: readonly number[]): number[] {
  const steps = [-3, -2, -1, 0, 1].flatMap((power) => [1, 2, 5].map((n) => Number((n * 10 ** power).toPrecision(1))))
  const [low, high] = [Math.min(...values), Math.max(...values)]
  const from = steps.findLastIndex((step) => step <= low)
  const to = steps.findIndex((step) => step >= high)
  return steps.slice(Math.max(0, from), to < 0 ? undefined : to + 1)
}
