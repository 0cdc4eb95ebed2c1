import { type Tensor, tensor } from '@wengert/core'
import { round } from '../report/axes.ts'

const width = 240
const height = Math.round((width * Math.sqrt(3)) / 2)

/** Small triangles that cover the part of the sphere where no coordinate is below 0, drawn flat. */
export interface Octant {
  /** Their middles on the sphere, f64 [cells, 3]. */
  readonly x: Tensor
  /** Corners of each in the picture. */
  readonly cells: readonly string[]
}

/** The octant in so many rows of triangles. */
export function octant(rows: number): Octant {
  const middles: number[][] = []
  const cells: string[] = []
  // Corners as shares of the three coordinates, in steps of 1 / rows.
  const add = (...corners: readonly (readonly [number, number, number])[]): void => {
    const middle = [0, 1, 2].map((axis) => corners.reduce((s, corner) => s + (corner[axis] as number), 0))
    middles.push(middle.map((x) => x / Math.hypot(...middle)))
    cells.push(corners.map((corner) => place(corner).join(',')).join(' '))
  }
  for (let i = 0; i < rows; i++)
    for (let j = 0; i + j < rows; j++) {
      const k = rows - 1 - i - j
      add([i + 1, j, k], [i, j + 1, k], [i, j, k + 1])
      if (k > 0) add([i + 1, j + 1, k - 1], [i + 1, j, k], [i, j + 1, k])
    }
  return { x: tensor(middles, { dtype: 'f64' }), cells }
}

/** Where a direction with coordinates of at least 0 lies in the picture. */
function place([a = 0, b = 0, c = 0]: readonly number[]): [number, number] {
  const total = a + b + c
  return [round(((b + c / 2) / total) * width), round((1 - c / total) * height)]
}

export interface Map {
  readonly title: string
  /** Which cells belong to the first class. */
  readonly first: readonly boolean[]
  readonly points: readonly { readonly x: readonly number[]; readonly first: boolean }[]
}

/** The octant coloured by class, with the points that were seen. */
export function octantMap({ cells }: Octant, { title, first, points }: Map): string {
  const regions = cells.map((corners, i) => `<polygon class="region hue-${first[i] ? 0 : 1}" points="${corners}"/>`)
  const dots = points.map(({ x, first }) => {
    const [left, top] = place(x)
    return `<circle class="dot hue-${first ? 0 : 1}" cx="${left}" cy="${top}" r="4"/>`
  })
  return `<figure>
<figcaption>${title}</figcaption>
<svg viewBox="-5 -5 ${width + 10} ${height + 10}" role="img" aria-label="${title}">
${regions.join('\n')}
${dots.join('\n')}
</svg>
</figure>`
}
