import { type DType, isFloat } from '../dtype.ts'
import { defineOp } from '../op.ts'
import type { Shape } from '../shape.ts'
import { line, type Tensor, type Value } from '../tensor.ts'

const scalarOp = defineOp('scalar', { kind: 'scalar' }, null)
const sourceOp = defineOp('source', { kind: 'source' }, null)
const castOp = defineOp('cast', { kind: 'map', scalar: 'cast' }, (g, _, [x]) => [castTo(g, (x as Tensor).dtype)])
const nothing: readonly Tensor[] = []

/** A number as a line. Its value is given to kernels at run time and is no part of a plan's key. */
export function scalar(value: number, dtype: DType): Tensor {
  const y = line(scalarOp, nothing, [], dtype)
  y.value = value
  return y
}

/** A line that holds its value: a host array that nobody else writes, or a buffer of a backend. */
export function source(value: Exclude<Value, number>, shape: Shape, dtype: DType): Tensor {
  const y = line(sourceOp, nothing, shape, dtype)
  y.value = value
  return y
}

/** x as a dtype; x itself where it has it already. Gradients flow between floats only. */
export function castTo(x: Tensor, dtype: DType): Tensor {
  return x.dtype === dtype ? x : line(castOp, [x], x.shape, dtype)
}

/** True where a gradient can flow into x. */
export function isDifferentiable(x: Tensor): boolean {
  return isFloat(x.dtype)
}
