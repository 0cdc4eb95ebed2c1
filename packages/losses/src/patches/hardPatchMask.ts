import { argSort, checkCount, checkOption, dims, type Tensor, where } from '@wengert/core'
import { checkFloats } from '../check.ts'
import { type Draws, uniformsOf } from '../stochastic/draws.ts'

export interface HardPatchMaskOptions {
  /** The epoch, from 0. */
  readonly epoch: number
  /** Number of epochs of the training, at least 1. */
  readonly totalEpochs: number
  /** Share of the patches that are masked, from 0 to 1. @default 0.75 */
  readonly maskRatio?: number
  /** Share of the masked patches that are the hardest, after the last epoch, from 0 to 1. @default 0.5 */
  readonly maxHardRatio?: number
}

/**
 * Masks patches of images from easy to hard: at random at first, and more and more those that are predicted to be hard to
 * reconstruct. Use it for a masked autoencoder whose loss predictor is trained by hardPatchRankingLoss; the authors predict with an
 * exponential moving average of the network.
 *
 *     kept = ⌊P (1 − maskRatio)⌋,  masked = P − kept,  hard = ⌊masked · maxHardRatio · (epoch + 1) / totalEpochs⌋
 *     masked are the `hard` patches with the greatest predicted loss, and of the others those with the greatest noise
 *
 * Of equal losses or noises the last count as the greatest.
 *
 * Shapes: from a key, or uniform noise [...B, P] in [0, 1], predictedLoss [...B, P] → bool [...B, P], true where masked.
 * Gradient: none.
 * Source: Wang et al., Hard Patches Mining for Masked Image Modeling, arXiv 2304.05919 (2023), form of the authors' code.
 *
 * @example hardPatchMask(key(0), tensor([[0.1, 0.4, 0.2, 0.3]]), { epoch: 9, totalEpochs: 10, maxHardRatio: 1 }).dataSync() // 0, 1, 1, 1
 */
export function hardPatchMask(
  from: Draws,
  predictedLoss: Tensor,
  { epoch, totalEpochs, maskRatio = 0.75, maxHardRatio = 0.5 }: HardPatchMaskOptions,
): Tensor {
  const fn = 'hardPatchMask'
  const { P = 0 } = dims(fn, { predictedLoss }, '...B P')
  checkFloats(fn, { predictedLoss })
  checkCount(fn, 'totalEpochs', totalEpochs, 1)
  checkCount(fn, 'epoch', epoch, 0)
  checkOption(fn, 'epoch', epoch, epoch < totalEpochs, `less than totalEpochs, ${totalEpochs}`)
  checkOption(fn, 'maskRatio', maskRatio, maskRatio >= 0 && maskRatio <= 1, 'from 0 to 1')
  checkOption(fn, 'maxHardRatio', maxHardRatio, maxHardRatio >= 0 && maxHardRatio <= 1, 'from 0 to 1')
  const noise = uniformsOf(fn, from, predictedLoss.shape, predictedLoss)
  const masked = P - Math.trunc(P * (1 - maskRatio))
  const hard = Math.trunc(masked * ((epoch + 1) / totalEpochs) * maxHardRatio)
  const hardest = greatest(predictedLoss, hard, P)
  return greatest(where(hardest, Number.POSITIVE_INFINITY, noise), masked, P)
}

/** Whether each of P elements of a row is among the n greatest, the last of equal ones. */
function greatest(x: Tensor, n: number, P: number): Tensor {
  return argSort(argSort(x)).greaterEqual(P - n)
}
