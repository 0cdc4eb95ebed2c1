import { customVjp, logSumExp, sum, type Tensor, where } from '@wengert/core'
import { entmaxSolution } from './entmaxSolution.ts'

/** max over the simplex of p · x + H(p) along the last axis, for Tsallis' entropy H; log Σ e^x for α = 1. Its gradient is p. */
export function tsallisConjugate(x: Tensor, alpha: number): Tensor {
  if (alpha === 1) return logSumExp(x, { axis: -1 })
  const { probs, threshold } = entmaxSolution(x, alpha, x.shape.length - 1)
  // By the envelope theorem: the derivatives through the solution cancel, if not in floating point.
  return customVjp(
    (z: Tensor, p: Tensor, nu: Tensor) => {
      const inner = where(p.greater(0), z.sub(nu), 0).mul(p)
      return nu.squeeze(-1).add(sum(inner, { axis: -1 }).mul(1 - 1 / alpha))
    },
    (g, _, _z, p) => [g.expandDims(-1).mul(p), null, null],
  )(x, probs, threshold)
}
