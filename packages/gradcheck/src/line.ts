/** A straight line through a point. */
export interface Line {
  /** The point at a distance; the array is used again by the next call. */
  readonly at: (distance: number) => Float64Array
  /** Size of the largest coordinate that moves, or 1. */
  readonly size: number
}

/** The line along one input. All such lines share `point`, which is x again after each measurement. */
export function inputLine(x: Float64Array, point: Float64Array, input: number): Line {
  const start = x[input] as number
  const at = (distance: number): Float64Array => {
    point[input] = start + distance
    return point
  }
  return { at, size: Math.max(1, Math.abs(start)) }
}

/** The line along a direction of all inputs. */
export function directedLine(x: Float64Array, direction: Float64Array): Line {
  const point = new Float64Array(x.length)
  const at = (distance: number): Float64Array => {
    for (let i = 0; i < x.length; i++) point[i] = (x[i] as number) + distance * (direction[i] as number)
    return point
  }
  return { at, size: x.reduce((most, v) => Math.max(most, Math.abs(v)), 1) }
}
