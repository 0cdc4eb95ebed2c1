import { GradientCheckError } from './errors.ts'
import type { Explanation } from './explanation.ts'
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

/** A slope that disagrees, of a function of which nothing is known but its values. */
export interface SlopeFailure {
  readonly failure: Disagreement
  readonly context: SlopeContext
}

export function slopeError(found: SlopeFailure): GradientCheckError {
  const { lines, report } = explainSlope(found)
  const message = [...lines, `  Replay with ${showReplay(found.context.replay)}.`].join('\n')
  return new GradientCheckError(message, report.verdict, report)
}

export function explainSlope({ failure, context }: SlopeFailure): Explanation {
  const { derivative, placeOf, elementOf, replay } = context
  const { input } = failure
  const at = input < 0 ? 'along a random direction' : `at ${placeOf(input)}`
  const element = input < 0 ? null : elementOf(input)
  const options = { order: 1, ...replay }
  return {
    lines: sentencesOf(failure, { derivative, at }),
    report: failureReport(failure, { element, jacobian: null, culprit: null, options }),
  }
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
