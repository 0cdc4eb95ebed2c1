import type { Line } from './line.ts'
import type { Measures } from './precision.ts'

/**
 * Why the slope by the gradient is not the slope by differences:
 * - wrong: the function has a slope there, and it is another one; or the gradient is not a finite number
 * - kink: the one-sided slopes differ, and the gradient lies between them
 * - discontinuous: the differences grow without bound as the step shrinks, as at a jump or a vertical tangent
 * - inconclusive: no step is free of round-off, or the function is not finite on either side
 */
export type Verdict = 'wrong' | 'kink' | 'discontinuous' | 'inconclusive'

/** What one-sided differences show at a point. */
export interface Finding {
  readonly verdict: Verdict
  /** The function at the point. */
  readonly value: number
  /** One-sided slopes; NaN where the function is not finite on that side. */
  readonly left: number
  readonly right: number
  /** How far round-off may move the slope at the best step. */
  readonly noise: number
  /** Change of the function over the smallest step, to the side where it is larger. */
  readonly jump: number
}

/** Points sampled at each distance, beside the point itself. */
const points = 16

/** One side of a point, sampled at one distance. */
interface Sample {
  readonly spacing: number
  readonly slope: number
  /** What slope may be wrong by, judged by the scatter of the values about a cubic. */
  readonly error: number
  /** Change from the point to its neighbour. */
  readonly jump: number
  /** Change that round-off makes in numbers of this size. */
  readonly grain: number
  /** Whether the values beside the point lie on a smooth curve, compared with that change. */
  readonly smoothBeyond: boolean
  /** Scatter of the values where they look like noise, 0 where a curve or a single break explains them. */
  readonly scatter: number
  /** Whether the values show a curve. */
  readonly resolved: boolean
}

/** The slope to one side, at the distance where it is known best. */
interface Side {
  readonly slope: number
  readonly error: number
}

/** What a slope is held to be. */
export interface Claim {
  readonly analytic: number
  /** The largest number in the gradient. */
  readonly scale: number
  readonly tolerance: number
  readonly measures: Measures
}

/**
 * Says why a slope disagrees, by one-sided differences at distances over eight decades. null where both one-sided slopes
 * agree with the gradient after all: then something very close to the point has misled the wider differences, or there is more
 * round-off, by the scatter of the values, than numbers of their size promise.
 */
export function diagnose(
  value: (x: Float64Array) => number,
  line: Line,
  { analytic, scale, tolerance, measures }: Claim,
): Finding | null {
  const { samples, right, left, jump, diverges } = sampleBoth(value, line, measures)
  const found = (verdict: Verdict): Finding => ({
    verdict,
    value: value(line.at(0)),
    right: right?.slope ?? Number.NaN,
    left: left?.slope ?? Number.NaN,
    noise: Math.max(right?.error ?? 0, left?.error ?? 0),
    jump,
  })
  if (!Number.isFinite(analytic)) return found('wrong')
  if (!right || !left) return found('inconclusive')
  const size = Math.max(Math.abs(analytic), Math.abs(right.slope), Math.abs(left.slope))
  if (diverges(size)) return found('discontinuous')
  const slack = tolerance * size
  const near = ({ slope, error }: Side): boolean => Math.abs(slope - analytic) <= error + slack
  if (near(right) && near(left) && samples.some(({ jump: moved }) => moved > 0))
    return right.error + left.error <= Math.max(slack, measures.telling * Math.max(size, scale))
      ? null
      : found('inconclusive')
  const between =
    analytic >= Math.min(right.slope - right.error, left.slope - left.error) - slack &&
    analytic <= Math.max(right.slope + right.error, left.slope + left.error) + slack
  return found(between && differ(right, left, tolerance) ? 'kink' : 'wrong')
}

/** Whether the one-sided slopes of a continuous function differ. */
export function hasKink(
  value: (x: Float64Array) => number,
  line: Line,
  tolerance: number,
  measures: Measures,
): boolean {
  const { right, left, diverges } = sampleBoth(value, line, measures)
  if (!right || !left || diverges(Math.max(Math.abs(right.slope), Math.abs(left.slope)))) return false
  return differ(right, left, tolerance)
}

function differ(a: Side, b: Side, tolerance: number): boolean {
  const slack = tolerance * Math.max(Math.abs(a.slope), Math.abs(b.slope))
  return Math.abs(a.slope - b.slope) > a.error + b.error + slack
}

interface Sides {
  readonly samples: readonly Sample[]
  readonly right: Side | null
  readonly left: Side | null
  readonly jump: number
  readonly diverges: (size: number) => boolean
}

function sampleBoth(value: (x: Float64Array) => number, line: Line, measures: Measures): Sides {
  const [right, left] = [sampleSide(value, line, 1, measures), sampleSide(value, line, -1, measures)]
  const scatter = Math.max(scatterOf(right), scatterOf(left))
  return {
    samples: [...right, ...left],
    right: bestOf(right, scatter),
    left: bestOf(left, scatter),
    jump: Math.max(right.at(-1)?.jump ?? 0, left.at(-1)?.jump ?? 0),
    diverges: (size) => diverges(right, size) || diverges(left, size),
  }
}

/** One sample for each distance at which the function is finite, the smallest last. */
function sampleSide(
  value: (x: Float64Array) => number,
  line: Line,
  side: 1 | -1,
  { spacings, epsilon }: Measures,
): Sample[] {
  const middle = value(line.at(0))
  if (!Number.isFinite(middle)) return []
  const samples = spacings.flatMap((spacing) => {
    const h = side * spacing * line.size
    const values = [middle, ...Array.from({ length: points }, (_, k) => value(line.at((k + 1) * h)))]
    return values.every(Number.isFinite) ? [sampleOf(values, h, line.size, epsilon)] : []
  })
  line.at(0)
  return samples
}

function sampleOf(values: readonly number[], h: number, size: number, epsilon: number): Sample {
  const v = (i: number): number => values[i] as number
  const fourth = Array.from(
    { length: values.length - 4 },
    (_, i) => v(i) - 4 * v(i + 1) + 6 * v(i + 2) - 4 * v(i + 3) + v(i + 4),
  )
  const largest = fourth.slice(1, 5).reduce((most, d) => Math.max(most, Math.abs(d)), 0)
  const slope = (-25 * v(0) + 48 * v(1) - 36 * v(2) + 16 * v(3) - 3 * v(4)) / (12 * h)
  const spacing = Math.abs(h)
  const grain = 16 * epsilon * Math.max(1, ...values.map(Math.abs))
  const jump = Math.abs(v(1) - v(0))
  // √70 is what a fourth difference makes of independent errors of size 1.
  const scatter = Math.sqrt(fourth.reduce((total, d) => total + d * d, 0) / fourth.length / 70)
  const noisy = scatter > grain && looksLikeNoise(fourth)
  return {
    spacing,
    slope,
    // Fourth differences hold what the cubic leaves of the curve as well as round-off, more of it than the slope does.
    error: (4 * Math.max(largest, Math.abs(fourth[0] as number)) + grain + epsilon * Math.abs(slope) * size) / spacing,
    jump,
    grain,
    smoothBeyond: largest <= jump / 4,
    scatter: noisy ? scatter : 0,
    resolved: !noisy && Math.max(...fourth.map(Math.abs)) < (Math.max(...values) - Math.min(...values)) / 10,
  }
}

/** Whether fourth differences change sign all along: a curve keeps its sign, a kink or a jump touches only a few. */
function looksLikeNoise(fourth: readonly number[]): boolean {
  const signs = fourth.map(Math.sign).filter((sign) => sign !== 0)
  const changes = signs.filter((sign, i) => i > 0 && sign !== signs[i - 1]).length
  return changes >= 5
}

/**
 * The noise of the function's values: their largest scatter at distances below which no curve shows. Values on a grid may
 * lie straight by chance, at one distance but hardly at two.
 */
function scatterOf(samples: readonly Sample[]): number {
  let curves = 0
  let most = 0
  for (let i = samples.length - 1; i >= 0 && curves < 2; i--) {
    const { scatter, resolved } = samples[i] as Sample
    if (resolved) curves++
    most = Math.max(most, scatter)
  }
  return most
}

/** The slope of least error; the closest samples are left aside, as they cannot be measured well. */
function bestOf(samples: readonly Sample[], scatter: number): Side | null {
  let best: Side | null = null
  for (const { slope, error, spacing } of samples.slice(0, -2)) {
    const known = { slope, error: Math.max(error, (20 * scatter) / spacing) }
    if (!best || known.error < best.error) best = known
  }
  return best
}

/**
 * Whether, over the last decades, the change shrinks clearly less than the step, to a difference far above the slopes
 * otherwise found, and by more than round-off.
 */
function diverges(samples: readonly Sample[], size: number): boolean {
  const last = samples.slice(-3)
  const final = last[2]
  return (
    final !== undefined &&
    final.jump > 30 * size * final.spacing &&
    last.every(({ jump, grain, smoothBeyond }, i) => {
      const wider = last[i - 1]
      return jump > 100 * grain && smoothBeyond && (!wider || jump > wider.jump / 7)
    })
  )
}
