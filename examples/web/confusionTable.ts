import { html } from './dom.ts'

/** Fills a table with a row for each true class and a column for each class read; returns what shows other counts in it. */
export function confusionTable(
  table: HTMLTableElement,
  classes: number,
): (counts: readonly (readonly number[])[]) => void {
  const names = Array.from({ length: classes }, (_, name) => String(name))
  const cells = names.map(() => names.map(() => html('td')))
  const heads = names.map((name) => html('th', { scope: 'col' }, name))
  table.append(
    html('thead', {}, html('tr', {}, html('td'), ...heads)),
    html(
      'tbody',
      {},
      ...cells.map((row, truth) => html('tr', {}, html('th', { scope: 'row' }, String(truth)), ...row)),
    ),
  )
  return (counts) => {
    counts.forEach((row, truth) => {
      const total = row.reduce((a, b) => a + b, 0)
      row.forEach((count, read) => {
        const cell = cells[truth]?.[read] as HTMLTableCellElement
        const text = count > 0 ? String(count) : ''
        if (cell.textContent === text) return
        cell.textContent = text
        cell.className = count === 0 ? '' : truth === read ? 'right' : 'wrong'
        cell.style.setProperty('--share', `${Math.round(40 + (60 * count) / total)}%`)
      })
    })
  }
}
