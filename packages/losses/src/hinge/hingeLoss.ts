import { relu, type Tensor } from '@wengert/core'
import { margins } from './margins.ts'

/**
 * Hinge loss of binary labels. Use it for a linear classifier or the last layer of a network where examples beyond a
 * margin are to count no more; multiclassHinge and svmLoss are for several classes.
 *
 *     s = z if the label is 1, −z if it is 0
 *     L = max(0, 1 − s)
 *
 * Labels other than 0 and 1, of any dtype, throw where their numbers are data on the host; labels that are computed
 * give NaN there.
 *
 * Shapes: logits [...S], labels [...S] → [...S].
 * Gradient: −1 with respect to s below 1, 0 from s = 1 on.
 * Source: Cortes and Vapnik, Support-Vector Networks (1995).
 *
 * @example hingeLoss(tensor([0.25, 2]), tensor([1, 0])).dataSync() // 0.75, 3
 */
export function hingeLoss(logits: Tensor, labels: Tensor): Tensor {
  const { s, mark } = margins('hingeLoss', logits, labels)
  return mark(relu(s.neg().add(1)))
}
