import { grad, isFloat, leaves, type Path, sizeOf, sum, type Tensor, tensor } from '@wengert/core'
import { traced, type Variable } from './check.ts'
import type { Slope } from './slopes.ts'

export interface Failure {
  readonly order: number
  readonly worst: Slope
  readonly variables: readonly Variable[]
  readonly outputs: (xs: readonly Tensor[]) => unknown
  readonly x: Float64Array
  readonly tolerance: number
  readonly seed: number
}

/** Jacobians with more entries than this are not printed. */
const printable = 144

/** The message of a failed check: what disagrees, where, by how much, and how to see it again. */
export function showFailure({ order, worst, variables, outputs, x, tolerance, seed }: Failure): string {
  const { input, analytic, numeric, ratio } = worst
  const lines = [
    `checkGradients: the derivative of order ${order} must equal the slope of the function, got a difference ` +
      `${show(ratio)} times what is accepted ${input < 0 ? 'along a random direction' : `at ${placeOf(input, variables)}`}.`,
    `  by the gradient     ${analytic}`,
    `  by differences      ${numeric}`,
    ...(analytic !== 0 && numeric !== 0 ? [`  quotient            ${show(analytic / numeric)}`] : []),
  ]
  const jacobians = order === 1 ? jacobiansOf(variables, outputs, x) : null
  if (jacobians) {
    lines.push('  Jacobian by the gradient (a row per output, a column per input):', ...matrix(jacobians.analytic))
    lines.push('  Jacobian by differences:', ...matrix(jacobians.numeric))
  }
  lines.push(`  Replay with { order: ${order}, tolerance: ${tolerance}, seed: ${seed} }.`)
  return lines.join('\n')
}

/** `argument 0.weight[3, 4]`: the element that an input number belongs to. */
function placeOf(input: number, variables: readonly Variable[]): string {
  let left = input
  for (const { tensor: leaf, path } of variables) {
    const size = sizeOf(leaf.shape)
    if (left < size) return `${showArgument(path)}[${indexOf(left, leaf.shape).join(', ')}]`
    left -= size
  }
  return `input ${input}`
}

function showArgument([argument, ...rest]: Path): string {
  return `argument ${argument}${rest.map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`)).join('')} `
}

function indexOf(position: number, shape: readonly number[]): number[] {
  const index: number[] = []
  for (let i = shape.length - 1; i >= 0; i--) {
    const n = shape[i] as number
    index.unshift(position % n)
    position = Math.floor(position / n)
  }
  return index
}

function jacobiansOf(
  variables: readonly Variable[],
  outputs: (xs: readonly Tensor[]) => unknown,
  x: Float64Array,
): { analytic: number[][]; numeric: number[][] } | null {
  const inputs = variables.map(({ tensor: leaf }) => leaf)
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
