import { checkOptions } from '../check.ts'
import { type DType, isFloat } from '../dtype.ts'
import { ShapeError } from '../errors.ts'
import { arange } from '../ops/create.ts'
import { checkDType, numberAs } from '../ops/define.ts'
import { argMax, sum } from '../ops/reduce.ts'
import { where } from '../ops/select.ts'
import { castTo } from '../ops/source.ts'
import { checkDraw, type DrawOptions } from '../random.ts'
import { broadcastShapes, type Shape, sameShape, showShape } from '../shape.ts'
import { Tensor, type TensorLike } from '../tensor.ts'

/** A distribution's parameters as tensors of one dtype, and the shape to draw. */
export interface Drawing {
  readonly parameters: readonly Tensor[]
  readonly shape: Shape
  readonly dtype: DType
}

/** Parameters may be numbers or float tensors; the shape is their joint one unless a larger one is asked for. */
export function drawing(
  fn: string,
  given: Readonly<Record<string, TensorLike>>,
  wanted: Shape | undefined,
  options: DrawOptions,
): Drawing {
  const tensors = Object.values(given).filter((x) => x instanceof Tensor)
  for (const [name, x] of Object.entries(given)) if (x instanceof Tensor) checkDType(fn, name, x, 'float')
  const dtype =
    checkOptions(fn, options, "dtype: 'f32'").dtype ?? (tensors.some((x) => x.dtype === 'f64') ? 'f64' : 'f32')
  const parameters = Object.values(given).map((x) =>
    x instanceof Tensor ? castTo(x, dtype) : numberAs(fn, x, isFloat(dtype) ? dtype : 'f32'),
  )
  const joint = parameters.reduce<Shape | null>((shape, x) => shape && broadcastShapes(shape, x.shape), [])
  const shape = wanted ?? joint ?? []
  checkDraw(fn, shape, dtype)
  const whole = joint && broadcastShapes(joint, shape)
  if (!whole || !sameShape(whole, shape))
    throw new ShapeError(
      `${fn}: shape must be what ${Object.keys(given).join(' and ')} broadcast to, ` +
        `got ${showShape(shape)} for ${parameters.map((x) => showShape(x.shape)).join(' and ')}.`,
    )
  return { parameters, shape, dtype }
}

/**
 * Of several proposals for each element, the first that is accepted; the very first where none is.
 *
 * Shapes: accepted bool [P, ...S], proposals [P, ...S] → [...S].
 */
export function firstAccepted(accepted: Tensor, proposals: Tensor): Tensor {
  const first = argMax(accepted.cast('i32'), { axis: 0 })
  const count = proposals.shape[0] as number
  const positions = arange(count, { dtype: 'i32' }).reshape([count, ...first.shape.map(() => 1)])
  return sum(where(positions.equal(first), proposals, 0), { axis: 0 })
}
