/** Number of parts of a design. */
export const parts = 6

const heights = [1, 1.2, 3, 3.2]
const widths = [
  [10, 3, 17, 3.5, 1.7, 8],
  [0.05, 10, 17, 0.1, 8, 14],
  [3, 3.5, 1.7, 10, 17, 8],
  [17, 8, 0.05, 10, 0.1, 14],
]
const centres = [
  [0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886],
  [0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991],
  [0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.665],
  [0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381],
]

/** The score that a design in [0, 1]⁶ really has: Hartmann's function, four hills of which the highest is 3.322. */
export function trueScore(design: ArrayLike<number>): number {
  return heights.reduce((total, height, hill) => {
    const distance = (widths[hill] as number[]).reduce(
      (sum, width, i) => sum + width * ((design[i] as number) - (centres[hill]?.[i] as number)) ** 2,
      0,
    )
    return total + height * Math.exp(-distance)
  }, 0)
}
