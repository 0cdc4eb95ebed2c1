import { type DType, dtypeRank } from '../dtype.ts'
import { DTypeError } from '../errors.ts'
import type { Tensor, TensorLike } from '../tensor.ts'
import { binary, unary } from './define.ts'
import { where } from './select.ts'
import { castTo } from './source.ts'

// The methods of Tensor; one paragraph an op. VJPs take (g, y, ...inputs) and use public ops only.

type Binary = (a: TensorLike, b: TensorLike) => Tensor
type Unary = (x: Tensor) => Tensor

export const add: Binary = binary('add', [(g) => g, (g) => g])

export const sub: Binary = binary('sub', [(g) => g, (g) => g.neg()])

export const mul: Binary = binary('mul', [(g, _, _a, b) => g.mul(b), (g, _, a) => g.mul(a)])

/** a / b; ∂b = −g y / b. */
export const div: Binary = binary('div', [(g, _, _a, b) => g.div(b), (g, y, _a, b) => g.mul(y).div(b).neg()], 'float')

/**
 * a^b. ∂a = b a^(b−1), taken as 0 where b = 0 and a is 0 or NaN; elsewhere it is 0 at b = 0 by itself, and its own derivative
 * by b, 1 / a, is not. ∂b = a^b log a, taken as 0 where a = 0.
 */
export const pow: Binary = binary(
  'pow',
  [
    (g, _, a, b) => g.mul(where(b.equal(0).and(a.abs().greater(0).not()), 0, b.mul(a.pow(b.sub(1))))),
    (g, y, a) => g.mul(where(a.equal(0), 0, y.mul(a.log()))),
  ],
  'float',
)

export const neg: Unary = unary('neg', (g) => g.neg(), 'number')

/** |x|; sign(0) = 0 chooses the middle subgradient. */
export const abs: Unary = unary('abs', (g, _, x) => g.mul(sign(x)), 'number')

/** −1, 0 or 1; derivative 0. */
export const sign: Unary = unary('sign', null, 'number')

export const sqrt: Unary = unary('sqrt', (g, y) => g.div(y).mul(0.5))

export const exp: Unary = unary('exp', (g, y) => g.mul(y))

export const log: Unary = unary('log', (g, _, x) => g.div(x))

export function cast(x: Tensor, dtype: DType): Tensor {
  if (!(dtype in dtypeRank))
    throw new DTypeError(`cast: dtype must be one of ${Object.keys(dtypeRank).join(', ')}, got ${String(dtype)}.`)
  return castTo(x, dtype)
}
