import type { Tensor } from '@wengert/core'
import { checkChoice, checkNotNegative } from '../check.ts'
import { type ConfusionMetric, confusionMetrics } from './confusionMetrics.ts'
import { type ConfusionMatrix, confusionOf, type SoftConfusionOptions } from './softConfusionMatrix.ts'

export interface AnyLossOptions extends SoftConfusionOptions {
  /** What is to be as great as possible, by name or made of a confusion matrix. @default 'fBeta' */
  readonly metric?: ConfusionMetric | ((matrix: ConfusionMatrix) => Tensor)
  /** For fBeta, at least 0: how many times more recall weighs than precision. @default 1 */
  readonly beta?: number
}

/**
 * 1 − a metric of the confusion matrix, made differentiable by a steep sigmoid. Use it for yes or no where the score you are judged by
 * is the F-measure, the balanced accuracy or the like and classes are imbalanced. Not for probabilities, which it pushes to no
 * value in particular, and not for small batches, whose metric is not that of all examples.
 *
 *     TP, FN, FP, TN of softConfusionMatrix(probs, labels, { L })
 *     accuracy (TP + TN) / N                   fBeta (1 + β²) TP / ((1 + β²) TP + β² FN + FP)
 *     recall TP / (TP + FN)                    precision TP / (TP + FP)
 *     specificity TN / (TN + FP)               jaccard TP / (TP + FN + FP)
 *     gMean √(recall · specificity)            balancedAccuracy ½ (recall + specificity)
 *     mcc (TP TN − FP FN) / √((TP + FP) (TP + FN) (TN + FP) (TN + FN))
 *     L = 1 − metric
 *
 * A metric that is not defined, as the recall without a positive label, counts as 0 with gradient 0; balancedAccuracy, gMean and mcc
 * want both labels. Labels, which may be soft, and probabilities outside [0, 1] throw where their numbers are data on the host; with
 * labels that are computed the loss is NaN.
 *
 * Shapes: probs, or logits with fromLogits, [...S], labels [...S] → a scalar, since the metric is of the whole batch.
 * Gradient: −L ŷ (1 − ŷ) ∂metric/∂ŷ with respect to p; it dies where ŷ is near 0 or 1, so that few examples move at a time.
 * Source: Han, Moniz, Chawla, AnyLoss, arXiv 2405.14745 (2024), form of the authors' code, which has accuracy, fBeta, gMean and
 * balancedAccuracy, the gradient of gMean written by hand four times too large; the other metrics are ours.
 *
 * @example anyLoss(tensor([0.9, 0.5, 0.1]), tensor([1, 1, 0]), { metric: 'recall' }).item() // 0.25
 */
export function anyLoss(
  probs: Tensor,
  labels: Tensor,
  { metric = 'fBeta', beta = 1, ...options }: AnyLossOptions = {},
): Tensor {
  const fn = 'anyLoss'
  if (typeof metric === 'string') checkChoice(fn, 'metric', metric, confusionMetrics)
  checkNotNegative(fn, { beta })
  const matrix = confusionOf(fn, probs, labels, options)
  const value = typeof metric === 'string' ? confusionMetrics[metric](matrix, beta) : metric(matrix)
  return value.neg().add(1)
}
