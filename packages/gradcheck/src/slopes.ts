import { directedLine, inputLine, type Line } from './line.ts'
import { diagnose, type Finding, hasKink } from './verdict.ts'

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
  /** Whether a gradient between the one-sided slopes of a kink will do. */
  readonly kinks: 'reject' | 'accept'
  /** What `value` is a combination of derivatives of: where it has a kink, a jump of `value` is none of its own. */
  readonly before?: ((x: Float64Array) => number) | null
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

/** A slope that disagrees, and why. */
export interface Disagreement extends Slope {
  readonly finding: Finding
}

export interface Comparison {
  readonly slopes: readonly Slope[]
  /** The slope that disagrees most, those first for which there is no excuse; null where all agree. */
  readonly failure: Disagreement | null
  /** Kinks that were accepted. */
  readonly kinks: number
  /** Largest ratio of the slopes that agree. */
  readonly worst: number
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
 * other steps; one that still disagrees is measured from either side, to say why.
 */
export function compareSlopes(f: ScalarFunction, x: Float64Array, options: SlopeOptions): Comparison {
  const gradient = f.gradient(x)
  let scale = 0
  for (const g of gradient) scale = Math.max(scale, Math.abs(g))
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
  const tried = linesThrough(x, gradient, options)
  const slopes = tried.map(({ input, analytic, line }) => compare(input, analytic, line))
  let worst = 0
  for (const { ratio } of slopes) if (ratio > worst && ratio <= 1) worst = ratio
  const doubtful = slopes.flatMap((slope, i) => (slope.ratio > 1 ? [{ slope, line: (tried[i] as Trial).line }] : []))
  return { slopes, worst, ...(doubtful.length > 0 ? explain(f, doubtful, options) : { failure: null, kinks: 0 }) }
}

interface Doubt {
  readonly slope: Slope
  readonly line: Line
}

/** Finds the first plainly wrong slope, or else the worst that is not accepted. */
function explain(
  f: ScalarFunction,
  doubtful: Doubt[],
  { tolerance, kinks, before }: SlopeOptions,
): Pick<Comparison, 'failure' | 'kinks'> {
  let failure: Disagreement | null = null
  let accepted = 0
  for (const { slope, line } of doubtful.sort((a, b) => b.slope.ratio - a.slope.ratio)) {
    const finding = diagnose(f.value, line, slope.analytic, tolerance)
    if (finding === null) continue
    if (finding.verdict === 'wrong') return { failure: { ...slope, finding }, kinks: accepted }
    const excused =
      finding.verdict === 'kink' || (finding.verdict === 'discontinuous' && before && hasKink(before, line, tolerance))
    if (kinks === 'accept' && excused) accepted++
    else failure ??= { ...slope, finding }
  }
  return { failure, kinks: accepted }
}

/** A line to move along, and the slope that the gradient promises there. */
interface Trial {
  readonly input: number
  readonly analytic: number
  readonly line: Line
}

function linesThrough(x: Float64Array, gradient: Float64Array, { directions, random }: SlopeOptions): Trial[] {
  const at = x.slice()
  const along = (input: number): Trial => ({
    input,
    analytic: gradient[input] as number,
    line: inputLine(x, at, input),
  })
  if (x.length <= eachInput) return Array.from(x, (_, i) => along(i))
  const moving = Array.from({ length: directions }, () => {
    const direction = Float64Array.from(x, () => 2 * random() - 1)
    const analytic = gradient.reduce((total, g, i) => total + g * (direction[i] as number), 0)
    return { input: -1, analytic, line: directedLine(x, direction) }
  })
  const some = Array.from({ length: directions }, () => along(Math.floor(random() * x.length)))
  return [...moving, ...some]
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
