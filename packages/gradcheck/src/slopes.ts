/** A scalar function of n numbers and its gradient, of whatever origin. Neither keeps or changes the array it gets. */
export interface ScalarFunction {
  readonly value: (x: Float64Array) => number
  readonly gradient: (x: Float64Array) => Float64Array
}

export interface SlopeOptions {
  /** Largest accepted difference, relative to the slopes compared. */
  readonly tolerance: number
  /** Random directions tried where there are too many inputs to try each. */
  readonly directions: number
  /** Random numbers on [0, 1). */
  readonly random: () => number
}

/** One comparison: the slope of the function along a direction, by its gradient and by differences. */
export interface Slope {
  /** The input that was moved, or −1 for a random direction of all inputs. */
  readonly input: number
  readonly analytic: number
  readonly numeric: number
  /** Difference in units of what was accepted: the slopes agree where it is at most 1. */
  readonly ratio: number
}

/** Up to this many inputs each is moved by itself. */
const eachInput = 64

/** ∛ε: balances the truncation error of a central difference against round-off. */
const quickStep = 6e-6

/** Steps that a slope in doubt is measured with again, by extrapolation to 0. */
const doubtSteps = [1e-6, 1e-5, 1e-4, 1e-3, 1e-2]

/**
 * Compares the gradient at x with central differences: along each input where there are few, else along random
 * directions and some of the inputs. A slope that disagrees, or that drowns in round-off, is measured again with
 * other steps.
 */
export function compareSlopes(f: ScalarFunction, x: Float64Array, options: SlopeOptions): Slope[] {
  const gradient = f.gradient(x)
  let scale = 0
  for (const g of gradient) scale = Math.max(scale, Math.abs(g))
  const at = x.slice()
  const judge = (input: number, analytic: number, { numeric, noise }: Measured): Slope => {
    const difference = Math.abs(analytic - numeric)
    const accepted = options.tolerance * (Math.max(Math.abs(analytic), Math.abs(numeric)) + 1e-3 * scale) + noise
    const ratio = difference / accepted
    return { input, analytic, numeric, ratio: Number.isNaN(ratio) ? Number.POSITIVE_INFINITY : ratio }
  }
  const compare = (input: number, analytic: number, line: Line): Slope => {
    const quick = measure(f, line, quickStep * line.size)
    const slope = judge(input, analytic, quick)
    const clear = analytic === 0 || quick.noise <= 1e-3 * Math.max(Math.abs(analytic), scale)
    if (slope.ratio <= 1 && clear) return slope
    return judge(input, analytic, remeasure(f, line, options.tolerance))
  }
  const along = (input: number): Slope => compare(input, gradient[input] as number, inputLine(x, at, input))
  if (x.length <= eachInput) return Array.from(x, (_, i) => along(i))
  const random = Array.from({ length: options.directions }, () => {
    const direction = Float64Array.from(x, () => 2 * options.random() - 1)
    const analytic = gradient.reduce((total, g, i) => total + g * (direction[i] as number), 0)
    return compare(-1, analytic, directedLine(x, direction))
  })
  const some = Array.from({ length: options.directions }, () => along(Math.floor(options.random() * x.length)))
  return [...random, ...some]
}

/** A straight line through x. */
interface Line {
  /** The point at a distance; the array is used again by the next call. */
  readonly at: (distance: number) => Float64Array
  /** Size of the largest coordinate that moves, or 1. */
  readonly size: number
}

/** The line along one input. All such lines share `point`, which is x again after each measurement. */
function inputLine(x: Float64Array, point: Float64Array, input: number): Line {
  const start = x[input] as number
  const at = (distance: number): Float64Array => {
    point[input] = start + distance
    return point
  }
  return { at, size: Math.max(1, Math.abs(start)) }
}

function directedLine(x: Float64Array, direction: Float64Array): Line {
  const point = new Float64Array(x.length)
  const at = (distance: number): Float64Array => {
    for (let i = 0; i < x.length; i++) point[i] = (x[i] as number) + distance * (direction[i] as number)
    return point
  }
  return { at, size: x.reduce((most, v) => Math.max(most, Math.abs(v)), 1) }
}

interface Measured {
  readonly numeric: number
  /** What round-off alone may do to it, if the function computes with numbers of the size of 1 or of its value. */
  readonly noise: number
}

/** Central difference. */
function measure({ value }: ScalarFunction, line: Line, h: number): Measured {
  const up = value(line.at(h))
  const down = value(line.at(-h))
  line.at(0)
  const numeric = (up - down) / (2 * h)
  const ofValue = 16 * Math.max(Math.abs(up), Math.abs(down), 1)
  const ofStep = Math.abs(numeric) * line.size
  return { numeric, noise: (Number.EPSILON * (ofValue + ofStep)) / h }
}

/**
 * The slope by the smallest step at which it stands clear of round-off: what bends less than that is straight to it,
 * while a larger step may leap over all that happens near x. Where no step is clear, the one that promises the least error.
 */
function remeasure(f: ScalarFunction, line: Line, tolerance: number): Measured {
  let best: Measured & { readonly bend: number } = { numeric: Number.NaN, noise: Number.POSITIVE_INFINITY, bend: 0 }
  for (const size of new Set([1, line.size]))
    for (const step of doubtSteps) {
      const found = extrapolate(f, line, step * size)
      if (found.noise <= tolerance * Math.abs(found.numeric)) return found
      if (found.noise + found.bend < best.noise + best.bend) best = found
    }
  return best
}

/** Richardson's extrapolation from steps h and h / 2: error of order h⁴, and `bend`, how much it changed. */
function extrapolate(f: ScalarFunction, line: Line, h: number): Measured & { readonly bend: number } {
  const whole = measure(f, line, h)
  const half = measure(f, line, h / 2)
  const bend = Math.abs(half.numeric - whole.numeric) / 3
  return {
    numeric: (4 * half.numeric - whole.numeric) / 3,
    noise: 2 * half.noise,
    bend: Number.isNaN(bend) ? Number.POSITIVE_INFINITY : bend,
  }
}
