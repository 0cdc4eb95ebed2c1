import { checkOptions } from '../check.ts'
import { checkValues } from '../checkValues.ts'
import { ShapeError } from '../errors.ts'
import type { Operand } from '../kernel.ts'
import { defineOp, type Op } from '../op.ts'
import { axisIndex, type Shape, sameShape, showShape, sizeOf } from '../shape.ts'
import { line, type Tensor } from '../tensor.ts'
import { arange } from './create.ts'
import { checkDType, operands } from './define.ts'
import { where } from './select.ts'
import type { AxisOptions } from './softmax.ts'
import { broadcastTo } from './view.ts'

// Two lines, each the transpose of the other: gather along the middle axis of [outer, n, inner] by indices
// [outer, m, inner], and the sum of such updates. An index outside [0, n) throws where its number is known on the host;
// numbers that are yet to be computed, or that are exchanged when a plan is run again, look up NaN and add nothing.

function gatherOp(outside: 'NaN' | 'zero'): Op {
  return defineOp(
    'gather',
    {
      kind: 'kernel',
      inputs: ['contiguous', 'strided'],
      build: (y, operands) => {
        const [input, indices] = operands as readonly [Operand, Operand]
        return { kind: 'gather', dtype: y.dtype, input, indices, outside }
      },
    },
    (g, _, [x, indices]) => [pullBack(g, indices as Tensor, (x as Tensor).shape[1] as number), null],
  )
}

const lookUpOp = gatherOp('NaN')
const pullOp = gatherOp('zero')

const scatterOp = defineOp(
  'scatterAdd',
  {
    kind: 'kernel',
    inputs: ['contiguous', 'strided'],
    build: (y, operands) => {
      const [updates, indices] = operands as readonly [Operand, Operand]
      return { kind: 'scatterAdd', dtype: y.dtype, n: y.shape[1] as number, updates, indices }
    },
  },
  (g, _, [, indices]) => [gather(pullOp, g, indices as Tensor), null],
)

/** x [outer, n, inner], indices [outer, m, inner] → [outer, m, inner]. */
function gather(op: Op, x: Tensor, indices: Tensor): Tensor {
  return line(op, [x, indices], indices.shape, x.dtype)
}

/** updates and indices [outer, m, inner] → [outer, n, inner]. */
function scatter(updates: Tensor, indices: Tensor, n: number): Tensor {
  const [outer = 0, , inner = 0] = updates.shape
  return line(scatterOp, [updates, indices], [outer, n, inner], updates.dtype)
}

/** What a look-up pulls back. A single index has nothing to add up, and a map may become part of its readers. */
function pullBack(g: Tensor, indices: Tensor, n: number): Tensor {
  if (indices.shape[1] !== 1) return scatter(g, indices, n)
  return where(indices.equal(arange(n, { dtype: 'i32' }).expandDims(-1)), g, 0)
}

/** Sizes before, at and behind an axis. */
interface Blocks {
  readonly outer: number
  readonly n: number
  readonly inner: number
}

function blocksOf(shape: Shape, axis: number): Blocks {
  const outer = sizeOf(shape.slice(0, axis))
  return { outer, n: shape[axis] as number, inner: sizeOf(shape.slice(axis + 1)) }
}

/** The same indices for all of outer and inner: a view with stride 0. */
function shared(indices: Tensor, { outer, inner }: Blocks): Tensor {
  const m = sizeOf(indices.shape)
  return indices.reshape([1, m, 1]).broadcastTo([outer, m, inner])
}

/** An index that stands for the same position in all of the other axes. */
export interface TakeOptions {
  /** Axis along which to look up. @default 0 */
  readonly axis?: number
}

/**
 * Slices of x at indices along an axis, which the axes of the indices replace: rows of a table of embeddings, say. An
 * index may repeat; its gradients add up.
 *
 * Shapes: x [...A, N, ...B], indices i32 [...I] → [...A, ...I, ...B]. An index outside [0, N) throws if it is known on the
 * host, and otherwise takes NaN, or 0 from integers and bools.
 *
 * @example take(tensor([[1, 2], [3, 4], [5, 6]]), tensor([2, 0], { dtype: 'i32' })) // [5, 6, 1, 2]
 */
export function take(x: Tensor, indices: Tensor, options: TakeOptions = {}): Tensor {
  const { axis = 0 } = checkOptions('take', options)
  checkDType('take', 'x', x, 'any')
  const at = axisIndex('take', axis, x.shape.length)
  const blocks = blocksOf(x.shape, at)
  checkIndices('take', indices, x, at)
  const y = gather(lookUpOp, x.reshape([blocks.outer, blocks.n, blocks.inner]), shared(indices, blocks))
  return y.reshape([...x.shape.slice(0, at), ...indices.shape, ...x.shape.slice(at + 1)])
}

/**
 * Elements of x at indices of their own along an axis: y[…, j, …] = x[…, indices[…, j, …], …]. Indices come from argSort or argMax,
 * for instance; where they repeat, gradients add up.
 *
 * Shapes: x [...A, N, ...B], indices i32 [...A, M, ...B] → [...A, M, ...B]; axes of size 1 in indices repeat. An index outside
 * [0, N) throws if it is known on the host, and otherwise takes NaN, or 0 from integers and bools.
 *
 * @example takeAlong(tensor([[1, 2], [3, 4]]), tensor([[1], [0]], { dtype: 'i32' })) // [2, 3]
 */
export function takeAlong(x: Tensor, indices: Tensor, options: AxisOptions = {}): Tensor {
  const { axis = -1 } = checkOptions('takeAlong', options)
  checkDType('takeAlong', 'x', x, 'any')
  const at = axisIndex('takeAlong', axis, x.shape.length)
  checkIndices('takeAlong', indices, x, at)
  const m = indices.shape[at]
  const shape = x.shape.with(at, m ?? 0)
  if (indices.shape.length !== shape.length || indices.shape.some((n, i) => n !== shape[i] && n !== 1))
    throw new ShapeError(
      `takeAlong: indices must have the shape of x, ${showShape(x.shape)}, or 1, but for axis ${at}, ` +
        `got ${showShape(indices.shape)}. To take the same positions everywhere use take(x, indices, { axis: ${at} }).`,
    )
  const { outer, n, inner } = blocksOf(x.shape, at)
  const whole = broadcastTo(indices, shape).reshape([outer, m as number, inner])
  return gather(lookUpOp, x.reshape([outer, n, inner]), whole).reshape(shape)
}

/**
 * x plus updates at indices along an axis; the transpose of `take`. Where indices repeat, all their updates are added, in
 * their order.
 *
 * Shapes: x [...A, N, ...B], indices i32 [...I], updates [...A, ...I, ...B] → [...A, N, ...B]. An index outside [0, N) throws if
 * it is known on the host, and otherwise adds nothing.
 *
 * @example scatterAdd(zeros([3]), tensor([0, 2, 0], { dtype: 'i32' }), tensor([1, 2, 3])) // [4, 0, 2]
 */
export function scatterAdd(x: Tensor, indices: Tensor, updates: Tensor, options: TakeOptions = {}): Tensor {
  const { axis = 0 } = checkOptions('scatterAdd', options)
  checkDType('scatterAdd', 'x', x, 'any')
  const at = axisIndex('scatterAdd', axis, x.shape.length)
  checkIndices('scatterAdd', indices, x, at)
  checkDType('scatterAdd', 'updates', updates, 'any')
  const wanted = [...x.shape.slice(0, at), ...indices.shape, ...x.shape.slice(at + 1)]
  if (!sameShape(updates.shape, wanted))
    throw new ShapeError(
      `scatterAdd: updates must have shape ${showShape(wanted)}, that of x with axis ${at} replaced by the axes of indices, ` +
        `got ${showShape(updates.shape)}. Use broadcastTo to repeat updates.`,
    )
  const [base, added] = operands('scatterAdd', x, updates)
  checkDType('scatterAdd', 'x', base, 'number')
  const blocks = blocksOf(x.shape, at)
  const all = added.reshape([blocks.outer, sizeOf(indices.shape), blocks.inner])
  return base.add(scatter(all, shared(indices, blocks), blocks.n).reshape(x.shape))
}

function checkIndices(fn: string, indices: Tensor, x: Tensor, axis: number): void {
  checkDType(fn, 'indices', indices, 'index')
  const n = x.shape[axis] as number
  if (n === 0 && sizeOf(indices.shape) > 0)
    throw new ShapeError(
      `${fn}: x must have elements along axis ${axis}, got shape ${showShape(x.shape)}. Only no indices point into nothing.`,
    )
  checkValues(
    fn,
    'indices',
    indices,
    (index) => index >= 0 && index < n,
    `from 0 to ${n - 1}, the positions along axis ${axis} of ${showShape(x.shape)}`,
    'Count from the front; negative indices are not taken.',
  )
}
