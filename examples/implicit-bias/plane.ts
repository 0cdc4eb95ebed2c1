import { round } from '../report/axes.ts'
import type { Point } from './points.ts'

/** What a linear classifier makes of the plane. */
export interface Regions {
  readonly name: string
  /** Weights of the classes, two numbers each. */
  readonly weights: readonly (readonly [number, number])[]
}

const size = 240
const reach = 2.6
const at = (x: number): number => (size / 2) * (1 + x / reach)

/** The points in the plane, with the regions in which a classifier without bias reads each class. */
export function plane({ name, weights }: Regions, points: readonly Point[]): string {
  const dots = points.map(
    ({ x: [a, b], label }) => `<circle class="dot hue-${label}" cx="${round(at(a))}" cy="${round(at(-b))}" r="5"/>`,
  )
  return `<figure>
<figcaption>${name}</figcaption>
<svg viewBox="0 0 ${size} ${size}" role="img" aria-label="${name}">
${sectors(weights).join('\n')}
${dots.join('\n')}
</svg>
</figure>`
}

/** One triangle for each run of directions in which the same class is read; it reaches past the edge of the drawing. */
function sectors(weights: Regions['weights']): string[] {
  const directions = 3600
  const vector = (n: number): [number, number] => {
    const angle = (2 * Math.PI * n) / directions
    return [Math.cos(angle), Math.sin(angle)]
  }
  const read = (n: number): number => {
    const [a, b] = vector(n)
    const logits = weights.map(([u, v]) => u * a + v * b)
    return logits.indexOf(Math.max(...logits))
  }
  const corner = (n: number): string => {
    const [a, b] = vector(n)
    return `${round(at(4 * reach * a))},${round(at(-4 * reach * b))}`
  }
  const found: string[] = []
  let start = 0
  for (let n = 1; n <= directions; n++) {
    // A sector ends where the class changes, and before it is too wide to be a triangle.
    if (n < directions && read(n) === read(start) && n - start < directions / 8) continue
    found.push(
      `<polygon class="region hue-${read(start)}" points="${size / 2},${size / 2} ${corner(start)} ${corner(n)}"/>`,
    )
    start = n
  }
  return found
}
