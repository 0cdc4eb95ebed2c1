import type { Tensor } from '@wengert/core'
import {
  aldrKlLoss,
  crossEntropy,
  generalizedCrossEntropy,
  ldrKlLoss,
  nceAndRce,
  softmaxMaeLoss,
  symmetricCrossEntropy,
} from '@wengert/losses'
import type { Loss } from './train.ts'

/**
 * The losses to compare, with their defaults but for λ, which for logits of this size must be above 1. Nothing is
 * tuned.
 */
export const losses: Readonly<Record<string, Loss>> = {
  crossEntropy,
  generalizedCrossEntropy,
  symmetricCrossEntropy,
  nceAndRce,
  softmaxMaeLoss,
  'ldrKlLoss, λ 10': (logits: Tensor, labels: Tensor) => ldrKlLoss(logits, labels, { lambda: 10 }),
  'aldrKlLoss, λ₀ 10': (logits: Tensor, labels: Tensor) =>
    aldrKlLoss(logits, labels, { lambda0: 10, normalization: 'l1Mean' }),
}
