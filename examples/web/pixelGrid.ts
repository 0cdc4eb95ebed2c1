import { svg } from './dom.ts'
import { side } from './pixelsOf.ts'

/** Fills an SVG with a square for each pixel; returns what shows other pixels in it, from 0 (paper) to 1 (ink). */
export function pixelGrid(into: SVGSVGElement): (pixels: ArrayLike<number>) => void {
  into.setAttribute('viewBox', `0 0 ${side} ${side}`)
  const squares = Array.from({ length: side * side }, (_, at) =>
    svg('rect', { x: at % side, y: Math.floor(at / side), width: 1.02, height: 1.02, opacity: 0 }),
  )
  into.append(...squares)
  return (pixels) => {
    squares.forEach((square, at) => {
      square.setAttribute('opacity', (pixels[at] ?? 0).toFixed(3))
    })
  }
}
