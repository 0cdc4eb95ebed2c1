/** A point on the way along a direction. */
export interface Trial {
  readonly step: number
  /** Of the objective. */
  readonly value: number
  /** Derivative of the value with respect to the step. */
  readonly slope: number
}

export interface LineSearchOptions {
  /** The step that is tried first. */
  readonly first: number
  /** Share of the slope at the start that may be left, in absolute value. */
  readonly curvature: number
  /** Differences of this share of the value are round-off. */
  readonly rounding: number
}

/** Share of the fall that the first slope promises which must be kept. */
const sufficient = 1e-4
/** Steps are at most this many times as long as those before. */
const longest = 10
/** New trials keep this share of an interval between them and its ends. */
const margin = 0.1
const mostTrials = 30

/**
 * Looks along a direction of descent for a step that fulfils the strong Wolfe conditions: the value falls by a share of
 * what the slope at the start promises, and the slope has become small.
 *
 *     φ(α) ≤ φ(0) + 10⁻⁴ α φ′(0),   |φ′(α)| ≤ curvature |φ′(0)|
 *
 * A value or slope that is not finite counts as too great a value. Where there is no such step as far as it looks, the best that falls; null where none does.
 *
 * Source: Nocedal and Wright, Numerical Optimization (2nd ed. 2006), algorithms 3.5 and 3.6, with cubic interpolation and, against
 * round-off near a minimum, room for it in the first condition.
 */
export async function lineSearch<T extends Trial>(
  probe: (step: number) => Promise<T>,
  start: Trial,
  { first, curvature, rounding }: LineSearchOptions,
): Promise<T | null> {
  const room = rounding * Math.abs(start.value)
  const falls = ({ step, value, slope }: Trial): boolean =>
    Number.isFinite(value) && Number.isFinite(slope) && value <= start.value + sufficient * step * start.slope + room
  const isLevel = ({ slope }: Trial): boolean => Math.abs(slope) <= -curvature * start.slope

  // The interval of the zoom; without an upper end yet while all trials lead on downhill.
  let low: Trial = start
  let high: Trial | null = null
  let best: T | null = null
  let step = first
  for (let trials = 0; trials < mostTrials; trials++) {
    const trial = await probe(step)
    if (falls(trial) && isLevel(trial)) return trial
    const before = low
    if (!falls(trial) || trial.value >= low.value) high = trial
    else {
      low = best = trial
      const turns: boolean = trial.slope * (high === null ? 1 : high.step - before.step) >= 0
      if (turns) high = before
    }
    step = high === null ? farther(before, trial) : between(low, high)
  }
  return best
}

/** A step beyond b, which is downhill of a. */
function farther(a: Trial, b: Trial): number {
  const most = b.step * longest
  const step = cubicMinimum(a, b)
  return step > b.step ? Math.min(Math.max(step, b.step + (b.step - a.step) / 100), most) : most
}

function between(a: Trial, b: Trial): number {
  const [left, right] = [Math.min(a.step, b.step), Math.max(a.step, b.step)]
  const kept = margin * (right - left)
  const step = cubicMinimum(a, b)
  return Number.isFinite(step) ? Math.min(Math.max(step, left + kept), right - kept) : (left + right) / 2
}

/** Where the cubic through both values and slopes has its minimum; NaN if it has none. */
function cubicMinimum(a: Trial, b: Trial): number {
  const mean = a.slope + b.slope - (3 * (a.value - b.value)) / (a.step - b.step)
  const root = Math.sign(b.step - a.step) * Math.sqrt(mean * mean - a.slope * b.slope)
  return b.step - ((b.step - a.step) * (b.slope + root - mean)) / (b.slope - a.slope + 2 * root)
}
