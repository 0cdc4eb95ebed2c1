import { ShapeError } from '../errors.ts'
import type { Operand, Routine } from '../kernel.ts'
import { defineOp, type Op, type Vjp } from '../op.ts'
import { broadcastShapes, showShape } from '../shape.ts'
import type { Tensor } from '../tensor.ts'

/** An op that is a matrix algorithm of the backend. Inputs must have the leading axes of the output. */
export function defineRoutine(routine: Routine, vjp: Vjp | null): Op {
  return defineOp(
    routine,
    {
      kind: 'kernel',
      inputs: 'contiguous',
      build: ({ dtype, shape, attrs }, inputs: readonly Operand[]) => ({
        kind: 'routine',
        dtype,
        routine,
        shape,
        inputs,
        attrs,
      }),
    },
    vjp,
  )
}

/** The symmetric part (a + aᵀ) / 2: what functions of symmetric matrices read, so that gradients are symmetric too. */
export function symmetricPart(a: Tensor): Tensor {
  return a.add(a.transpose()).mul(0.5)
}

/** Two matrices, or batches of them, with the same leading axes. */
export function jointBatch(fn: string, a: Tensor, b: Tensor): [Tensor, Tensor] {
  const batch = broadcastShapes(a.shape.slice(0, -2), b.shape.slice(0, -2))
  if (!batch)
    throw new ShapeError(
      `${fn}: a and b must have leading axes that broadcast, got ${showShape(a.shape)} and ${showShape(b.shape)}. ` +
        'The last two axes are the matrix; the others must agree from the last backwards, or be 1.',
    )
  return [a.broadcastTo([...batch, ...a.shape.slice(-2)]), b.broadcastTo([...batch, ...b.shape.slice(-2)])]
}
