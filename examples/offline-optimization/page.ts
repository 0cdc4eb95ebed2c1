import { htmlPage, legend, table } from '../report/htmlPage.ts'
import { evenly, lineChart } from '../report/lineChart.ts'
import { type Climb, mean } from './climb.ts'

export interface Page {
  readonly headers: readonly string[]
  readonly summary: readonly { readonly name: string; readonly cells: readonly string[] }[]
  readonly rows: readonly { readonly name: string; readonly climbs: readonly Climb[] }[]
  /** Mean true score before the climb, and of the best trials. */
  readonly start: number
  readonly best: number
}

/** Promise and truth along the climb, side by side. */
export function page({ headers, summary, rows, start, best }: Page): string {
  const curves = rows.map(({ name, climbs }) => {
    const over = (of: (climb: Climb) => readonly number[]): number[] =>
      (climbs[0] as Climb).real.map((_, i) => mean(climbs.map((climb) => of(climb)[i] as number)))
    return { name, promised: over(({ promised }) => promised), real: over(({ real }) => real) }
  })
  const top = evenly(Math.max(...curves.flatMap(({ promised, real }) => [...promised, ...real])))
  const climbing = curves[0]?.real.length as number
  const marks = [0, 0.25, 0.5, 0.75, 1].map((share) => Math.round(share * 10 * (climbing - 1)))
  const chart = (title: string, of: (curve: (typeof curves)[number]) => readonly number[]): string =>
    lineChart({
      title,
      x: { marks, label: 'steps uphill' },
      y: { marks: top },
      series: curves.map((curve) => ({ name: curve.name, points: of(curve).map((score, i) => [10 * i, score]) })),
    })
  const seeds = rows[0]?.climbs.length as number
  return htmlPage({
    title: 'What a surrogate promises',
    body: `<p>Sixty designs of six parts each have been tried; nobody can try another. A network learns their scores, and the sixteen best designs climb
it by gradient ascent. As they leave the designs it has seen, the network promises ever more, and what it promises is less and less true. IGNITE
trains it so that its mean promise changes little when its parameters do. Means over ${seeds} sets of trials.</p>
${legend(curves.map(({ name }) => name))}
<div class="row">
${chart('Promised score', ({ promised }) => promised)}
${chart('True score', ({ real }) => real)}
</div>
${table(
  ['after the climb', ...headers],
  summary.map(({ name, cells }) => [name, ...cells]),
)}
<p>Before the climb the sixteen designs are worth ${start.toFixed(2)}, and the best of the sixty ${best.toFixed(2)}. The score is Hartmann's function in the unit
cube, whose greatest value is 3.32; it is known here, so that promises can be checked, and no training sees it. A gain is the mean difference to
the plain surrogate of the same trials, with its standard error.</p>`,
  })
}
