import { grad, isFloat, leaves, sizeOf, sum, type Tensor, tensor } from '@wengert/core'
import { explainCulprit } from './culprit.ts'
import { traced } from './oracle.ts'
import type { Disagreement } from './slopes.ts'
import { placeOf, type Subject } from './variables.ts'

export interface Failure {
  readonly order: number
  readonly failure: Disagreement
  readonly subject: Subject
  /** The scalar function whose slopes were compared. */
  readonly objective: (xs: readonly Tensor[]) => Tensor
  readonly tolerance: number
  readonly seed: number
}

/** Jacobians with more entries than this are not printed. */
const printable = 144

/** The message of a failed check: what disagrees, where, by how much, and how to see it again. */
export function showFailure({ order, failure, subject, objective, tolerance, seed }: Failure): string {
  const { analytic, numeric, finding } = failure
  const lines = [
    sentence(order, failure, subject),
    `  by the gradient     ${analytic}`,
    `  by differences      ${numeric}`,
    ...(analytic !== 0 && numeric !== 0 ? [`  quotient            ${show(analytic / numeric)}`] : []),
    ...(oneSidedMatter(failure) ? [`  one-sided slopes    ${show(finding.left)} and ${show(finding.right)}`] : []),
  ]
  const jacobians = order === 1 ? jacobiansOf(subject) : null
  if (jacobians) {
    lines.push('  Jacobian by the gradient (a row per output, a column per input):', ...matrix(jacobians.analytic))
    lines.push('  Jacobian by differences:', ...matrix(jacobians.numeric))
  }
  lines.push(
    ...explainCulprit(objective(subject.inputs), subject.inputs, { verdict: finding.verdict, tolerance, seed }),
  )
  lines.push(`  Replay with { order: ${order}, tolerance: ${tolerance}, seed: ${seed} }.`)
  return lines.join('\n')
}

function sentence(order: number, { input, analytic, ratio, finding }: Disagreement, { variables }: Subject): string {
  const { verdict, left, right, noise, jump } = finding
  const place = input < 0 ? 'along a random direction' : `at ${placeOf(input, variables)}`
  const derivative = `checkGradients: the derivative of order ${order} must`
  switch (verdict) {
    case 'wrong':
      return `${derivative} equal the slope of the function, got a difference ${show(ratio)} times what is accepted ${place}.`
    case 'kink':
      return (
        `${derivative} be taken where the function is smooth, got a kink ${place}: the gradient ${show(analytic)} lies ` +
        `between the one-sided slopes ${show(left)} and ${show(right)}. ` +
        "Pass { kinks: 'accept' } if any slope between them will do, or choose other arguments."
      )
    case 'discontinuous':
      return (
        `${derivative} be taken where the function is continuous, got differences that grow without bound as the step ` +
        `shrinks ${place}: the function jumps by ${show(jump)} or rises vertically. Choose other arguments.`
      )
    case 'inconclusive':
      return (
        `${derivative} stand clear of round-off, got ` +
        (Number.isNaN(left) || Number.isNaN(right)
          ? `a function that is not finite on ${Number.isNaN(left) && Number.isNaN(right) ? 'either' : 'one'} side ${place}, ` +
            'so that this is inconclusive. Choose arguments inside the domain.'
          : `an inconclusive comparison ${place}: round-off moves the slope by ${show(noise)} at the best of all steps. ` +
            'Choose arguments of moderate size, or a form of the function that does not cancel.')
      )
  }
}

/** One-sided slopes are worth a line of their own where they differ, as at a kink with a gradient outside. */
function oneSidedMatter({ finding: { verdict, left, right, noise } }: Disagreement): boolean {
  return verdict === 'wrong' && Math.abs(left - right) > 4 * noise + 1e-4 * Math.max(Math.abs(left), Math.abs(right))
}

function jacobiansOf({ inputs, f: outputs, x }: Subject): { analytic: number[][]; numeric: number[][] } | null {
  const ys = leaves(outputs(inputs)).filter(({ dtype }) => isFloat(dtype))
  const rows = ys.flatMap((y, leaf) => Array.from({ length: sizeOf(y.shape) }, (_, at) => ({ leaf, at })))
  if (rows.length * x.length > printable) return null
  const analytic = rows.map(({ leaf, at }) => Array.from(rowOf(inputs, outputs, leaf, at)(x)))
  const values = traced(inputs, ys)
  const columns = Array.from(x, (v, i) => {
    const h = 6e-6 * Math.max(1, Math.abs(v))
    const up = values(x.with(i, v + h))
    const down = values(x.with(i, v - h))
    return Array.from(up, (y, j) => (y - (down[j] as number)) / (2 * h))
  })
  return { analytic, numeric: rows.map((_, j) => columns.map((column) => column[j] as number)) }
}

/** One row of the Jacobian: the gradient of one element of one output. */
function rowOf(
  inputs: readonly Tensor[],
  outputs: (xs: readonly Tensor[]) => unknown,
  leaf: number,
  at: number,
): (x: Float64Array) => Float64Array {
  const element = (xs: readonly Tensor[]): Tensor => {
    const y = leaves(outputs(xs)).filter(({ dtype }) => isFloat(dtype))[leaf] as Tensor
    const unit = new Float64Array(sizeOf(y.shape))
    unit[at] = 1
    return sum(y.mul(tensor(unit, { shape: y.shape })))
  }
  return traced(inputs, grad(element)(inputs))
}

function matrix(rows: readonly (readonly number[])[]): string[] {
  const cells = rows.map((row) => row.map(show))
  const width = Math.max(0, ...cells.flat().map((cell) => cell.length))
  return cells.map((row) => `    ${row.map((cell) => cell.padStart(width)).join('  ')}`)
}

function show(value: number): string {
  return String(Number(value.toPrecision(6)))
}
