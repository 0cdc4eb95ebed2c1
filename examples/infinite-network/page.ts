import { htmlPage, legend, table } from '../report/htmlPage.ts'
import { evenly, lineChart } from '../report/lineChart.ts'
import { type Map, type Octant, octantMap } from './octant.ts'

export interface Page {
  readonly octant: Octant
  /** Each network, followed by the rule that it comes to. */
  readonly pairs: readonly { readonly network: Map; readonly limit: Map; readonly agreement: number }[]
  readonly noise: number
  /** Errors by the number of examples. */
  readonly errors: readonly { readonly name: string; readonly points: readonly (readonly [number, number])[] }[]
}

/** What deep networks become, drawn. */
export function page({ octant, pairs, noise, errors }: Page): string {
  const counts = errors[0]?.points.map(([count]) => count) ?? []
  const best = { name: 'best possible', points: counts.map((count) => [count, noise] as const) }
  const lines = [...errors, best]
  const highest = Math.max(...errors.flatMap(({ points }) => points.map(([, error]) => error)))
  return htmlPage({
    title: 'What infinitely wide networks become as they get deep',
    body: `<p>Trained to the end, a network of infinitely wide layers is a kernel regression, and the activation alone decides what is left
of it when layers are added: the class of the nearest example, a vote of all examples by distance, or the class that most of them have. Dots are
examples on a part of the sphere, drawn flat; a share of ${noise} of them has the wrong class. Above the networks, below what they come to.</p>
${legend(['one class', 'the other'])}
<div class="row">
${pairs.map(({ network }) => octantMap(octant, network)).join('\n')}
</div>
<div class="row">
${pairs.map(({ limit }) => octantMap(octant, limit)).join('\n')}
</div>
${table(
  ['network', 'comes to', 'agree on'],
  pairs.map(({ network, limit, agreement }) => [network.title, limit.title, `${(100 * agreement).toFixed(1)} %`]),
)}
<h2>With more examples</h2>
<p>Only the vote by distance is consistent: with more examples its error goes to the best possible, if slowly. The nearest neighbour keeps
copying wrong examples.</p>
${legend(lines.map(({ name }) => name))}
<div class="row">
${lineChart({
  title: 'Share of new inputs read wrong',
  x: { marks: counts, label: 'examples', logarithmic: true },
  y: { marks: evenly(highest) },
  series: lines,
})}
<div>
${table(
  ['examples', ...errors.map(({ name }) => name)],
  counts.map((count, at) => [String(count), ...errors.map(({ points }) => (points[at]?.[1] ?? 0).toFixed(3))]),
)}
</div>
</div>`,
  })
}
