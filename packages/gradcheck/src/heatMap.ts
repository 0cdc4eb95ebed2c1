import type { JacobianComparison, JacobianPart } from './jacobians.ts'

export interface HeatMapOptions {
  /** Rows drawn at most; where there are more, each stands for a block of them. */
  readonly maxRows?: number
  /** Columns drawn at most, likewise. */
  readonly maxColumns?: number
}

/** The worst entry of a block of a Jacobian. */
export interface Cell {
  readonly row: number
  readonly column: number
  readonly difference: number
}

/** Rows or columns drawn side by side that belong to one tensor. */
export interface Band {
  readonly part: JacobianPart
  /** First row or column of each block, and after the last. */
  readonly bounds: readonly number[]
}

/** A Jacobian cut into blocks. */
export interface HeatMap {
  readonly rows: readonly Band[]
  readonly columns: readonly Band[]
  /** How many tensors there is no room for; all their entries differ less than some that are shown. */
  readonly leftOut: number
  /** The worst entry of each block, row by row. */
  readonly cells: readonly (readonly Cell[])[]
}

/** Shades of a difference: what stands for it, up to which size. */
export const levels: readonly { readonly upTo: number; readonly text: string; readonly label: string }[] = [
  { upTo: 1, text: '·', label: 'accepted' },
  { upTo: 10, text: '░', label: 'to 10' },
  { upTo: 1e3, text: '▒', label: 'to 1000' },
  { upTo: 1e6, text: '▓', label: 'to 10⁶' },
  { upTo: Number.MAX_VALUE, text: '█', label: 'above' },
  { upTo: Number.POSITIVE_INFINITY, text: '×', label: 'not finite' },
]

/** The position of a difference among the shades. */
export function levelOf(difference: number): number {
  return levels.findIndex(({ upTo }) => difference <= upTo)
}

/** Cuts a Jacobian into blocks that fit. */
export function heatMap(
  { outputs, inputs, difference }: JacobianComparison,
  { maxRows, maxColumns }: Required<HeatMapOptions>,
): HeatMap {
  const worstOf = (from: number, to: number, of: (at: number) => readonly number[]): number => {
    let worst = 0
    for (let at = from; at < to; at++) for (const d of of(at)) worst = Math.max(worst, d)
    return worst
  }
  const row = (i: number): readonly number[] => difference[i] as readonly number[]
  const column = (j: number): readonly number[] => difference.map((entries) => entries[j] as number)
  const rows = bandsOf(outputs, maxRows, (from, to) => worstOf(from, to, row))
  const columns = bandsOf(inputs, maxColumns, (from, to) => worstOf(from, to, column))
  const blocks = (bands: readonly Band[]): [number, number][] =>
    bands.flatMap(({ bounds }) => bounds.slice(1).map((end, i): [number, number] => [bounds[i] as number, end]))
  const across = blocks(columns)
  return {
    rows,
    columns,
    leftOut: [...outputs, ...inputs].filter((part) => sizeOfPart(part) > 0).length - rows.length - columns.length,
    cells: blocks(rows).map((down) => across.map((over) => worstCell(difference, down, over))),
  }
}

function worstCell(
  difference: readonly (readonly number[])[],
  [top, bottom]: readonly [number, number],
  [left, right]: readonly [number, number],
): Cell {
  let worst: Cell = { row: top, column: left, difference: -1 }
  for (let row = top; row < bottom; row++)
    for (let column = left; column < right; column++) {
      const d = difference[row]?.[column] as number
      if (d > worst.difference) worst = { row, column, difference: d }
    }
  return worst
}

/** Blocks of one size, none across two tensors; where not even one for each fits, the tensors that differ most. */
function bandsOf(parts: readonly JacobianPart[], most: number, worst: (from: number, to: number) => number): Band[] {
  let end = 0
  const spans = parts.map((part) => {
    const from = end
    end += sizeOfPart(part)
    return { part, from, to: end }
  })
  const filled = spans.filter(({ from, to }) => to > from)
  const shown =
    filled.length <= most
      ? filled
      : filled
          .map((span) => ({ span, size: worst(span.from, span.to) }))
          .sort((a, b) => b.size - a.size)
          .slice(0, most)
          .map(({ span }) => span)
          .sort((a, b) => a.from - b.from)
  const count = (size: number): number => shown.reduce((n, { from, to }) => n + Math.ceil((to - from) / size), 0)
  let size = 1
  while (count(size) > Math.max(most, shown.length)) size++
  return shown.map(({ part, from, to }) => {
    const bounds = [0]
    for (let at = size; at < to - from; at += size) bounds.push(at)
    return { part, bounds: [...bounds, to - from].map((at) => from + at) }
  })
}

export function sizeOfPart({ shape }: JacobianPart): number {
  return shape.reduce((a, b) => a * b, 1)
}

/** Positions at which a band begins, but for the first. */
export function ends(bands: readonly Band[]): number[] {
  let at = 0
  return bands.slice(0, -1).map(({ bounds }) => {
    at += bounds.length - 1
    return at
  })
}

/** `3 × 4 entries`, where blocks are larger than one entry. */
export function blockOf({ rows, columns }: HeatMap): string | null {
  const step = (bands: readonly Band[]): number =>
    Math.max(1, ...bands.map(({ bounds }) => (bounds[1] as number) - (bounds[0] as number)))
  const [down, over] = [step(rows), step(columns)]
  return down * over > 1 ? `${down} × ${over} entries` : null
}

/** ` [1, 2]`: the element of a part that a row or column of the whole is; nothing in a scalar. */
export function showElement({ shape }: JacobianPart, offset: number): string {
  if (shape.length === 0) return ''
  let left = offset
  const index = shape.map(() => 0)
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const size = shape[axis] as number
    index[axis] = left % size
    left = Math.floor(left / size)
  }
  return ` [${index.join(', ')}]`
}
