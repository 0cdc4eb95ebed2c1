import type { Tensor } from '@wengert/core'
import { margins } from './margins.ts'

/**
 * Exponential loss of binary labels, that of AdaBoost. Use it where labels are clean and the worst examples should
 * rule; multiclassExponentialLoss is for several classes.
 *
 *     s = z if the label is 1, −z if it is 0
 *     L = e^(−s)
 *
 * Logits wrong by 89 overflow in f32, by 710 in f64. Labels other than 0 and 1, of any dtype, throw where their numbers
 * are data on the host; labels that are computed give NaN there.
 *
 * Shapes: logits [...S], labels [...S] → [...S].
 * Gradient: −e^(−s) with respect to s.
 * Source: Freund and Schapire, A Decision-Theoretic Generalization of On-Line Learning and an Application to Boosting
 * (1997).
 *
 * @example exponentialLoss(tensor([1, 2]), tensor([1, 0])).dataSync() // 0.367879, 7.389056
 */
export function exponentialLoss(logits: Tensor, labels: Tensor): Tensor {
  const { s, mark } = margins('exponentialLoss', logits, labels)
  return mark(s.neg().exp())
}
