import { linesOf, type Point, type Stroke } from './stroke.ts'

/** Draws strokes, in dots, with a round pen into a picture of size × size dots: 1 for ink, row by row. */
export function rasterize(strokes: readonly Stroke[], size: number, radius: number): Uint8Array {
  const dots = new Uint8Array(size * size)
  for (const [from, to] of linesOf(strokes)) drawLine(dots, size, from, to, radius)
  return dots
}

function drawLine(dots: Uint8Array, size: number, from: Point, to: Point, radius: number): void {
  const [dx, dy] = [to.x - from.x, to.y - from.y]
  const length = dx * dx + dy * dy
  const first = (a: number, b: number): number => Math.max(0, Math.floor(Math.min(a, b) - radius))
  const last = (a: number, b: number): number => Math.min(size - 1, Math.floor(Math.max(a, b) + radius))
  for (let row = first(from.y, to.y); row <= last(from.y, to.y); row++)
    for (let column = first(from.x, to.x); column <= last(from.x, to.x); column++) {
      // From the start of the line to the middle of the dot, and how far along the line that is.
      const [x, y] = [column + 0.5 - from.x, row + 0.5 - from.y]
      const along = length > 0 ? Math.max(0, Math.min(1, (x * dx + y * dy) / length)) : 0
      if ((x - along * dx) ** 2 + (y - along * dy) ** 2 <= radius * radius) dots[row * size + column] = 1
    }
}
