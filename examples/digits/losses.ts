import type { Tensor } from '@wengert/core'
import { crossEntropy, rootedCrossEntropy, svmLoss } from '@wengert/losses'

/** Losses that take logits [B, K] and integer labels [B] and return one value per example, [B]. */
export const losses = { crossEntropy, rootedCrossEntropy, svmLoss } satisfies Record<
  string,
  (logits: Tensor, labels: Tensor) => Tensor
>

export type LossName = keyof typeof losses

export const lossNames = Object.keys(losses) as LossName[]
