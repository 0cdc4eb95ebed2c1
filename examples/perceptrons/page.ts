import { htmlPage, legend, table } from '../report/htmlPage.ts'
import { lineChart } from '../report/lineChart.ts'

export interface Page {
  /** Numbers of examples. */
  readonly sizes: readonly number[]
  readonly rows: readonly {
    readonly name: string
    /** Steps until all are right, for each number of examples. */
    readonly steps: readonly number[]
    /** Logistic loss before the first step and after each, for most examples. */
    readonly losses: readonly number[]
  }[]
}

/** Steps by the number of examples, and how the loss falls. */
export function page({ sizes, rows }: Page): string {
  const most = sizes.at(-1) as number
  const drawn = rows.filter(({ name }) => /step 1$|step 100$/.test(name))
  const floor = 0.001
  const scaling = lineChart({
    title: 'Steps until all are right',
    x: { marks: sizes, label: 'examples', logarithmic: true },
    y: { marks: [1, 10, 100, 1000], logarithmic: true },
    series: drawn.map(({ name, steps }) => ({ name, points: steps.map((count, i) => [sizes[i] as number, count]) })),
  })
  const fall = lineChart({
    title: `Logistic loss with ${most} examples`,
    x: { marks: [1, 10, 100, 320], label: 'steps', logarithmic: true },
    y: { marks: [floor, 0.01, 0.1, 1], logarithmic: true },
    series: drawn.map(({ name, losses }) => ({
      name,
      points: losses.slice(1).map((loss, i) => [i + 1, Math.min(Math.max(loss, floor), 1)]),
    })),
  })
  return htmlPage({
    title: 'One against many',
    body: `<p>One example (½, −1) of the class 1 and n − 1 examples (−½, −1) of the other. A line through 0 separates them, but the crowd
outweighs the one: the mean of the gradients points away from it. Gradient descent on the logistic loss, and the batch perceptron that it becomes
for large steps, need steps in proportion to n. Divided by the mean of what is still wrong, they do not.</p>
${legend(drawn.map(({ name }) => name))}
<div class="row">
${scaling}
${fall}
</div>
${table(
  ['steps until all are right', ...sizes.map((n) => `n = ${n}`)],
  rows.map(({ name, steps }) => [name, ...steps.map(String)]),
)}
<p>The last column is table 1 of Tyurin, <i>From logistic regression to the perceptron algorithm</i> (arXiv 2412.08424): 2, 2, 16 and 157 steps for
the normalized form by step size, 308 without it. Steps are counted until all are right for the first time: with a step of 100 the normalized form
loses that once more, at its third step, and finds it again at the fourth. Losses below ${floor} are drawn there.</p>`,
  })
}
