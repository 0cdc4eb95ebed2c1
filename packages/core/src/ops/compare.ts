import { DTypeError } from '../errors.ts'
import type { Tensor, TensorLike } from '../tensor.ts'
import { binary, unary } from './define.ts'

// Comparisons yield bool and have no derivative. Two bools may be compared; nothing else promotes to bool.

type Compare = (a: TensorLike, b: TensorLike) => Tensor

export const equal: Compare = binary('equal', null, 'any', 'bool')

export const notEqual: Compare = binary('notEqual', null, 'any', 'bool')

export const less: Compare = binary('less', null, 'number', 'bool')

export const lessEqual: Compare = binary('lessEqual', null, 'number', 'bool')

export const greater: Compare = (a, b) => less(b, a)

export const greaterEqual: Compare = (a, b) => lessEqual(b, a)

const andOp = binary('and', null, 'any', 'bool')
const orOp = binary('or', null, 'any', 'bool')
const notOp = unary('not', null, 'any', 'bool')

export function and(a: Tensor, b: Tensor): Tensor {
  checkBool('and', a, b)
  return andOp(a, b)
}

export function or(a: Tensor, b: Tensor): Tensor {
  checkBool('or', a, b)
  return orOp(a, b)
}

export function not(x: Tensor): Tensor {
  checkBool('not', x)
  return notOp(x)
}

function checkBool(fn: string, ...tensors: Tensor[]): void {
  for (const x of tensors)
    if (x.dtype !== 'bool')
      throw new DTypeError(`${fn}: operand must be bool, got ${x.dtype}. Compare it, e.g. x.notEqual(0).`)
}
