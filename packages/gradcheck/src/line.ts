/** A straight line through a point x. */
export interface Line {
  /** The input that moves, or −1 where all move. */
  readonly input: number
  /** How far each input moves; null where only one does. */
  readonly direction: Float64Array | null
  /** The point at a distance; the array is used again by the next call. */
  readonly at: (distance: number) => Float64Array
  /** Size of the largest coordinate that moves, or 1. */
  readonly size: number
}

/** The line along one input. It moves x itself, which is as it was once `at(0)` is called. */
export function inputLine(x: Float64Array, input: number): Line {
  const start = x[input] as number
  const at = (distance: number): Float64Array => {
    // Not −0 + 0, which is 0.
    x[input] = distance === 0 ? start : start + distance
    return x
  }
  return { input, direction: null, at, size: Math.max(1, Math.abs(start)) }
}

/** The line along a direction of all inputs. */
export function directedLine(x: Float64Array, direction: Float64Array): Line {
  const point = new Float64Array(x.length)
  const at = (distance: number): Float64Array => {
    for (let i = 0; i < x.length; i++) point[i] = (x[i] as number) + distance * (direction[i] as number)
    return point
  }
  return { input: -1, direction, at, size: x.reduce((most, v) => Math.max(most, Math.abs(v)), 1) }
}
