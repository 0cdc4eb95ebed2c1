import {
  leaves,
  mapTree,
  type Shape,
  showPlace,
  showShape,
  sizeOf,
  type Tensor,
  type TypedArray,
  tensor,
  vjp,
} from '@wengert/core'
import { GradientCheckError } from './errors.ts'
import { valuesOf } from './oracle.ts'
import { randomNumbers, randomWeights } from './random.ts'
import { floatsOf, showArgument, subjectOf } from './variables.ts'

export interface BatchOptions {
  /** Positions of the arguments with a batch along axis 0. All rows share the others, such as parameters. @default all */
  readonly batched?: readonly number[]
  /** Largest accepted difference, relative to the largest of the numbers compared plus 1/1000. @default 1e-9 */
  readonly tolerance?: number
  /** Fixes the random cotangents. @default 0 */
  readonly seed?: number
}

/** What a passed check found. */
export interface BatchReport {
  /** Rows of the batch. */
  readonly rows: number
  /** Largest difference found, as a fraction of what was accepted. */
  readonly worst: number
}

/**
 * Checks that f treats the rows of a batch each by itself, in f64 on the CPU: with P the pullback of f,
 *
 *     f(x)[i] = f(x[i])      P(u)[i] = P(u[i])      and P(u) = Σ P(u[i]) by arguments that all rows share
 *
 * where x[i] is row i as a batch of one. f takes and returns any trees of tensors; its float outputs have a row for each of the
 * rows along axis 0.
 *
 * Throws a GradientCheckError that names the law, the element and both values.
 *
 * @example checkBatch((x: Tensor) => softmax(x), [tensor([[1, 2], [3, 5]])])
 * @example
 * const affine = (w: Tensor, x: Tensor) => matmul(x, w)
 * checkBatch(affine, [tensor([[1], [2]]), tensor([[1, 2], [3, 5]])], { batched: [1] })
 */
export function checkBatch<A extends readonly unknown[]>(
  f: (...args: A) => unknown,
  args: A,
  { batched = args.map((_, i) => i), tolerance = 1e-9, seed = 0 }: BatchOptions = {},
): BatchReport {
  const rows = rowsOf(args, batched)
  const random = randomNumbers(seed)
  const batch = derivativesOf(f, args, (ys) => ys.map(({ shape }) => randomWeights(sizeOf(shape), random)))
  for (const { shape } of batch.outputs)
    if (shape[0] !== rows)
      throw failed(`f must return a row for each of the ${rows} of the batch, got a tensor ${showShape(shape)}`)
  const sums = batch.gradients.map(({ data }) => new Float64Array(data.length))
  let worst = 0
  const compare = (law: string, all: Numbers, given: ArrayLike<number>, row = 0): void => {
    worst = Math.max(worst, difference(law, all, given, row * given.length, tolerance))
  }
  for (let row = 0; row < rows; row++) {
    const us = batch.cotangents.map((u) => u.slice((row * u.length) / rows, ((row + 1) * u.length) / rows))
    const alone = derivativesOf(f, rowOf(args, batched, row), () => us)
    batch.outputs.forEach((all, i) => {
      compare('f must give each row the value that it has alone', all, (alone.outputs[i] as Numbers).data, row)
    })
    batch.gradients.forEach((all, i) => {
      const { data } = alone.gradients[i] as Numbers
      if (batched.includes(all.argument))
        compare('the pullback must give each row the gradient that it has alone', all, data, row)
      else sums[i] = (sums[i] as Float64Array).map((total, at) => total + (data[at] as number))
    })
  }
  batch.gradients.forEach((all, i) => {
    if (!batched.includes(all.argument))
      compare('the gradient by what rows share must be the sum of theirs', all, sums[i] as Float64Array)
  })
  return { rows, worst }
}

/** A computed tensor. */
interface Numbers {
  /** `argument 0.weight`. */
  readonly name: string
  readonly shape: Shape
  readonly data: TypedArray
}

interface Derivatives {
  readonly outputs: readonly Numbers[]
  readonly cotangents: readonly Float64Array[]
  readonly gradients: readonly (Numbers & { readonly argument: number })[]
}

function derivativesOf<A extends readonly unknown[]>(
  f: (...args: A) => unknown,
  args: A,
  cotangentsOf: (ys: readonly Tensor[]) => Float64Array[],
): Derivatives {
  const { inputs, variables, f: of } = subjectOf('checkBatch', f, args)
  const [ys, pullback] = vjp((xs: readonly Tensor[]) => floatsOf('checkBatch', of(xs)), inputs)
  const cotangents = cotangentsOf(ys)
  const us = ys.map(({ shape, dtype }, i) => tensor(cotangents[i] as Float64Array, { shape, dtype }))
  const gradients = pullback(us)[0]
  const data = valuesOf([...ys, ...gradients])
  return {
    outputs: ys.map(({ shape }, i) => ({ name: `output ${i}`, shape, data: data[i] as TypedArray })),
    cotangents,
    gradients: variables.map(({ path, tensor: { shape } }, i) => ({
      name: showArgument(path),
      argument: path[0] as number,
      shape,
      data: data[ys.length + i] as TypedArray,
    })),
  }
}

/** The number of rows in the arguments that have them. */
function rowsOf(args: readonly unknown[], batched: readonly number[]): number {
  const shapes = leaves(
    batched.map((i) => args[i]),
    'checkBatch',
  ).map(({ shape }) => shape)
  const rows = shapes[0]?.[0]
  if (rows === undefined || shapes.some((shape) => shape[0] !== rows))
    throw failed(
      `batched arguments must be tensors of as many rows as one another, got shapes ${shapes.map(showShape).join(', ') || 'of none'}. ` +
        'Name the positions of those with a batch axis by { batched }',
    )
  return rows
}

/** The arguments with one row of the batch. */
function rowOf<A extends readonly unknown[]>(args: A, batched: readonly number[], row: number): A {
  const cut = (x: Tensor): Tensor => {
    const rest = x.shape.slice(1)
    return x.slice([row, ...rest.map(() => 0)], [row + 1, ...rest])
  }
  return args.map((arg, i) => (batched.includes(i) ? mapTree(cut, arg, 'checkBatch') : arg)) as unknown as A
}

/** The largest difference between a batch from one element on and other numbers, as a fraction of what is accepted. */
function difference(law: string, all: Numbers, given: ArrayLike<number>, from: number, tolerance: number): number {
  let largest = 0
  for (const x of all.data) largest = Math.max(largest, Math.abs(x))
  const accepted = tolerance * (largest + 1e-3)
  let worst = 0
  for (let i = 0; i < given.length; i++) {
    const [a, b] = [all.data[from + i] as number, given[i] as number]
    const ratio = Object.is(a, b) ? 0 : Math.abs(a - b) / accepted
    if (!(ratio <= 1)) throw failed(`${law}, got ${a} and ${b} in ${all.name}${showPlace(all.shape, from + i)}`)
    worst = Math.max(worst, ratio)
  }
  return worst
}

function failed(what: string): GradientCheckError {
  return new GradientCheckError(`checkBatch: ${what}.`)
}
