import {
  type Band,
  blockOf,
  type Cell,
  ends,
  type HeatMap,
  type HeatMapOptions,
  heatMap,
  levelOf,
  levels,
  showElement,
  sizeOfPart,
} from './heatMap.ts'
import type { JacobianComparison, JacobianPart } from './jacobians.ts'
import { show } from './sentence.ts'

export interface HeatMapSvgOptions extends HeatMapOptions {
  /** Said above the map. @default 'Difference of the Jacobians' */
  readonly title?: string
}

/** One for each level: lighter to darker as well as yellow to violet, for eyes that tell few colours apart. */
const colours = ['#eceef1', '#fbe39a', '#f5a54f', '#d8503f', '#7d1d4f', '#15131a'] as const

const ink = '#22262d'
const faint = '#6a7280'
const gap = 4
const margin = 20
/** Where the names of the columns begin. */
const heading = margin + 54
const lineHeight = 16
const font = 'ui-sans-serif, system-ui, Helvetica, Arial, sans-serif'

/**
 * The difference of two Jacobians as a drawing that stands by itself: an SVG document, a cell for each entry, coloured by
 * its size in units of what is accepted. Each cell has a title with its output, its input and both values, which a browser
 * shows under the pointer. Large Jacobians are drawn in blocks, a block by its worst entry.
 *
 * @example heatMapSvg(compareJacobians((x: Tensor) => softmax(x), [tensor([1, 2, 3])]))
 */
export function heatMapSvg(
  jacobian: JacobianComparison,
  { maxRows = 96, maxColumns = 96, title = 'Difference of the Jacobians' }: HeatMapSvgOptions = {},
): string {
  const map = heatMap(jacobian, { maxRows, maxColumns })
  const layout = layoutOf(map)
  const { width, bottom } = layout
  const size = `width="${width}" height="${bottom + 64}" viewBox="0 0 ${width} ${bottom + 64}"`
  const summary = summarize(jacobian, map)
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" ${size} font-family="${font}" role="img" aria-labelledby="title summary">`,
    `<title id="title">${escape(title)}</title>`,
    `<desc id="summary">${escape(summary)}</desc>`,
    '<rect width="100%" height="100%" fill="#ffffff"/>',
    `<text x="${margin}" y="${margin + 12}" font-size="15" font-weight="600" fill="${ink}">${escape(title)}</text>`,
    `<text x="${margin}" y="${margin + 30}" font-size="12" fill="${faint}">${escape(summary)}</text>`,
    ...drawLabels(layout),
    ...drawCells(jacobian, map, layout),
    ...drawLegend(margin, bottom + 28),
    '</svg>',
  ].join('\n')
}

function summarize({ difference }: JacobianComparison, map: HeatMap): string {
  const entries = difference.flat()
  const block = blockOf(map)
  return [
    `${entries.filter((d) => d > 1).length} of ${entries.length} entries differ by more than is accepted`,
    ...(block ? [`a cell for ${block}, by the worst`] : []),
    ...(map.leftOut > 0 ? [`tensors left out, which differ less: ${map.leftOut}`] : []),
  ].join('; ')
}

interface Layout {
  /** Length of the side of a cell, with the gap to the next. */
  readonly side: number
  readonly left: number
  readonly top: number
  readonly bottom: number
  readonly width: number
  /** Height of the indices above the columns. */
  readonly indices: number
  /** Distances of a column and of a row from the first. */
  readonly across: (column: number) => number
  readonly down: (row: number) => number
  readonly headings: readonly Heading[]
  readonly columnLabels: readonly Label[]
  readonly rowLabels: readonly Label[]
}

function layoutOf({ rows, columns, cells }: HeatMap): Layout {
  const high = cells.length
  const wide = cells[0]?.length ?? 0
  const side = Math.max(5, Math.min(28, Math.floor(640 / Math.max(1, wide, high))))
  const place = (bands: readonly Band[]): ((at: number) => number) => {
    const breaks = ends(bands)
    return (at) => at * side + gap * breaks.filter((end) => end <= at).length
  }
  const [across, down] = [place(columns), place(rows)]
  const headings = headingsOf(columns, across, side)
  const [columnLabels, rowLabels] = [labelsOf(columns, side), labelsOf(rows, side)]
  const left = margin + Math.max(60, 12 + Math.max(0, ...rowLabels.map(({ name, text }) => 6.2 * (name + text).length)))
  const indices = Math.max(0, ...columnLabels.map(({ text }) => 6 * text.length))
  const top = heading + lineHeight * Math.max(0, ...headings.map(({ level }) => level)) + 20 + indices
  const right = Math.max(across(wide - 1) + side, ...headings.map(({ x, text }) => x + 6.6 * text.length))
  const width = Math.max(left + right + margin, 560)
  const bottom = top + down(high - 1) + side
  return { side, left, top, bottom, width, indices, across, down, headings, columnLabels, rowLabels }
}

interface Label {
  /** Position among the blocks. */
  readonly at: number
  /** The tensor, at its first element. */
  readonly name: string
  readonly text: string
}

/** Indices of elements, as many as there is room for. */
function labelsOf(bands: readonly Band[], side: number): Label[] {
  const every = Math.ceil(13 / side)
  let at = 0
  return bands.flatMap(({ part, bounds }) => {
    const first = bounds[0] as number
    const labels = bounds.slice(0, -1).map((bound, i) => {
      const text = showElement(part, bound - first).trim()
      return { at: at + i, name: i === 0 ? part.name : '', text }
    })
    at += labels.length
    return labels.filter((_, i) => i % every === 0)
  })
}

interface Heading {
  readonly x: number
  readonly width: number
  /** Line of text, counted from above, on which it meets no other. */
  readonly level: number
  readonly text: string
}

/** The names of tensors above their columns, those of narrow ones on several lines. */
function headingsOf(bands: readonly Band[], across: (at: number) => number, side: number): Heading[] {
  const taken: number[] = []
  let at = 0
  return bands.map(({ part, bounds }) => {
    const x = across(at)
    at += bounds.length - 1
    const width = across(at - 1) + side - 1 - x
    let level = taken.findIndex((end) => end <= x)
    if (level < 0) level = taken.length
    taken[level] = x + 6.4 * part.name.length + 8
    return { x, width, level, text: part.name }
  })
}

function drawLabels({ headings, columnLabels, rowLabels, left, top, side, indices, across, down }: Layout): string[] {
  return [
    ...headings.flatMap(({ x, width, level, text }) => [
      `<text x="${left + x}" y="${heading + lineHeight * level}" font-size="11" fill="${ink}">${escape(text)}</text>`,
      `<path d="M${left + x} ${top - indices - 9}h${width}" stroke="${faint}"/>`,
    ]),
    ...columnLabels.map(({ at, text }) => {
      const place = `translate(${left + across(at) + side / 2 + 3} ${top - 4}) rotate(-90)`
      return `<text transform="${place}" font-size="10" fill="${faint}">${escape(text)}</text>`
    }),
    ...rowLabels.map(({ at, name, text }) => {
      const place = `x="${left - 8}" y="${top + down(at) + side / 2 + 4}" text-anchor="end"`
      return `<text ${place} font-size="11" fill="${name ? ink : faint}">${escape(`${name} ${text}`.trim())}</text>`
    }),
  ]
}

function drawCells(jacobian: JacobianComparison, map: HeatMap, { left, top, side, across, down }: Layout): string[] {
  const worst = blockOf(map) ? 'worst here: ' : ''
  return map.cells.flatMap((row, i) =>
    row.map((cell, j) => drawCell(left + across(j), top + down(i), side - 1, cell, worst + describe(jacobian, cell))),
  )
}

function drawCell(x: number, y: number, side: number, { difference }: { difference: number }, title: string): string {
  const rounded = side > 8 ? ' rx="2"' : ''
  const rect = `<rect x="${x}" y="${y}" width="${side}" height="${side}"${rounded} fill="${colours[levelOf(difference)]}"/>`
  const cross = Number.isFinite(difference) ? '' : drawCross(x, y, side)
  return `<g><title>${escape(title)}</title>${rect}${cross}</g>`
}

function drawCross(x: number, y: number, side: number): string {
  const [inset, arm] = [side * 0.3, side * 0.4]
  const path = `M${x + inset} ${y + inset}l${arm} ${arm}m${-arm} 0l${arm} ${-arm}`
  return `<path d="${path}" stroke="#ffffff" fill="none"/>`
}

function describe(jacobian: JacobianComparison, { row, column, difference }: Cell): string {
  const analytic = jacobian.analytic[row]?.[column] as number
  const numeric = jacobian.numeric[row]?.[column] as number
  return (
    `${elementOf(jacobian.outputs, row)} by ${elementOf(jacobian.inputs, column)}: ${show(analytic)} by the gradient, ` +
    `${show(numeric)} by differences, ${show(difference)} times what is accepted`
  )
}

/** The element that a row or column of the whole Jacobian is. */
function elementOf(parts: readonly JacobianPart[], at: number): string {
  let left = at
  for (const part of parts) {
    const size = sizeOfPart(part)
    if (left < size) return `${part.name}${showElement(part, left)}`
    left -= size
  }
  return String(at)
}

function drawLegend(x: number, y: number): string[] {
  const title = `<text x="${x}" y="${y}" font-size="11" fill="${ink}">Difference in units of what is accepted</text>`
  let at = x
  return [
    title,
    ...levels.map(({ label, upTo }, i) => {
      const swatch = `<rect x="${at}" y="${y + 9}" width="12" height="12" rx="2" fill="${colours[i]}"/>`
      const text = `<text x="${at + 17}" y="${y + 19}" font-size="11" fill="${faint}">${escape(label)}</text>`
      const drawn = `${swatch}${Number.isFinite(upTo) ? '' : drawCross(at, y + 9, 12)}${text}`
      at += 34 + 6.2 * label.length
      return drawn
    }),
  ]
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}
