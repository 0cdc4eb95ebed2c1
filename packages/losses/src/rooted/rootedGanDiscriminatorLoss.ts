import { checkOption, dims, softplus, type Tensor } from '@wengert/core'
import { checkFloats } from '../check.ts'

export interface RootedGanOptions {
  /** Which root takes the place of the logarithm, ≥ 1. @default 2, as in the authors' StyleGAN code */
  readonly k?: number
}

/**
 * Rooted form of the logistic loss of a discriminator, which tells real examples from made ones. Use it, with
 * rootedGanGeneratorLoss, in place of the non-saturating loss of a generative adversarial network; penalties of
 * gradients and path lengths stay as they are.
 *
 *     L = k (1 + e^(−real))^(1/k) + k (1 + e^fake)^(1/k)
 *
 * It pairs real and made examples one by one; where their numbers differ, take rootedLogistic of each with labels 1 and
 * 0, and add the means. It grows like e^(logit / k): logits wrong by thousands overflow.
 *
 * Shapes: realLogits [...S], fakeLogits [...S] → [...S].
 * Gradient: −σ(−real) e^(softplus(−real) / k) with respect to realLogits, σ(fake) e^(softplus(fake) / k) to fakeLogits.
 * Source: Wang, Veluswami, Mishra, Ravi, arXiv 2310.03890 (2023), form of the authors' StyleGAN2-ADA code; the paper's
 * equation numbers are UNVERIFIED.
 *
 * @example rootedGanDiscriminatorLoss(tensor([0, 2]), tensor([0, -1])).dataSync() // 5.656854, 4.470170
 */
export function rootedGanDiscriminatorLoss(
  realLogits: Tensor,
  fakeLogits: Tensor,
  options: RootedGanOptions = {},
): Tensor {
  const fn = 'rootedGanDiscriminatorLoss'
  dims(fn, { realLogits, fakeLogits }, '...S, ...S')
  checkFloats(fn, { realLogits, fakeLogits })
  return rootOfOdds(fn, realLogits.neg(), options).add(rootOfOdds(fn, fakeLogits, options))
}

/** k (1 + e^x)^(1/k). */
export const rootOfOdds = (fn: string, x: Tensor, { k = 2 }: RootedGanOptions): Tensor => {
  checkOption(fn, 'k', k, k >= 1 && Number.isFinite(k), 'a finite number of at least 1')
  return softplus(x).div(k).exp().mul(k)
}
