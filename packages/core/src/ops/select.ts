import { DTypeError, ShapeError } from '../errors.ts'
import { defineOp, type Op } from '../op.ts'
import { broadcastShapes, showShape } from '../shape.ts'
import { line, type Tensor, type TensorLike } from '../tensor.ts'
import { operands } from './define.ts'

const whereOp: Op = {
  ...defineOp('where', { kind: 'map', scalar: 'where' }, (g, _, [condition]) => [
    null,
    where(condition as Tensor, g, 0),
    where(condition as Tensor, 0, g),
  ]),
  reach: ([condition]) => [null, condition as Tensor, (condition as Tensor).not()],
}

/**
 * a where the condition holds, b elsewhere, with broadcasting. Neither value nor gradient of the branch not taken has
 * any influence, even if it is NaN.
 *
 * Shapes: condition bool [...S], a [...S], b [...S] → [...S].
 */
export function where(condition: Tensor, a: TensorLike, b: TensorLike): Tensor {
  if (condition.dtype !== 'bool')
    throw new DTypeError(
      `where: condition must be bool, got ${condition.dtype}. Compare it, e.g. condition.notEqual(0).`,
    )
  const [x, y] = operands('where', a, b)
  const branches = broadcastShapes(x.shape, y.shape)
  const shape = branches && broadcastShapes(condition.shape, branches)
  if (!shape)
    throw new ShapeError(
      `where: condition, a and b must have shapes that broadcast, got ${showShape(condition.shape)}, ` +
        `${showShape(x.shape)} and ${showShape(y.shape)}.`,
    )
  return line(whereOp, [condition, x, y], shape, x.dtype)
}
