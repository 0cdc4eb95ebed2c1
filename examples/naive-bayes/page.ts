import { htmlPage, legend, table } from '../report/htmlPage.ts'
import { evenly, lineChart } from '../report/lineChart.ts'
import { names } from './learners.ts'

/** How many examples each learner needed. */
export interface Needs {
  readonly classes: number
  readonly n: number
  readonly counts: readonly number[]
}

export interface Page {
  readonly repeats: number
  readonly needs: readonly Needs[]
  /** Errors of each learner on digits. */
  readonly curve: readonly { readonly count: number; readonly errors: readonly number[] }[]
}

/** Curves of what was needed, and of errors on digits. */
export function page({ repeats, needs, curve }: Page): string {
  const charts = [...new Set(needs.map(({ classes }) => classes))].map((classes) => {
    const own = needs.filter((each) => each.classes === classes)
    const known = own.flatMap(({ counts }) => counts).filter(Number.isFinite)
    return lineChart({
      title: `Examples needed for ${classes} classes`,
      x: { marks: [0, ...own.map(({ n }) => n)], label: 'coordinates' },
      y: { marks: evenly(Math.max(1, ...known)) },
      series: names.map((name, i) => ({
        name,
        points: own.flatMap(({ n, counts }) => (Number.isFinite(counts[i]) ? [[n, counts[i] as number] as const] : [])),
      })),
    })
  })
  const counts = curve.map(({ count }) => count)
  const digits = lineChart({
    title: 'Share of digits read wrong',
    x: { marks: counts, label: 'examples', logarithmic: true },
    y: { marks: evenly(Math.max(...curve.flatMap(({ errors }) => errors))) },
    series: names.map((name, i) => ({
      name,
      points: curve.map(({ count, errors }) => [count, errors[i] as number] as const),
    })),
  })
  const show = (count: number): string => (Number.isFinite(count) ? String(count) : 'more than tried')
  return htmlPage({
    title: 'How many examples a linear classifier needs',
    body: `<p>Two ways to the same kind of classifier. Naive Bayes counts, takes means and one variance for each feature, and is done; logistic
regression searches for the weights under which the labels are likeliest. Each learns from more and more examples until the mean error of
${repeats} runs is within 1 % of that of the best classifier there is.</p>
${legend(names)}
<div class="row">
${charts.join('\n')}
</div>
<p>Features are Gaussian and independent here, which is what naive Bayes assumes, and half of them are noisy. It needs hardly more examples as there
are more of them, because more features help each other as fast as there are more numbers to estimate. Logistic regression has to find out which
features are noise, and needs about as many more examples as there are more features.</p>
${table(
  ['classes', 'coordinates', ...names],
  needs.map(({ classes, n, counts }) => [String(classes), String(n), ...counts.map(show)]),
)}
<h2>Digits</h2>
<p>Pixels are neither Gaussian nor independent.</p>
<div class="row">
${digits}
<div>
${table(
  ['examples', ...names],
  curve.map(({ count, errors }) => [String(count), ...errors.map((e) => e.toFixed(3))]),
)}
</div>
</div>`,
  })
}
