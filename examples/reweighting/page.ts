import { htmlPage, legend, table } from '../report/htmlPage.ts'
import { evenly, lineChart } from '../report/lineChart.ts'
import type { Epoch, Settings } from './train.ts'

/** What training with one strategy came to, epoch by epoch, on noisy labels and on those that are right. */
export interface Run {
  readonly strategy: Settings['strategy']
  readonly noisy: readonly Epoch[]
  readonly clean: readonly Epoch[]
}

export interface Page {
  readonly noise: number
  readonly epochs: number
  readonly burnout: number
  readonly r: number
  readonly seeds: number
  readonly runs: readonly Run[]
}

/** Headers of the numbers of a run. */
export function columns(noise: number): readonly string[] {
  return [
    `read right, ${percent(noise)} wrong labels`,
    'after the best epoch',
    'weight of a wrong label',
    'read right, no wrong labels',
  ]
}

/** A run as its name and the numbers below the headers. */
export function row({ strategy, noisy, clean }: Run): string[] {
  const [last, lastClean] = [noisy.at(-1) as Epoch, clean.at(-1) as Epoch]
  return [
    strategy,
    percent(last.accuracy),
    percent(Math.max(...noisy.map(({ accuracy }) => accuracy))),
    last.wrongWeight.toFixed(2),
    percent(lastClean.accuracy),
  ]
}

/** The curves of all runs and the numbers that they end in. */
export function page({ noise, epochs, burnout, r, seeds, runs }: Page): string {
  const curves = (of: (epoch: Epoch) => number) =>
    runs.map(({ strategy, noisy }) => ({
      name: strategy,
      points: noisy.map((epoch, i) => [i + 1, of(epoch)] as const).filter(([, value]) => Number.isFinite(value)),
    }))
  const x = { marks: evenly(epochs), label: 'epochs' }
  const weights = curves(({ wrongWeight }) => wrongWeight)
  const heaviest = Math.max(1, ...weights.flatMap(({ points }) => points.map(([, weight]) => weight)))
  const charts = [
    lineChart({
      title: 'test digits read right',
      x,
      y: { marks: [0.6, 0.7, 0.8, 0.9, 1] },
      series: curves(({ accuracy }) => Math.max(0.6, accuracy)),
    }),
    lineChart({
      title: 'weight of a wrongly labelled digit, of 1 on average',
      x,
      y: { marks: evenly(heaviest) },
      series: weights,
    }),
  ]
  return htmlPage({
    title: 'Which digits of a batch should count?',
    body: `<p>A small network learns digits of which ${percent(noise)} are labelled wrong. After ${burnout} epochs in which all digits of a batch count the
same, sampleReweight gives them weights by their losses: <i>linUpper</i> more to those from the middle of the range upwards, <i>quadratic</i> more to those in the
middle, <i>extremes</i> more to those at both ends; <i>uniform</i> goes on as before, which is plain training. The temperature r is ${r}; the
curves are means of ${seeds} seeds.</p>
${legend(runs.map(({ strategy }) => strategy))}
<div class="row">
${charts.join('\n')}
</div>
${table(['', ...columns(noise)], runs.map(row))}
<p>Only in a few digits of a batch is the loss near its maximum: those that are known already stand together at the lower end, most wrong labels between
the two. So linUpper and quadratic, which favour the middle, learn wrong labels sooner than plain training does, and extremes turns to what is known already. Where
all labels are right it makes no difference here.</p>`,
  })
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`
}
