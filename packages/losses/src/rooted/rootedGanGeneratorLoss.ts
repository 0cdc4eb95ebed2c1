import type { Tensor } from '@wengert/core'
import { checkFloats, checkTensors } from '../check.ts'
import { type RootedGanOptions, rootOfOdds } from './rootedGanDiscriminatorLoss.ts'

/**
 * Rooted form of the non-saturating loss of a generator: how far the discriminator is from taking made examples for
 * real ones. Use it with rootedGanDiscriminatorLoss to train a generative adversarial network.
 *
 *     L = k (1 + e^(−fake))^(1/k)
 *
 * It is rootedLogistic with all labels 1. It grows like e^(−logit / k): logits wrong by thousands overflow.
 *
 * Shapes: fakeLogits [...S] → [...S].
 * Gradient: −σ(−fake) e^(softplus(−fake) / k), greatest where the discriminator sees through the generator.
 * Source: Wang, Veluswami, Mishra, Ravi, arXiv 2310.03890 (2023), form of the authors' StyleGAN2-ADA code; the paper's
 * equation numbers are UNVERIFIED.
 *
 * @example rootedGanGeneratorLoss(tensor([0, -2])).dataSync() // 2.828427, 5.792774
 */
export function rootedGanGeneratorLoss(fakeLogits: Tensor, options: RootedGanOptions = {}): Tensor {
  const fn = 'rootedGanGeneratorLoss'
  checkTensors(fn, { fakeLogits })
  checkFloats(fn, { fakeLogits })
  return rootOfOdds(fn, fakeLogits.neg(), options)
}
