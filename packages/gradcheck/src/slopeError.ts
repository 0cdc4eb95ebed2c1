import { GradientCheckError } from './errors.ts'
import { type ElementReport, failureReport, type ReplayReport } from './failureReport.ts'
import { sentencesOf } from './sentence.ts'
import type { Disagreement } from './slopes.ts'

/** Options that show a failure again; the order where a check has more than one. */
export type Replay = Omit<ReplayReport, 'order'> & { readonly order?: number }

/** What a slope that disagrees belongs to. */
export interface SlopeContext {
  /** Whose derivative is in question, such as `checkGradient: the gradient`. */
  readonly derivative: string
  /** Where, such as `x[3]`; not asked for a random direction. */
  readonly placeOf: (input: number) => string
  readonly elementOf: (input: number) => ElementReport
  readonly replay: Replay
}

/** The error of a slope that disagrees, for functions of which nothing is known but their values. */
export function slopeError(
  failure: Disagreement,
  { derivative, placeOf, elementOf, replay }: SlopeContext,
): GradientCheckError {
  const { input, finding } = failure
  const at = input < 0 ? 'along a random direction' : `at ${placeOf(input)}`
  const message = [...sentencesOf(failure, { derivative, at }), `  Replay with ${showReplay(replay)}.`].join('\n')
  const options = { order: 1, ...replay }
  const element = input < 0 ? null : elementOf(input)
  return new GradientCheckError(
    message,
    finding.verdict,
    failureReport(failure, { element, jacobian: null, culprit: null, options }),
  )
}

function showReplay({ order, tolerance, seed, directions, kinks, precision }: Replay): string {
  const said = [
    ...(order === undefined ? [] : [`order: ${order}`]),
    ...(precision === 'f32' ? [`precision: '${precision}'`] : []),
    `tolerance: ${tolerance}`,
    `seed: ${seed}`,
    ...(directions === 4 ? [] : [`directions: ${directions}`]),
    ...(kinks === 'reject' ? [] : [`kinks: '${kinks}'`]),
  ]
  return `{ ${said.join(', ')} }`
}
