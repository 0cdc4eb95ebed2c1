import { average } from '../digits/format.ts'
import { htmlPage, legend, table } from '../report/htmlPage.ts'
import { evenly, lineChart } from '../report/lineChart.ts'

/** What a network made of the tests with one head: shares of errors by seed, epoch and test. */
export interface Outcome {
  readonly name: string
  readonly errors: readonly (readonly (readonly number[])[])[]
}

export interface Page {
  readonly title: string
  readonly about: string
  /** Names of the tests. */
  readonly tests: readonly string[]
  readonly outcomes: readonly Outcome[]
}

/** Errors after the last epoch, by test: mean and spread over the seeds, in percent. */
export function cells({ errors }: Outcome, tests: readonly string[]): string[] {
  return tests.map((_, test) => {
    const last = errors.map((epochs) => epochs.at(-1)?.[test] as number)
    return `${(100 * average(last)).toFixed(1)} ± ${(100 * spread(last)).toFixed(1)} %`
  })
}

/** Curves of the errors, and a table of the last. */
export function page({ title, about, tests, outcomes }: Page): string {
  const charts = tests.map((test, at) => {
    const series = outcomes.map(({ name, errors }) => {
      const epochs = errors[0]?.length as number
      const mean = (epoch: number): number => 100 * average(errors.map((of) => of[epoch]?.[at] as number))
      return { name, points: Array.from({ length: epochs }, (_, epoch) => [epoch + 1, mean(epoch)] as const) }
    })
    const points = series.flatMap((line) => line.points)
    const [epochs, highest] = [0, 1].map((i) => Math.max(...points.map((point) => point[i] as number)))
    return lineChart({
      title: `${test}: read wrong, in percent`,
      x: { marks: evenly(epochs as number), label: 'epochs' },
      y: { marks: evenly(Math.max(1, highest as number)) },
      series,
    })
  })
  return htmlPage({
    title,
    body: `<p>${about}</p>
${legend(outcomes.map(({ name }) => name))}
<div class="row">
${charts.join('\n')}
</div>
<h2>After the last epoch</h2>
${table(
  ['', ...tests],
  outcomes.map((outcome) => [outcome.name, ...cells(outcome, tests)]),
)}`,
  })
}

function spread(values: readonly number[]): number {
  const mean = average(values)
  return Math.sqrt(average(values.map((v) => (v - mean) ** 2)))
}
