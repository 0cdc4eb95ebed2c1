import { type DType, dtypes, promote } from '../dtype.ts'
import { DTypeError, describe, ShapeError } from '../errors.ts'
import type { BinaryScalar, UnaryScalar } from '../kernel.ts'
import { defineOp, type Vjp } from '../op.ts'
import { broadcastShapes, type Shape, showShape } from '../shape.ts'
import { line, Tensor, type TensorLike } from '../tensor.ts'
import { castTo, scalar } from './source.ts'

/** Dtypes an operation takes; `precise` floats are those with digits enough for algorithms of many steps. */
export type Accepts = 'index' | 'precise' | 'float' | 'number' | 'any'

const accepted: Record<Accepts, readonly DType[]> = {
  index: ['i32'],
  precise: ['f32', 'f64'],
  float: ['f16', 'f32', 'f64'],
  number: ['i32', 'f16', 'f32', 'f64'],
  any: dtypes,
}

/** Checks the dtype of an argument: i32 for 'index', f32 or f64 for 'precise', f16 too for 'float', and i32 for 'number'. */
export function checkDType(fn: string, name: string, x: Tensor, accepts: Accepts): void {
  const known = accepted[accepts]
  if (known.includes(x?.dtype)) return
  if (!(x instanceof Tensor))
    throw new DTypeError(`${fn}: ${name} must be a tensor, got ${describe(x)}. Wrap data with tensor(…).`)
  throw new DTypeError(
    `${fn}: ${name} must be ${known.join(', ').replace(/, (?=\w+$)/, ' or ')}, got ${x.dtype} ${showShape(x.shape)}. ` +
      `Cast it, e.g. ${name}.cast('${accepts === 'index' ? 'i32' : 'f32'}').`,
  )
}

/** An elementwise function of one tensor, with its derivative: the cotangent of x from g, y = f(x) and x. */
export function unary(
  name: UnaryScalar,
  derivative: ((g: Tensor, y: Tensor, x: Tensor) => Tensor) | null,
  accepts: Accepts = 'float',
  result?: DType,
): (x: Tensor) => Tensor {
  const vjp: Vjp | null = derivative && ((g, y, [x]) => [derivative(g, y, x as Tensor)])
  const op = defineOp(name, { kind: 'map', scalar: name }, vjp)
  return (x) => {
    checkDType(name, 'x', x, accepts)
    return line(op, [x], x.shape, result ?? x.dtype)
  }
}

type Partial = (g: Tensor, y: Tensor, a: Tensor, b: Tensor) => Tensor

/**
 * An elementwise function of two tensors or numbers, with its derivatives: the cotangents of a and of b. Operands
 * broadcast and promote to one dtype; the walk sums each cotangent back to the shape of its operand.
 */
export function binary(
  name: BinaryScalar,
  partials: readonly [Partial, Partial] | null,
  accepts: Accepts = 'number',
  result?: DType,
): (a: TensorLike, b: TensorLike) => Tensor {
  const vjp: Vjp | null =
    partials &&
    ((g, y, [a, b], needs) => [
      needs[0] ? partials[0](g, y, a as Tensor, b as Tensor) : null,
      needs[1] ? partials[1](g, y, a as Tensor, b as Tensor) : null,
    ])
  const op = defineOp(name, { kind: 'map', scalar: name }, vjp)
  return (a, b) => {
    const [x, y] = operands(name, a, b)
    checkDType(name, 'a', x, accepts)
    return line(op, [x, y], jointShape(name, x, y), result ?? x.dtype)
  }
}

/** Two operands as tensors of one dtype; a number takes the dtype of the tensor beside it. */
export function operands(fn: string, a: TensorLike, b: TensorLike): [Tensor, Tensor] {
  const x = a instanceof Tensor ? a : null
  const y = b instanceof Tensor ? b : null
  if (x && y) {
    if (x.dtype === y.dtype) return [x, y]
    const dtype = promote(x.dtype, y.dtype)
    return [castTo(x, dtype), castTo(y, dtype)]
  }
  const dtype = x?.dtype ?? y?.dtype ?? 'f32'
  return [x ?? numberAs(fn, a as number, dtype), y ?? numberAs(fn, b as number, dtype)]
}

/** Two float operands that broadcast, checked under the name of the function that is made of others. */
export function floatOperands(fn: string, a: TensorLike, b: TensorLike): [Tensor, Tensor] {
  const [x, y] = operands(fn, a, b)
  checkDType(fn, 'a', x, 'float')
  jointShape(fn, x, y)
  return [x, y]
}

/** A number as a scalar line of a dtype that can hold it. */
export function numberAs(fn: string, value: number, dtype: DType): Tensor {
  if (typeof value !== 'number')
    throw new DTypeError(
      `${fn}: operand must be a tensor or a number, got ${describe(value)}. Wrap data with tensor(…).`,
    )
  if (dtype === 'bool')
    throw new DTypeError(`${fn}: number ${value} must not meet a bool tensor. Cast it, e.g. x.cast('f32').`)
  if (dtype === 'i32' && (value | 0) !== value)
    throw new DTypeError(
      `${fn}: number must be a 32-bit integer beside an i32 tensor, got ${value}. Cast the tensor, e.g. x.cast('f32').`,
    )
  return scalar(value, dtype)
}

function jointShape(fn: string, a: Tensor, b: Tensor): Shape {
  const shape = broadcastShapes(a.shape, b.shape)
  if (!shape)
    throw new ShapeError(
      `${fn}: a and b must have shapes that broadcast, got ${showShape(a.shape)} and ${showShape(b.shape)}. ` +
        'Sizes must agree from the last axis backwards, or be 1; use reshape or expandDims to line them up.',
    )
  return shape
}
