import { softplus, type Tensor } from '@wengert/core'

/** −(1 − p)^gamma log p of p = σ(t), with the digits of both factors kept. */
export function focalTerm(t: Tensor, gamma: number): Tensor {
  const loss = softplus(t.neg())
  // t may be ∞, and 0 · ∞ is no exponent.
  return gamma === 0 ? loss : softplus(t).mul(-gamma).exp().mul(loss)
}
