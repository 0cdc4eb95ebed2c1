import { htmlPage, legend } from '../report/htmlPage.ts'
import { evenly, lineChart } from '../report/lineChart.ts'
import { plane, type Regions } from './plane.ts'
import type { Point } from './points.ts'

/** How one loss went. */
export interface Run {
  readonly name: string
  /** Degrees between the weights and the hard-margin ones, after each of the steps. */
  readonly angles: readonly number[]
  /** Norm of the weights, in norms of the hard-margin ones. */
  readonly norms: readonly number[]
}

export interface Page {
  readonly steps: readonly number[]
  readonly runs: readonly Run[]
  readonly regions: readonly Regions[]
  readonly points: readonly Point[]
}

/** All of it as one page that loads nothing. */
export function page({ steps, runs, regions, points }: Page): string {
  const curves = (title: string, of: (run: Run) => readonly number[]): string =>
    lineChart({
      title,
      x: { marks: decades(steps), label: 'steps', logarithmic: true },
      y: { marks: evenly(Math.max(...runs.flatMap(of))) },
      series: runs.map((run) => ({ name: run.name, points: of(run).map((value, n) => [steps[n] as number, value]) })),
    })
  return htmlPage({
    title: 'The implicit bias of gradient descent',
    body: `<p>Ten points, three classes, a linear classifier, and nothing that holds its weights down. Among all weights that tell
the classes apart, gradient descent on a loss with an exponential tail comes ever nearer to those of the hard-margin
classifier, as slowly as 1 over the logarithm of the steps. A hinge stops where it is content.</p>
${legend(runs.map(({ name }) => name))}
<div class="row">
${curves('Degrees from the hard-margin classifier', ({ angles }) => angles)}
${curves('Norm of the weights, in norms of the hard-margin ones', ({ norms }) => norms)}
</div>
<p>What the classifier reads where, with ${runs[0]?.name} after more and more steps, and with the hard margin:</p>
<div class="row">
${regions.map((each) => plane(each, points)).join('\n')}
</div>`,
  })
}

/** Powers of ten between the first step and the last, and these. */
function decades(steps: readonly number[]): number[] {
  const [first, last] = [steps[0] as number, steps.at(-1) as number]
  const powers = Array.from({ length: Math.ceil(Math.log10(last)) }, (_, n) => 10 ** n)
  return [first, ...powers.filter((n) => n > first && n < last), last]
}
