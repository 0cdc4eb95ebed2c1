import { checkOption, dims, norm, sum, type Tensor, where } from '@wengert/core'
import { checkFloats } from '../check.ts'
import { labelLogProbs } from '../labelLogProbs.ts'
import { compSumOf } from './compSumLoss.ts'

export interface SmoothAdversarialCompSumOptions {
  /** Member of the comp-sum family, ≥ 0. @default 1 */
  readonly tau?: number
  /** Margin that the first term asks for, > 0. @default 1 */
  readonly rho?: number
  /** Factor of the second term, at least 0. @default 1 */
  readonly nu?: number
}

/**
 * Smooth adversarial comp-sum loss: compSumLoss of the example as it is, and how far its margins move where it is
 * perturbed. Use it to train classifiers that small changes of the input cannot mislead.
 *
 *     Δ(x) = (z_y − zⱼ) for all j,  z the logits of x
 *     L = Φ(Σ_{j≠y} e^(−Δ(x)ⱼ / ρ)) + ν ‖Δ(x') − Δ(x)‖,   Φ that of compSumLoss with τ
 *
 * x' is the input in a ball about x for which the second term is greatest. Finding it is left to the caller:
 *
 *     const clean = model.apply(params, x)
 *     const shift = (moved) => smoothAdversarialCompSumLoss(clean, model.apply(params, moved), labels)
 *     const moved = projectedGradientAscent(shift, x, { radius: 0.1, key })
 *
 * Class labels outside [0, K) throw where their numbers are data on the host; labels that are computed give NaN there.
 *
 * Shapes: logits [...B, K], adversarialLogits [...B, K], labels i32 [...B] → [...B].
 * Gradient: with respect to both logits; that of the norm is taken as 0 where the margins are equal.
 * Source: Mao, Mohri, Zhong, arXiv 2304.07288 (2023), there adv-comp-sum; the formula, where ρ stands in it and the
 * defaults are UNVERIFIED.
 *
 * @example
 * const [clean, moved] = [tensor([2, 1, 0]), tensor([1, 1, 0])]
 * smoothAdversarialCompSumLoss(clean, moved, tensor(0, { dtype: 'i32' })).item() // 1.821820
 */
export function smoothAdversarialCompSumLoss(
  logits: Tensor,
  adversarialLogits: Tensor,
  labels: Tensor,
  { tau = 1, rho = 1, nu = 1 }: SmoothAdversarialCompSumOptions = {},
): Tensor {
  const fn = 'smoothAdversarialCompSumLoss'
  dims(fn, { logits, adversarialLogits, labels }, '...B K, ...B K, ...B')
  checkFloats(fn, { logits, adversarialLogits })
  checkOption(fn, 'rho', rho, rho > 0, 'greater than 0')
  checkOption(fn, 'nu', nu, nu >= 0, 'at least 0')
  const { logProb, hit, mark } = labelLogProbs(fn, logits.div(rho), labels)
  const moves = adversarialLogits.sub(logits)
  // Of the label itself the margin is 0 and moves by 0.
  const ofLabel = sum(where(hit, moves, 0), { axis: -1, keepDims: true })
  return mark(compSumOf(fn, logProb, tau).add(norm(moves.sub(ofLabel), { axis: -1 }).mul(nu)))
}
