import type { Disagreement } from './slopes.ts'
import { ulpDistance } from './ulps.ts'

/** What a message is about. */
export interface Place {
  /** Whose derivative is in question, such as `checkGradients: the derivative of order 1`. */
  readonly derivative: string
  /** Where, such as `at argument 0 [2]`. */
  readonly at: string
}

/** The sentence that says how a slope disagrees and what to do, and the numbers that show it. */
export function sentencesOf(failure: Disagreement, place: Place): string[] {
  const { analytic, numeric, finding } = failure
  return [
    sentence(failure, place),
    `  by the gradient     ${analytic}`,
    ...(Number.isNaN(numeric) ? [] : [`  by differences      ${numeric}`]),
    ...(Number.isFinite(analytic) && analytic !== 0 && numeric !== 0 && !Number.isNaN(numeric)
      ? [`  quotient            ${show(analytic / numeric)}`]
      : []),
    ...(Number.isFinite(analytic) && Number.isFinite(numeric)
      ? [`  steps between       ${showUlps(analytic, numeric)}`]
      : []),
    ...(oneSidedMatter(failure) ? [`  one-sided slopes    ${show(finding.left)} and ${show(finding.right)}`] : []),
  ]
}

function sentence({ analytic, ratio, finding }: Disagreement, { derivative, at }: Place): string {
  const { verdict, value, left, right, noise, jump } = finding
  switch (verdict) {
    case 'wrong':
      if (!Number.isFinite(value))
        return (
          `${derivative} must be taken where the function is finite, got ${analytic} ${at}, where the function is not finite ` +
          'itself. Write it in a form that does not overflow there, or choose other arguments.'
        )
      if (!Number.isFinite(analytic))
        return `${derivative} must equal the slope of the function, got ${analytic} ${at}.`
      return `${derivative} must equal the slope of the function, got a difference ${show(ratio)} times what is accepted ${at}.`
    case 'kink':
      return (
        `${derivative} must be taken where the function is smooth, got a kink ${at}: the gradient ${show(analytic)} lies ` +
        `between the one-sided slopes ${show(left)} and ${show(right)}. ` +
        "Pass { kinks: 'accept' } if any slope between them will do, or choose other arguments."
      )
    case 'discontinuous':
      return (
        `${derivative} must be taken where the function is continuous, got differences that grow without bound as the step ` +
        `shrinks ${at}: the function jumps by ${show(jump)} or rises vertically. Choose other arguments.`
      )
    case 'inconclusive':
      return (
        `${derivative} must stand clear of round-off, got ` +
        (Number.isNaN(left) || Number.isNaN(right)
          ? `a function that is not finite on ${Number.isNaN(left) && Number.isNaN(right) ? 'either' : 'one'} side ${at}, ` +
            'so that this is inconclusive. Choose arguments inside the domain.'
          : `an inconclusive comparison ${at}: round-off moves the slope by ${show(noise)} at the best of all steps. ` +
            'Choose arguments of moderate size, or a form of the function that does not cancel.')
      )
  }
}

/** How many representable numbers two slopes are apart. */
function showUlps(a: number, b: number): string {
  return `${show(ulpDistance(a, b))} in f64, ${show(ulpDistance(a, b, { dtype: 'f32' }))} in f32`
}

/** One-sided slopes are worth a line of their own where they differ, as at a kink with a gradient outside. */
function oneSidedMatter({ finding: { verdict, left, right, noise } }: Disagreement): boolean {
  return verdict === 'wrong' && Math.abs(left - right) > 4 * noise + 1e-4 * Math.max(Math.abs(left), Math.abs(right))
}

/** A number with as many digits as tell. */
export function show(value: number): string {
  return String(Number(value.toPrecision(6)))
}
