import { fold, type Key, type Tensor, tensor, uniform } from '@wengert/core'

const side = 8

/** Pictures of three straight strokes each, as letters have: f32 [count, 64], from 0 to 1. */
export function strokes(key: Key, count: number): Tensor {
  const ends = uniform(fold(key, 0), [count, 3, 4]).dataSync()
  const pixels = new Float32Array(count * side * side)
  for (let i = 0; i < count; i++)
    for (let stroke = 0; stroke < 3; stroke++) {
      const [x0 = 0, y0 = 0, x1 = 0, y1 = 0] = Array.from(
        ends.subarray(12 * i + 4 * stroke, 12 * i + 4 * stroke + 4),
      ).map((v) => v * (side - 1))
      for (let y = 0; y < side; y++)
        for (let x = 0; x < side; x++) {
          const at = i * side * side + y * side + x
          const ink = Math.min(1, Math.max(0, 1.3 - distance(x, y, x0, y0, x1, y1)))
          pixels[at] = Math.max(pixels[at] as number, ink)
        }
    }
  return tensor(pixels, { shape: [count, side * side] })
}

/** From a point to a segment. */
function distance(x: number, y: number, x0: number, y0: number, x1: number, y1: number): number {
  const [dx, dy] = [x1 - x0, y1 - y0]
  const along = dx * dx + dy * dy
  const t = along === 0 ? 0 : Math.min(1, Math.max(0, ((x - x0) * dx + (y - y0) * dy) / along))
  return Math.hypot(x - x0 - t * dx, y - y0 - t * dy)
}
