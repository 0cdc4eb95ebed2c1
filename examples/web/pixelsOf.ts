import { rasterize } from './rasterize.ts'
import { boxOf, type Stroke } from './stroke.ts'
import { upright } from './upright.ts'

/** Pixels along each side of the picture that the network reads. */
export const side = 8

/** The value of a pixel that is all ink: it counts the dots of ink in its square of a finer picture. */
export const fullInk = 16

const cell = Math.sqrt(fullInk)
const dots = side * cell

// What follows was measured in the data set: its digits are as high as the picture and 20 dots wide, whatever they are, and
// the pen leaves a quarter to a third of the dots as ink.
const width = 20
const ink = 300

/** Pens, the widest first, by their radii in dots. */
const radii = Array.from({ length: 11 }, (_, i) => 5 - i / 4)

/** How much more one direction may be stretched than the other, so that a plain 1 stays thin. */
const stretch = 2

/** A drawing smaller than this share of the pad is a dot, not a digit to be enlarged. */
const smallest = 0.08

/**
 * The picture that the network reads of what was drawn on the pad, made as the data set was: 8 × 8 values from 0 to 16, row
 * by row. The drawing is stood upright, moved and scaled until it fills the room of a digit, drawn with a pen of the right
 * width, and averaged down. An empty pad gives zeros.
 */
export function pixelsOf(strokes: readonly Stroke[]): Float32Array {
  const pixels = new Float32Array(side * side)
  if (strokes.every(({ length }) => length === 0)) return pixels
  const digit = upright(unit(strokes))
  let picture: Uint8Array = new Uint8Array()
  for (const radius of radii) {
    picture = rasterize(fit(digit, radius), dots, radius)
    if (picture.reduce((a, b) => a + b) <= ink) break
  }
  for (let row = 0; row < dots; row++)
    for (let column = 0; column < dots; column++) {
      const at = Math.floor(row / cell) * side + Math.floor(column / cell)
      pixels[at] = (pixels[at] as number) + (picture[row * dots + column] as number)
    }
  return pixels
}

/** Strokes moved to the origin and scaled so that the longer side of what is drawn is 1. */
function unit(strokes: readonly Stroke[]): Stroke[] {
  const { left, top, width, height } = boxOf(strokes)
  const size = Math.max(width, height, smallest)
  return strokes.map((stroke) => stroke.map(({ x, y }) => ({ x: (x - left) / size, y: (y - top) / size })))
}

/** Strokes in dots, in the middle of the picture and as large as the pen leaves room for. */
function fit(strokes: readonly Stroke[], radius: number): Stroke[] {
  const box = boxOf(strokes)
  const across = (width - 2 * radius) / box.width
  const down = (dots - 2 * radius) / box.height
  const most = dots - 2 * radius
  const x = Math.min(across, stretch * down, most)
  const y = Math.min(down, stretch * across, most)
  const [left, top] = [(dots - x * box.width) / 2, (dots - y * box.height) / 2]
  return strokes.map((stroke) =>
    stroke.map((point) => ({ x: left + x * (point.x - box.left), y: top + y * (point.y - box.top) })),
  )
}
