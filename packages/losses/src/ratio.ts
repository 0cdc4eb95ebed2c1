import { type Tensor, where } from '@wengert/core'

/** a / b, and 0 with gradient 0 where b is 0. */
export function ratio(a: Tensor, b: Tensor): Tensor {
  return where(b.equal(0), 0, a.div(b))
}
