import { confusions } from '../confusions.ts'
import type { Dataset } from '../dataset.ts'
import type { Group } from './group.ts'
import { escape } from './html.ts'

/** More classes than this make no table that anyone reads. */
const mostClasses = 30

/** Which classes were taken for which, over all seeds: a row per true class, a column per class read. */
export function confusionTable({ loss, hue, runs }: Group, { classes, test }: Dataset): string {
  if (classes > mostClasses) return `<p class="note">${classes} classes are too many for a table.</p>`
  const labels = test.labels.dataSync()
  const counts = runs
    .map(({ predictions }) => confusions(predictions, labels, classes))
    .reduce((sum, more) => sum.map((row, truth) => row.map((n, read) => n + (more[truth]?.[read] as number))))
  const worst = Math.max(...counts.map((row, truth) => Math.max(...row.with(truth, 0))))
  const names = counts.map((_, name) => name)
  const rows = counts.map((row, truth) => {
    const total = row.reduce((a, b) => a + b, 0)
    const cells = row.map((n, read) => {
      if (read === truth) return `<td class="right">${n}</td>`
      if (n === 0) return '<td></td>'
      const share = Math.round(35 + (65 * n) / worst)
      return `<td class="wrong" style="--share:${share}%" title="${n} × ${truth} read as ${read}">${n}</td>`
    })
    const found = total > 0 ? `${Math.round((100 * (row[truth] as number)) / total)} %` : '–'
    return `<tr><th scope="row">${truth}</th>${cells.join('')}<td class="found">${found}</td></tr>`
  })
  const misread = counts.flatMap((row, truth) => row.with(truth, 0)).reduce((a, b) => a + b, 0)
  return `<figure class="confusion">
<figcaption><strong class="${hue}">${escape(loss)}</strong> ${misread} misread${runs.length > 1 ? ` in ${runs.length} runs` : ''}</figcaption>
<table>
<thead><tr><td></td>${names.map((name) => `<th scope="col">${name}</th>`).join('')}<th class="found">found</th></tr></thead>
<tbody>
${rows.join('\n')}
</tbody>
</table>
</figure>`
}
