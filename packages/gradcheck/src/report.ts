import { indexAt, sizeOf, type Tensor } from '@wengert/core'
import { explainCulprit } from './culprit.ts'
import { GradientCheckError } from './errors.ts'
import type { Explanation } from './explanation.ts'
import { type ElementReport, failureReport, type ReplayReport } from './failureReport.ts'
import { heatMapText } from './heatMapText.ts'
import { type JacobianComparison, jacobiansOf } from './jacobians.ts'
import { sentencesOf, show } from './sentence.ts'
import type { Disagreement } from './slopes.ts'
import { placeOf, type Subject } from './variables.ts'

/** A slope that disagrees, and what it takes to look into it. */
export interface Failure {
  readonly order: number
  readonly failure: Disagreement
  readonly subject: Subject
  /** What was differentiated: f, or the gradient of the order before. */
  readonly outputs: (xs: readonly Tensor[]) => unknown
  /** The scalar function whose slopes were compared. */
  readonly objective: (xs: readonly Tensor[]) => Tensor
  readonly options: Omit<ReplayReport, 'order'>
}

/** Jacobians with more entries than this are drawn, not printed. */
const printable = 36

/** Jacobians with more entries than this are left out. */
const drawable = 2 ** 14

/** The error of a failed check: what disagrees, where, by how much, and how to see it again. */
export function failureError(failure: Failure): GradientCheckError {
  const { lines, report } = explainFailure(failure)
  const message = [...lines, `  Replay with ${showReplay(report.options)}.`].join('\n')
  return new GradientCheckError(message, report.verdict, report)
}

/** Looks into a failure. */
export function explainFailure({ order, failure, subject, outputs, objective, options }: Failure): Explanation {
  const { input, finding } = failure
  const jacobian = derivativesOf({ ...subject, f: outputs }, order, options.tolerance)
  const culprit = explainCulprit(objective(subject.inputs), subject.inputs, { verdict: finding.verdict, ...options })
  const lines = [
    ...sentencesOf(failure, {
      derivative: `checkGradients: the derivative of order ${order}`,
      at: input < 0 ? 'along a random direction' : `at ${placeOf(input, subject.variables)}`,
    }),
    ...(jacobian ? showJacobian(jacobian) : []),
    ...culprit.lines,
  ]
  const report = failureReport(failure, {
    element: elementOf(input, subject),
    jacobian,
    culprit: culprit.culprit,
    options: { order, ...options },
  })
  return { lines, report }
}

/** The options that are not as they are by default, beside those that are always said. */
export function showReplay({ order, tolerance, seed, directions, kinks }: ReplayReport): string {
  const said = [`order: ${order}`, `tolerance: ${tolerance}`, `seed: ${seed}`]
  if (directions !== 4) said.push(`directions: ${directions}`)
  if (kinks !== 'reject') said.push(`kinks: '${kinks}'`)
  return `{ ${said.join(', ')} }`
}

function elementOf(input: number, { variables }: Subject): ElementReport | null {
  let left = input
  for (const { tensor, path } of input < 0 ? [] : variables) {
    const size = sizeOf(tensor.shape)
    if (left < size) return { path, index: indexAt(tensor.shape, left) }
    left -= size
  }
  return null
}

/** The Jacobians of what was differentiated. Those of a gradient have rows by the names of its inputs. */
function derivativesOf(subject: Subject, order: number, tolerance: number): JacobianComparison | null {
  const jacobian = jacobiansOf(subject, { tolerance, limit: drawable })
  if (jacobian === null || order === 1) return jacobian
  const named = jacobian.inputs.map(({ name, shape }) => ({ name: `gradient by ${name}`, shape }))
  return { ...jacobian, outputs: named }
}

function showJacobian(jacobian: JacobianComparison): string[] {
  const { analytic, numeric, difference } = jacobian
  if (analytic.length * (analytic[0]?.length ?? 0) <= printable)
    return [
      '  Jacobian by the gradient (a row per output, a column per input):',
      ...matrix(analytic),
      '  Jacobian by differences:',
      ...matrix(numeric),
    ]
  if (difference.every((row) => row.every((d) => d <= 1))) return []
  return [
    '  How far the Jacobians differ, in units of what is accepted (a row per output, a column per input):',
    ...heatMapText(jacobian)
      .split('\n')
      .map((line) => `    ${line}`),
  ]
}

function matrix(rows: readonly (readonly number[])[]): string[] {
  const cells = rows.map((row) => row.map(show))
  const width = Math.max(0, ...cells.flat().map((cell) => cell.length))
  return cells.map((row) => `    ${row.map((cell) => cell.padStart(width)).join('  ')}`)
}
