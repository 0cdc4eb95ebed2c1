import { mean, type Tensor } from '@wengert/core'
import { type AnyLossOptions, anyLoss, binaryCrossEntropy, sigmoidFocalLoss } from '@wengert/losses'

/** From logits [N] and labels i32 [N] to what is trained. */
export type Objective = (logits: Tensor, labels: Tensor) => Tensor

/** The losses to compare, with their defaults but for the L of anyLoss. Nothing is tuned. */
export function objectivesWith(L: number): Readonly<Record<string, Objective>> {
  const any =
    (metric: NonNullable<AnyLossOptions['metric']>): Objective =>
    (logits, labels) =>
      anyLoss(logits, labels, { metric, L, fromLogits: true })
  return {
    binaryCrossEntropy: (logits, labels) => mean(binaryCrossEntropy(logits, labels)),
    sigmoidFocalLoss: (logits, labels) => mean(sigmoidFocalLoss(logits, labels)),
    'anyLoss, accuracy': any('accuracy'),
    'anyLoss, fBeta': any('fBeta'),
    'anyLoss, gMean': any('gMean'),
    'anyLoss, balancedAccuracy': any('balancedAccuracy'),
    'anyLoss, mcc': any('mcc'),
  }
}
