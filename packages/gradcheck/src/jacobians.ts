import { grad, isFloat, mapTree, type Shape, sizeOf, sum, type Tensor, tape, tensor } from '@wengert/core'
import { holdStopped, traced } from './oracle.ts'
import { precisions } from './precision.ts'
import { type Subject, showArgument, showSteps, subjectOf } from './variables.ts'

/** A tensor whose elements are rows or columns of a Jacobian, in row-major order. */
export interface JacobianPart {
  /** Where it stands: `output.loss`, `argument 0.weight`. */
  readonly name: string
  readonly shape: Shape
}

/** The Jacobian of a function two ways: a row for each element of the outputs, a column for each of the inputs. */
export interface JacobianComparison {
  /** What the rows are, from above. */
  readonly outputs: readonly JacobianPart[]
  /** What the columns are, from the left. */
  readonly inputs: readonly JacobianPart[]
  /** By the derivatives of the tape. */
  readonly analytic: readonly (readonly number[])[]
  /** By differences. */
  readonly numeric: readonly (readonly number[])[]
  /** |analytic − numeric| in units of what is accepted: they agree where it is at most 1. */
  readonly difference: readonly (readonly number[])[]
}

export interface JacobianOptions {
  /** Largest accepted relative difference of two entries. @default 1e-6 */
  readonly tolerance?: number
}

/**
 * The whole Jacobian of f by its derivatives and by differences, in f64 on the CPU, and how far they are apart: what
 * `checkGradients` compares a random combination of. Arguments are treated as there. It says nothing of kinks; `heatMapText`
 * and `heatMapSvg` show it.
 *
 * Costs a backward walk for each element of the outputs, and up to 22 evaluations for each element of the inputs.
 *
 * @example compareJacobians((x: Tensor) => x.square(), [tensor([1, 2])]).analytic[1]?.[1] // 4
 */
export function compareJacobians<A extends readonly unknown[]>(
  f: (...args: A) => unknown,
  args: A,
  { tolerance = precisions.f64.tolerance }: JacobianOptions = {},
): JacobianComparison {
  return jacobiansOf(subjectOf('compareJacobians', f, args), { tolerance }) as JacobianComparison
}

/** The same of a function already prepared; null where there are more than `limit` entries. */
export function jacobiansOf(
  { inputs, variables, f, x }: Subject,
  { tolerance, limit = Number.POSITIVE_INFINITY }: { readonly tolerance: number; readonly limit?: number },
): JacobianComparison | null {
  const floats = floatParts(f(inputs))
  const height = floats.reduce((total, { shape }) => total + sizeOf(shape), 0)
  if (height * x.length > limit) return null
  const analytic = analyticRows(inputs, f, floats, x)
  const scale = Math.max(0, ...analytic.map((row) => Math.max(0, ...row.map(Math.abs).filter(Number.isFinite))))
  const ys = floats.map(({ y }) => y)
  holdStopped(tape(ys))
  const values = traced(inputs, ys)
  const columns = Array.from(x, (_, i) => {
    const column = analytic.map((row) => row[i] as number)
    return numericColumn(values, x, i, { column, scale, tolerance })
  })
  const rowsOf = (pick: (measured: Measured) => Float64Array): number[][] =>
    analytic.map((_, j) => columns.map((column) => pick(column)[j] as number))
  return {
    outputs: floats.map(({ name, shape }) => ({ name, shape })),
    inputs: variables.map(({ tensor: { shape }, path }) => ({ name: showArgument(path), shape })),
    analytic,
    numeric: rowsOf(({ numeric }) => numeric),
    difference: rowsOf(({ ratio }) => ratio),
  }
}

interface FloatPart extends JacobianPart {
  readonly y: Tensor
}

function floatParts(outputs: unknown): FloatPart[] {
  const parts: FloatPart[] = []
  mapTree((y, path) => {
    if (isFloat(y.dtype)) parts.push({ name: `output${showSteps(path)}`, shape: y.shape, y })
    return y
  }, outputs)
  return parts
}

/** The rows by one pullback, traced once, of one unit cotangent after the other. */
function analyticRows(
  inputs: readonly Tensor[],
  f: (xs: readonly Tensor[]) => unknown,
  parts: readonly FloatPart[],
  x: Float64Array,
): number[][] {
  const cotangents = parts.map(({ shape }) => tensor(new Float64Array(sizeOf(shape)), { shape }))
  const objective = (xs: readonly Tensor[]): Tensor =>
    floatParts(f(xs))
      .map(({ y }, i) => sum(y.mul(cotangents[i] as Tensor)))
      .reduce((total, term) => total.add(term))
  const pullback = traced([...inputs, ...cotangents], grad(objective)(inputs))
  const height = cotangents.reduce((total, { shape }) => total + sizeOf(shape), 0)
  const numbers = new Float64Array(x.length + height)
  numbers.set(x)
  return Array.from({ length: height }, (_, j) => {
    numbers[x.length + j] = 1
    const row = Array.from(pullback(numbers))
    numbers[x.length + j] = 0
    return row
  })
}

interface Measured {
  readonly numeric: Float64Array
  /** Difference from the analytic column, in units of what is accepted. */
  readonly ratio: Float64Array
}

interface Wanted {
  readonly column: readonly number[]
  /** Size of the largest entry of the whole Jacobian. */
  readonly scale: number
  readonly tolerance: number
}

/**
 * One column by central differences: by one step where that settles all entries, else for each entry by extrapolation
 * from the smallest step at which it stands clear of round-off.
 */
function numericColumn(
  values: (x: Float64Array) => Float64Array,
  x: Float64Array,
  i: number,
  { column, scale, tolerance }: Wanted,
): Measured {
  const { epsilon, quickStep, doubtSteps, telling } = precisions.f64
  const start = x[i] as number
  const size = Math.max(1, Math.abs(start))
  const point = x.slice()
  const at = (h: number): Float64Array => {
    point[i] = start + h
    return values(point)
  }
  const central = (h: number): { numeric: Float64Array; noise: Float64Array } => {
    const [up, down] = [at(h), at(-h)]
    const numeric = up.map((y, j) => (y - (down[j] as number)) / (2 * h))
    const noise = up.map((y, j) => {
      const ofValue = 16 * Math.max(Math.abs(y), Math.abs(down[j] as number), 1)
      return (epsilon * (ofValue + Math.abs(numeric[j] as number) * size)) / h
    })
    return { numeric, noise }
  }
  const ratios = (numeric: Float64Array, noise: Float64Array): Float64Array =>
    numeric.map((n, j) => {
      const a = column[j] as number
      const accepted = tolerance * (Math.max(Math.abs(a), Math.abs(n)) + 1e-3 * scale) + (noise[j] as number)
      const ratio = Math.abs(a - n) / accepted
      return Number.isNaN(ratio) ? Number.POSITIVE_INFINITY : ratio
    })

  const quick = central(quickStep * size)
  const ratio = ratios(quick.numeric, quick.noise)
  const settled = column.every((a, j) => {
    const clear = a === 0 || (quick.noise[j] as number) <= telling * Math.max(Math.abs(a), scale)
    return (ratio[j] as number) <= 1 && clear
  })
  if (settled) return { numeric: quick.numeric, ratio }

  const best = { numeric: quick.numeric.slice(), noise: quick.noise.slice() }
  const error = new Float64Array(column.length).fill(Number.POSITIVE_INFINITY)
  const clear = new Uint8Array(column.length)
  for (const step of doubtSteps) {
    const [whole, half] = [central(step * size), central((step * size) / 2)]
    whole.numeric.forEach((w, j) => {
      const h = half.numeric[j] as number
      const noise = 2 * (half.noise[j] as number)
      const bend = Math.abs(h - w) / 3
      if (clear[j] || !(noise + bend < (error[j] as number) || noise <= tolerance * Math.abs(h))) return
      best.numeric[j] = (4 * h - w) / 3
      best.noise[j] = noise
      error[j] = noise + bend
      clear[j] = Number(noise <= tolerance * Math.abs(h))
    })
  }
  return { numeric: best.numeric, ratio: ratios(best.numeric, best.noise) }
}
