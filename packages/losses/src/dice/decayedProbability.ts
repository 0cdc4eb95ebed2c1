import { arange, argMax, log1p, logSoftmax, logSumExp, softplus, type Tensor, where } from '@wengert/core'

/** (1 − p)^alpha p of p = σ(t), with the digits of both factors kept. */
export function decayedProbability(t: Tensor, alpha: number): Tensor {
  const logProb = softplus(t.neg()).neg()
  // t may be ∞, and 0 · ∞ is no exponent.
  return (alpha === 0 ? logProb : logProb.sub(softplus(t).mul(alpha))).exp()
}

/** log p − log(1 − p) of each class's probability p, [...B, K]. */
export function oneVersusRest(logits: Tensor): Tensor {
  const logProbs = logSoftmax(logits)
  // Only the greatest p can be above ½, where log(1 − p) would lose digits.
  const greatest = argMax(logProbs)
    .expandDims(-1)
    .equal(arange(logits.shape.at(-1) as number, { dtype: 'i32' }))
  const others = logSumExp(where(greatest, Number.NEGATIVE_INFINITY, logProbs), { axis: -1, keepDims: true })
  return logProbs.sub(where(greatest, others, log1p(logProbs.exp().neg())))
}
