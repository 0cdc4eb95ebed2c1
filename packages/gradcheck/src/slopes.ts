import { directedLine, inputLine, type Line } from './line.ts'
import { type Measures, type Precision, precisions } from './precision.ts'
import { type Claim, diagnose, type Finding, hasKink } from './verdict.ts'

/** A scalar function of n numbers and its gradient, of whatever origin. Neither keeps or changes the array it gets. */
export interface ScalarFunction {
  readonly value: (x: Float64Array) => number
  readonly gradient: (x: Float64Array) => Float64Array
  /** `value` at two points for each of the lines that are tried: as many as `pointsTried` says. */
  readonly several?: Several | null
}

/** A function at several points at once, with the values that it has at each alone. */
export interface Several {
  /** One point after the other, written before each call. */
  readonly points: Float64Array
  /** The array is written again by the next call. */
  readonly values: () => Float64Array
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
  /** What the function computes in. @default 'f64' */
  readonly precision?: Precision
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
  /** Slopes compared. */
  readonly checks: number
  /** The slope that disagrees most, those first for which there is no excuse; null where all agree. */
  readonly failure: Disagreement | null
  /** Kinks that were accepted. */
  readonly kinks: number
  /** Largest ratio of the slopes that agree. */
  readonly worst: number
}

/** Up to this many inputs each is moved by itself. */
const eachInput = 64

/** At how many points a function of n inputs is computed for its differences, where its gradient is finite. */
export function pointsTried(n: number, directions: number): number {
  return n <= eachInput ? 2 * n : 4 * directions
}

/**
 * Compares the gradient at x with central differences: along each input where there are few, else along random
 * directions and some of the inputs. A slope that disagrees, or that drowns in round-off, is measured again with
 * other steps; one that still disagrees is measured from either side, to say why. Where that is a random direction, the input
 * to blame is sought. x is moved meanwhile, and is in the end as it was.
 */
export function compareSlopes(f: ScalarFunction, x: Float64Array, options: SlopeOptions): Comparison {
  const measures = precisions[options.precision ?? 'f64']
  const { tolerance } = options
  const gradient = f.gradient(x)
  let scale = 0
  for (const g of gradient) if (Number.isFinite(g)) scale = Math.max(scale, Math.abs(g))
  const ratioOf = (analytic: number, { numeric, noise }: Measured): number => {
    const difference = Math.abs(analytic - numeric)
    const accepted = tolerance * (Math.max(Math.abs(analytic), Math.abs(numeric)) + 1e-3 * scale) + noise
    const ratio = difference / accepted
    return Number.isNaN(ratio) ? Number.POSITIVE_INFINITY : ratio
  }
  let worst = 0
  const doubtsAmong = (lines: readonly Line[]): Doubt[] => {
    const doubts: Doubt[] = []
    const ends = valuesAtOnce(f, lines, measures)
    for (let i = 0; i < lines.length; i++) {
      const line = lines[i] as Line
      const { input, direction, size } = line
      const analytic = direction ? slopeAlong(direction, gradient) : (gradient[input] as number)
      const h = measures.quickStep * size
      let measured = ends
        ? central(ends[2 * i] as number, ends[2 * i + 1] as number, line, h, measures)
        : measure(f, line, h, measures)
      let ratio = ratioOf(analytic, measured)
      const clear = analytic === 0 || measured.noise <= measures.telling * Math.max(Math.abs(analytic), scale)
      if (ratio > 1 || !clear) {
        measured = remeasure(f, line, tolerance, measures)
        ratio = ratioOf(analytic, measured)
      }
      if (ratio > 1) doubts.push({ line, slope: { input, analytic, numeric: measured.numeric, ratio } })
      else if (ratio > worst) worst = ratio
    }
    return doubts
  }
  const lines = linesThrough(x, gradient, options)
  const given = { ...options, scale, measures }
  const { failure, kinks } = explain(f, doubtsAmong(lines), given)
  const single = (input: number): Disagreement | null => explain(f, doubtsAmong([inputLine(x, input)]), given).failure
  return {
    checks: lines.length,
    worst,
    failure: failure?.direction ? (single(locate(f, x, gradient, failure.direction, measures)) ?? failure) : failure,
    kinks,
  }
}

/** A slope that does not agree, at first sight. */
interface Doubt {
  readonly line: Line
  readonly slope: Slope
}

/** Among slopes that disagree: the first plainly wrong one, or else the worst that is not accepted. */
function explain(
  f: ScalarFunction,
  doubts: readonly Doubt[],
  { tolerance, kinks, before, scale, measures }: SlopeOptions & Pick<Claim, 'scale' | 'measures'>,
): { failure: (Disagreement & Pick<Line, 'direction'>) | null; kinks: number } {
  let failure: (Disagreement & Pick<Line, 'direction'>) | null = null
  let accepted = 0
  for (const { slope, line } of doubts.toSorted((a, b) => compareRatios(b.slope, a.slope))) {
    const { direction } = line
    const finding = diagnose(f.value, line, { analytic: slope.analytic, scale, tolerance, measures })
    if (finding === null) continue
    if (finding.verdict === 'wrong') return { failure: { ...slope, finding, direction }, kinks: accepted }
    const excused =
      finding.verdict === 'kink' ||
      (finding.verdict === 'discontinuous' && before && hasKink(before, line, tolerance, measures))
    if (kinks === 'accept' && excused) accepted++
    else failure ??= { ...slope, finding, direction }
  }
  return { failure, kinks: accepted }
}

function compareRatios(a: Slope, b: Slope): number {
  return a.ratio === b.ratio ? 0 : a.ratio - b.ratio
}

function linesThrough(x: Float64Array, gradient: Float64Array, { directions, random }: SlopeOptions): Line[] {
  const lines: Line[] = []
  if (x.length <= eachInput) {
    for (let input = 0; input < x.length; input++) lines.push(inputLine(x, input))
    return lines
  }
  const broken = gradient.findIndex((g) => !Number.isFinite(g))
  if (broken >= 0) return [inputLine(x, broken)]
  for (let i = 0; i < directions; i++) {
    const direction = Float64Array.from(x, () => 2 * random() - 1)
    lines.push(directedLine(x, direction))
  }
  for (let i = 0; i < directions; i++) lines.push(inputLine(x, Math.floor(random() * x.length)))
  return lines
}

function slopeAlong(direction: Float64Array, gradient: Float64Array): number {
  return gradient.reduce((total, g, i) => total + g * (direction[i] as number), 0)
}

/** The input most to blame for a wrong slope along a direction: in the half that disagrees more, again and again. */
function locate(
  f: ScalarFunction,
  x: Float64Array,
  gradient: Float64Array,
  direction: Float64Array,
  measures: Measures,
): number {
  const differenceOver = (from: number, to: number): number => {
    const part = direction.map((d, i) => (i >= from && i < to ? d : 0))
    const line = directedLine(x, part)
    const difference = slopeAlong(part, gradient) - measure(f, line, measures.quickStep * line.size, measures).numeric
    return Number.isNaN(difference) ? Number.POSITIVE_INFINITY : Math.abs(difference)
  }
  let [from, to] = [0, x.length]
  while (to - from > 1) {
    const middle = (from + to) >> 1
    if (differenceOver(from, middle) >= differenceOver(middle, to)) to = middle
    else from = middle
  }
  return from
}

interface Measured {
  readonly numeric: number
  /** What round-off alone may do to it, if the function computes with numbers of the size of 1 or of its value. */
  readonly noise: number
}

/** The values to either side of x along lines, where they can be had at once. */
function valuesAtOnce(
  { several }: ScalarFunction,
  lines: readonly Line[],
  { quickStep }: Measures,
): Float64Array | null {
  if (!several) return null
  const { points, values } = several
  let to = 0
  for (const line of lines) {
    const h = quickStep * line.size
    for (const distance of [h, -h]) {
      const point = line.at(distance)
      for (let i = 0; i < point.length; i++) points[to++] = point[i] as number
    }
    line.at(0)
  }
  return to === points.length ? values() : null
}

function measure({ value }: ScalarFunction, line: Line, h: number, measures: Measures): Measured {
  const up = value(line.at(h))
  const down = value(line.at(-h))
  line.at(0)
  return central(up, down, line, h, measures)
}

/** Central difference. */
function central(up: number, down: number, line: Line, h: number, { epsilon }: Measures): Measured {
  const numeric = (up - down) / (2 * h)
  const ofValue = 16 * Math.max(Math.abs(up), Math.abs(down), 1)
  const ofStep = Math.abs(numeric) * line.size
  return { numeric, noise: (epsilon * (ofValue + ofStep)) / h }
}

/**
 * The slope by the smallest step at which it stands clear of round-off: what bends less than that is straight to it,
 * while a larger step may leap over all that happens near x. Where no step is clear, the one that promises the least error.
 */
function remeasure(f: ScalarFunction, line: Line, tolerance: number, measures: Measures): Measured {
  let best: Measured & { readonly bend: number } = { numeric: Number.NaN, noise: Number.POSITIVE_INFINITY, bend: 0 }
  for (const size of new Set([1, line.size]))
    for (const step of measures.doubtSteps) {
      const found = extrapolate(f, line, step * size, measures)
      if (found.noise <= tolerance * Math.abs(found.numeric)) return found
      if (found.noise + found.bend < best.noise + best.bend) best = found
    }
  return best
}

/** Richardson's extrapolation from steps h and h / 2: error of order h⁴, and `bend`, how much it changed. */
function extrapolate(
  f: ScalarFunction,
  line: Line,
  h: number,
  measures: Measures,
): Measured & { readonly bend: number } {
  const whole = measure(f, line, h, measures)
  const half = measure(f, line, h / 2, measures)
  const bend = Math.abs(half.numeric - whole.numeric) / 3
  return {
    numeric: (4 * half.numeric - whole.numeric) / 3,
    noise: 2 * half.noise,
    bend: Number.isNaN(bend) ? Number.POSITIVE_INFINITY : bend,
  }
}
