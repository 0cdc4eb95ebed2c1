import { checkCount, checkOptions } from '../check.ts'
import { ValueError } from '../errors.ts'
import type { Operand } from '../kernel.ts'
import { defineOp } from '../op.ts'
import { axisIndex, showShape } from '../shape.ts'
import { line, type Tensor } from '../tensor.ts'
import { checkDType } from './define.ts'
import { takeAlong } from './gather.ts'
import type { AxisOptions } from './softmax.ts'

const argSortOp = defineOp(
  'argSort',
  {
    kind: 'kernel',
    inputs: 'contiguous',
    build: ({ attrs: [descending] }, [input]) => ({
      kind: 'argSort',
      dtype: 'i32',
      input: input as Operand,
      descending: descending === 1,
    }),
  },
  null,
)

/** Along which axis to sort, and which way. */
export interface SortOptions extends AxisOptions {
  /** Greatest first. @default false */
  readonly descending?: boolean
}

/**
 * Positions of the elements in ascending or descending order along an axis, as i32. Equal elements keep their order either
 * way, the lowest index first; NaN comes last.
 *
 * Shapes: x [...S] → i32 [...S]. No gradient.
 *
 * @example argSort(tensor([3, 1, 2, 1])) // [1, 3, 2, 0]
 */
export function argSort(x: Tensor, options: SortOptions = {}): Tensor {
  return order('argSort', x, options)
}

function order(fn: string, x: Tensor, options: SortOptions): Tensor {
  const { axis = -1, descending = false } = checkOptions(fn, options)
  checkDType(fn, 'x', x, 'number')
  const at = axisIndex(fn, axis, x.shape.length)
  const last = x.shape.length - 1
  const along = exchange(x, at, last)
  return exchange(line(argSortOp, [along], along.shape, 'i32', [Number(descending)]), at, last)
}

/** Exchanges two axes. */
function exchange(x: Tensor, a: number, b: number): Tensor {
  if (a === b) return x
  return x.transpose(x.shape.map((_, i) => (i === a ? b : i === b ? a : i)))
}

/**
 * Elements in ascending or descending order along an axis. Equal elements keep their order, NaN comes last. The
 * gradient goes to where each element came from.
 *
 * Shapes: x [...S] → [...S].
 *
 * @example sort(tensor([3, 1, 2]), { descending: true }) // [3, 2, 1]
 */
export function sort(x: Tensor, options: SortOptions = {}): Tensor {
  return takeAlong(x, order('sort', x, options), options)
}

/**
 * The k greatest elements along an axis in descending order, and their positions. Of equal elements the one with the
 * lowest index comes first; NaN counts as least. The gradient goes to where each element came from.
 *
 * Shapes: x [...S, N] → values [...S, K] and indices i32 [...S, K], for any axis in place of the last.
 *
 * @example topK(tensor([3, 1, 2]), 2).values // [3, 2]
 */
export function topK(
  x: Tensor,
  k: number,
  options: AxisOptions = {},
): { readonly values: Tensor; readonly indices: Tensor } {
  const { axis = -1 } = checkOptions('topK', options)
  const all = order('topK', x, { axis, descending: true })
  const at = axisIndex('topK', axis, x.shape.length)
  checkCount('topK', 'k', k, 0)
  if (k > (x.shape[at] as number))
    throw new ValueError(
      `topK: k must be at most ${x.shape[at]}, the size of axis ${at} of ${showShape(x.shape)}, got ${k}.`,
    )
  const indices = all.slice(
    x.shape.map(() => 0),
    x.shape.with(at, k),
  )
  return { values: takeAlong(x, indices, { axis }), indices }
}
