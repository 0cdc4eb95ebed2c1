import { htmlPage, legend, table } from '../report/htmlPage.ts'
import { lineChart } from '../report/lineChart.ts'
import type { Roc } from './roc.ts'

export interface Page {
  /** The share of known digits read right. */
  readonly right: number
  readonly found: readonly {
    readonly kind: string
    readonly count: number
    readonly curves: readonly { readonly name: string; readonly roc: Roc }[]
  }[]
}

/** ROC curves and the areas below them. */
export function page({ right, found }: Page): string {
  const names = found[0]?.curves.map(({ name }) => name) ?? []
  const tenths = [0, 0.2, 0.4, 0.6, 0.8, 1]
  const charts = found.map(({ kind, count, curves }) =>
    lineChart({
      title: `${count} ${kind}`,
      x: { marks: tenths, label: 'share of them that passes' },
      y: { marks: tenths },
      series: curves.map(({ name, roc }) => ({ name, points: roc.points })),
    }),
  )
  const areas = found.map(({ curves }) => curves.map(({ roc }) => roc.area.toFixed(3)))
  const rows = names.map((name, i) => [name, ...areas.map((column) => column[i] ?? '')])
  return htmlPage({
    title: 'What the classifier has never seen',
    body: `<p>A small network has learned the digits 0 to 7, and reads ${(100 * right).toFixed(1)} % of others of them right. Does it
notice that an 8, a 9 or a drawing of strokes is none of these? Each rule gives an input a score; the curves show, for every
threshold, which share of known digits passes against the share of strangers that passes with them. The nearer to the upper left
corner, the better; a coin goes along the diagonal.</p>
${legend(names)}
<div class="row">
${charts.join('\n')}
</div>
<h2>Area below the curve</h2>
${table(['rule', ...found.map(({ kind }) => kind)], rows)}
<p>The greatest probability asks the classifier itself. A Mahalanobis score asks how far its features lie from the mean of the
nearest class, by the covariance that all classes share; after a step means that the input was first moved to where the score is
greater. The ensemble is a logistic regression of both layers, learned from half of the examples and tried on the other half.</p>`,
  })
}
