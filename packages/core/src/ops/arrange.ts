import { checkOptions } from '../check.ts'
import { ShapeError, ValueError } from '../errors.ts'
import { sliceLayout } from '../layout.ts'
import { defineOp } from '../op.ts'
import { axisIndex, axisList, checkList, showShape } from '../shape.ts'
import { line, type Tensor } from '../tensor.ts'
import { full, ones } from './create.ts'
import { checkDType } from './define.ts'
import { concat } from './join.ts'
import { pad as padZeros } from './pad.ts'
import { where } from './select.ts'
import type { AxisOptions } from './softmax.ts'

const flipOp = /* @__PURE__ */ defineOp(
  'flip',
  {
    kind: 'view',
    layout: (input, { shape, attrs }) => {
      const start = shape.map((n, i) => (attrs.includes(i) ? n - 1 : 0))
      const step = shape.map((_, i) => (attrs.includes(i) ? -1 : 1))
      return sliceLayout(input, shape, start, step)
    },
  },
  (g, { attrs }) => [flip(g, { axis: attrs })],
)

/**
 * Elements in reverse order along axes. A view: nothing is moved.
 *
 * Shapes: x [...S] → [...S].
 *
 * @example flip(tensor([1, 2, 3])) // [3, 2, 1]
 */
export function flip(
  x: Tensor,
  options: {
    /** One axis or several. @default all */
    readonly axis?: number | readonly number[]
  } = {},
): Tensor {
  const { axis } = checkOptions('flip', options)
  checkDType('flip', 'x', x, 'any')
  const axes = axisList('flip', axis, x.shape.length)
  return axes.length === 0 ? x : line(flipOp, [x], x.shape, x.dtype, axes)
}

/**
 * Elements moved on by `shift` positions along an axis; those that leave at one end come back at the other.
 *
 * Shapes: x [...S] → [...S].
 *
 * @example roll(tensor([1, 2, 3, 4]), 1) // [4, 1, 2, 3]
 */
export function roll(x: Tensor, shift: number, options: AxisOptions = {}): Tensor {
  const { axis = -1 } = checkOptions('roll', options)
  checkDType('roll', 'x', x, 'any')
  const at = axisIndex('roll', axis, x.shape.length)
  if (!Number.isSafeInteger(shift)) throw new ValueError(`roll: shift must be an integer, got ${shift}.`)
  const n = x.shape[at] as number
  // In JavaScript −1 % n is −1.
  const by = n === 0 ? 0 : ((shift % n) + n) % n
  if (by === 0) return x
  const start = x.shape.map((_, i) => (i === at ? n - by : 0))
  const tail = x.slice(start)
  const head = x.slice(
    x.shape.map(() => 0),
    x.shape.with(at, n - by),
  )
  return concat([tail, head], { axis: at })
}

/**
 * x laid side by side with itself, `repeats` times along each axis. The shorter of shape and repeats gets leading ones.
 *
 * Shapes: x [S₁, S₂, …], repeats R₁, R₂, … → [R₁·S₁, R₂·S₂, …].
 *
 * @example tile(tensor([1, 2]), [3]) // [1, 2, 1, 2, 1, 2]
 */
export function tile(x: Tensor, repeats: readonly number[]): Tensor {
  checkDType('tile', 'x', x, 'any')
  checkList('tile', 'repeats', repeats)
  if (!repeats.every((n) => Number.isSafeInteger(n) && n >= 0))
    throw new ShapeError(`tile: repeats must consist of non-negative integers, got ${showShape(repeats)}.`)
  const rank = Math.max(x.shape.length, repeats.length)
  const shape = [...new Array<number>(rank - x.shape.length).fill(1), ...x.shape]
  const times = [...new Array<number>(rank - repeats.length).fill(1), ...repeats]
  return x
    .reshape(shape.flatMap((n) => [1, n]))
    .broadcastTo(shape.flatMap((n, i) => [times[i] as number, n]))
    .reshape(shape.map((n, i) => n * (times[i] as number)))
}

/** Elements to add before and after each axis. */
export type Padding = readonly (readonly [before: number, after: number])[]

export interface PadOptions {
  /** What to fill with. @default 0 */
  readonly value?: number
}

/**
 * x with elements of one value added before and after each axis.
 *
 * Shapes: x [S₁, S₂, …], padding [b₁, a₁], [b₂, a₂], … → [b₁ + S₁ + a₁, b₂ + S₂ + a₂, …].
 *
 * @example pad(tensor([1, 2]), [[0, 1]], { value: 9 }) // [1, 2, 9]
 */
export function pad(x: Tensor, padding: Padding, options: PadOptions = {}): Tensor {
  const { value = 0 } = checkOptions('pad', options, 'value: 0')
  checkDType('pad', 'x', x, 'any')
  const whole = (n: number | undefined): boolean => Number.isSafeInteger(n) && (n as number) >= 0
  const isPair = (ends: readonly number[]): boolean => Array.isArray(ends) && ends.length === 2 && ends.every(whole)
  if (!Array.isArray(padding) || padding.length !== x.shape.length || !padding.every(isPair))
    throw new ShapeError(
      `pad: padding must have a pair [before, after] of non-negative integers for each axis of ${showShape(x.shape)}, ` +
        `got ${JSON.stringify(padding)}. To remove elements use slice.`,
    )
  if (padding.every(([before, after]) => before + after === 0)) return x
  const shape = x.shape.map((n, i) => n + (padding[i]?.[0] ?? 0) + (padding[i]?.[1] ?? 0))
  const low = padding.map(([before]) => before)
  const step = x.shape.map(() => 1)
  const padded = padZeros(x, shape, low, step)
  if (value === 0) return padded
  const inside = padZeros(ones(x.shape, { dtype: 'bool' }), shape, low, step)
  return where(inside, padded, full([], value, { dtype: x.dtype }))
}
