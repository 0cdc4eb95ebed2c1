import { blockOf, ends, type HeatMapOptions, heatMap, levelOf, levels, showElement } from './heatMap.ts'
import type { JacobianComparison } from './jacobians.ts'

/**
 * The difference of two Jacobians as text, a character for each entry by its size in units of what is accepted:
 * `·` accepted, `░` up to 10 times, `▒` up to 1000 times, `▓` up to a million times, `█` more, `×` not finite. Tensors are set
 * apart by lines. Large Jacobians are drawn in blocks, a block by its worst entry.
 *
 * @example heatMapText(compareJacobians((x: Tensor) => softmax(x), [tensor([1, 2, 3])]))
 */
export function heatMapText(
  jacobian: JacobianComparison,
  { maxRows = 32, maxColumns = 64 }: HeatMapOptions = {},
): string {
  const map = heatMap(jacobian, { maxRows, maxColumns })
  const labels = map.rows.flatMap(({ part, bounds }) =>
    bounds.slice(0, -1).map((at) => `${part.name}${showElement(part, at - (bounds[0] as number))}`),
  )
  const width = Math.max(0, ...labels.map((label) => label.length))
  const letters = map.columns.map((_, i) => letterOf(i))
  const header = map.columns.map(({ bounds }, i) => (letters[i] as string).padEnd(bounds.length - 1)).join(' ')
  const breaks = new Set(ends(map.columns))
  const rowBreaks = new Set(ends(map.rows))
  const rule = ' '.repeat(width)
  const rows = map.cells.flatMap((cells, i) => {
    const shades = cells.map(({ difference }, j) => `${breaks.has(j) ? '│' : ''}${levels[levelOf(difference)]?.text}`)
    const row = `${(labels[i] as string).padEnd(width)} │${shades.join('')}│`
    return rowBreaks.has(i) ? [`${rule} │${'─'.repeat(shades.join('').length)}│`, row] : [row]
  })
  const parts = map.columns.map(({ part }, i) => `${letters[i]} ${part.name} [${part.shape.join(', ')}]`)
  const block = blockOf(map)
  return [
    ...(map.columns.some(({ bounds }) => bounds.length > 1) ? [`${rule}  ${header}`.trimEnd()] : []),
    ...rows,
    `columns: ${parts.join(', ')}${map.leftOut > 0 ? `; left out, as they differ less: ${map.leftOut}` : ''}`,
    ...(block ? [`a character for ${block}, by the worst`] : []),
    levels.map(({ text, label }) => `${text} ${label}`).join('  '),
  ].join('\n')
}

/** a to z, then a1 to z1, and so on. */
function letterOf(i: number): string {
  return `${String.fromCharCode(97 + (i % 26))}${i < 26 ? '' : Math.floor(i / 26)}`
}
