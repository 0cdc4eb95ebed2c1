import { customVjp, logSumExp, sum, type Tensor, where } from '@wengert/core'
import { entmaxSolution } from './entmaxSolution.ts'

/** max over the simplex of p · x + H(p) along the last axis, for Tsallis' entropy H; log Σ e^x for α = 1. Its gradient is p. */
export function tsallisConjugate(x: Tensor, alpha: number): Tensor {
  if (alpha === 1) return logSumExp(x, { axis: -1 })
  // By the envelope theorem: the derivatives through the solution cancel, if not in floating point.
  return customVjp(
    (z: Tensor) => {
      const { probs, threshold } = entmaxSolution(z, alpha, z.shape.length - 1)
      const inner = where(probs.greater(0), z.sub(threshold), 0).mul(probs)
      return threshold.squeeze(-1).add(sum(inner, { axis: -1 }).mul(1 - 1 / alpha))
    },
    (g, _, z) => [g.expandDims(-1).mul(entmaxSolution(z, alpha, z.shape.length - 1).probs)],
  )(x)
}
