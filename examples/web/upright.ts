import { boxOf, linesOf, type Stroke } from './stroke.ts'

/** Share of the height within which ink counts as the top or the bottom. */
const band = 1 / 8

/** How far a drawing may be turned: its foot by half its height to the side. */
const most = 0.5

/**
 * Strokes slanted to the left or right until the leftmost ink at the top stands right above the leftmost ink at the
 * bottom, as it does in the digits of the data set.
 */
export function upright(strokes: readonly Stroke[]): Stroke[] {
  const { top, height } = boxOf(strokes)
  if (!(height > 0)) return [...strokes]
  const high = leftmost(strokes, top, top + band * height)
  const low = leftmost(strokes, top + (1 - band) * height, top + height)
  const slope = Math.max(-most, Math.min(most, (low - high) / height))
  return strokes.map((stroke) => stroke.map(({ x, y }) => ({ x: x - slope * (y - top), y })))
}

/** The leftmost x of lines between two heights. */
function leftmost(strokes: readonly Stroke[], from: number, to: number): number {
  let least = Number.POSITIVE_INFINITY
  for (const [a, b] of linesOf(strokes)) {
    if (Math.max(a.y, b.y) < from || Math.min(a.y, b.y) > to) continue
    const [dx, dy] = [b.x - a.x, b.y - a.y]
    const at = (y: number): number => a.x + dx * Math.max(0, Math.min(1, (y - a.y) / dy))
    least = Math.min(least, ...(dy === 0 ? [a.x, b.x] : [at(from), at(to)]))
  }
  return least
}
