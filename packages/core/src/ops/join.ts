import { checkOptions } from '../check.ts'
import { promote } from '../dtype.ts'
import { describe, ShapeError } from '../errors.ts'
import { defineOp } from '../op.ts'
import { axisIndex, sameShape, showShape } from '../shape.ts'
import { line, type Tensor } from '../tensor.ts'
import { checkDType } from './define.ts'
import { castTo } from './source.ts'

const concatOp = /* @__PURE__ */ defineOp(
  'concat',
  {
    kind: 'kernel',
    inputs: 'strided',
    build: ({ dtype, shape, attrs: [axis = 0] }, inputs) => ({ kind: 'concat', dtype, shape, axis, start: 0, inputs }),
  },
  (g, { attrs: [axis = 0] }, inputs, needs) => {
    let next = 0
    return inputs.map((x, i) => {
      const first = next
      next += x.shape[axis] as number
      if (!needs[i]) return null
      const start = x.shape.map((_, a) => (a === axis ? first : 0))
      return g.slice(start, x.shape.with(axis, next))
    })
  },
)

/** Along which axis to join. */
export interface JoinOptions {
  /** @default 0 */
  readonly axis?: number
}

/**
 * Tensors one after the other along an axis. Dtypes promote to the widest.
 *
 * Shapes: [...A, N₁, ...B], [...A, N₂, ...B], … → [...A, N₁ + N₂ + …, ...B].
 *
 * @example concat([tensor([1, 2]), tensor([3])]) // [1, 2, 3]
 */
export function concat(tensors: readonly Tensor[], options: JoinOptions = {}): Tensor {
  const { axis = 0 } = checkOptions('concat', options)
  const first = checkSome('concat', tensors)
  const at = axisIndex('concat', axis, first.shape.length)
  const misfits = tensors.filter(
    ({ shape }) => shape.length !== first.shape.length || shape.some((n, i) => i !== at && n !== first.shape[i]),
  )
  if (misfits.length > 0)
    throw new ShapeError(
      `concat: tensors must have equal shapes but for axis ${at}, got ${listShapes(tensors)}. ` +
        'To join along a new axis use stack.',
    )
  const dtype = tensors.map((x) => x.dtype).reduce(promote)
  return joined(
    tensors.map((x) => castTo(x, dtype)),
    at,
  )
}

/** concat of tensors that are known to fit. */
export function joined(tensors: readonly Tensor[], axis: number): Tensor {
  const [first] = tensors as readonly [Tensor]
  if (tensors.length === 1) return first
  const total = tensors.reduce((n, { shape }) => n + (shape[axis] as number), 0)
  return line(concatOp, tensors, first.shape.with(axis, total), first.dtype, [axis])
}

/**
 * Tensors of one shape, one after the other along a new axis. Dtypes promote to the widest.
 *
 * Shapes: K tensors [...A, ...B] → [...A, K, ...B], where A has `axis` axes.
 *
 * @example stack([tensor([1, 2]), tensor([3, 4])]) // [1, 2, 3, 4]
 */
export function stack(tensors: readonly Tensor[], options: JoinOptions = {}): Tensor {
  const { axis = 0 } = checkOptions('stack', options)
  const first = checkSome('stack', tensors)
  const at = axisIndex('stack', axis, first.shape.length + 1)
  if (tensors.some((x) => !sameShape(x.shape, first.shape)))
    throw new ShapeError(
      `stack: tensors must have one shape, got ${listShapes(tensors)}. To join along an axis that is there use concat.`,
    )
  return concat(
    tensors.map((x) => x.expandDims(at)),
    { axis: at },
  )
}

function checkSome(fn: string, tensors: readonly Tensor[]): Tensor {
  if (!Array.isArray(tensors)) throw new ShapeError(`${fn}: tensors must be an array, got ${describe(tensors)}.`)
  tensors.forEach((x, i) => {
    checkDType(fn, `tensors[${i}]`, x, 'any')
  })
  const [first] = tensors
  if (!first) throw new ShapeError(`${fn}: tensors must hold at least one tensor, got an empty list.`)
  return first
}

function listShapes(tensors: readonly Tensor[]): string {
  return tensors.map((x) => showShape(x.shape)).join(', ')
}
