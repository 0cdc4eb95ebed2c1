/** A point of the pad, from 0 to 1 from left to right and from top to bottom. */
export interface Point {
  readonly x: number
  readonly y: number
}

/** Where the pen went between touching the pad and leaving it. */
export type Stroke = readonly Point[]

/** The lines that strokes are made of; a stroke of one point is a line of no length. */
export function linesOf(strokes: readonly Stroke[]): [from: Point, to: Point][] {
  return strokes.flatMap((stroke) =>
    stroke.length === 1
      ? stroke.map((point): [Point, Point] => [point, point])
      : stroke.slice(1).map((to, i): [Point, Point] => [stroke[i] as Point, to]),
  )
}

/** The smallest upright rectangle around strokes. */
export interface Box {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
}

export function boxOf(strokes: readonly Stroke[]): Box {
  let [left, right, top, bottom] = [1, -1, 1, -1].map((sign) => sign * Number.POSITIVE_INFINITY) as Bounds
  for (const stroke of strokes)
    for (const { x, y } of stroke) {
      left = Math.min(left, x)
      right = Math.max(right, x)
      top = Math.min(top, y)
      bottom = Math.max(bottom, y)
    }
  return { left, top, width: right - left, height: bottom - top }
}

type Bounds = [left: number, right: number, top: number, bottom: number]
