import { checkOption, expm1, type Tensor } from '@wengert/core'
import { checkChoice } from '../check.ts'
import { labelLogProbs } from '../labelLogProbs.ts'

export interface RootedCrossEntropyOptions {
  /** Which root takes the place of the logarithm, ≥ 1. @default 3, as in the authors' code */
  readonly k?: number
  /** Factor of the form 'power', > 0: the greatest value the loss can take. @default 3, as in the authors' code */
  readonly m?: number
  /** 'power' is bounded by m, 'root' is unbounded like rootedLogistic. @default 'power' */
  readonly form?: 'power' | 'root'
}

const forms = {
  power: (logProb: Tensor, k: number, m: number): Tensor => expm1(logProb.div(k)).mul(-m),
  root: (logProb: Tensor, k: number): Tensor => logProb.div(-k).exp().mul(k),
} as const

/**
 * Cross-entropy with the logarithm replaced by a k-th root. Use the default form in place of crossEntropy where some
 * labels are wrong: an example can cost no more than m. As m = k grows it tends to crossEntropy.
 *
 *     p = softmax(logits) at the label
 *     power:  L = m (1 − p^(1/k))
 *     root:   L = k p^(−1/k)
 *
 * Class labels outside [0, K) throw where their numbers are data on the host; labels that are computed give NaN there.
 *
 * Shapes: logits [...B, K], labels i32 [...B] → [...B].
 * Gradient: (m/k) p^(1/k) (softmax(logits) − one-hot label) for 'power'; it vanishes for p → 0.
 * Source: Wang, Veluswami, Mishra, Ravi, arXiv 2310.03890 (2023), form of the authors' multiclass code, which is
 * generalized cross-entropy with q = 1/k if m = k. That the paper uses 'root' for K > 2 is UNVERIFIED.
 *
 * @example rootedCrossEntropy(tensor([2, 1, 0]), tensor(0, { dtype: 'i32' })).item() // 0.381128
 */
export function rootedCrossEntropy(
  logits: Tensor,
  labels: Tensor,
  { k = 3, m = 3, form = 'power' }: RootedCrossEntropyOptions = {},
): Tensor {
  const fn = 'rootedCrossEntropy'
  const { logProb, mark } = labelLogProbs(fn, logits, labels)
  checkOption(fn, 'k', k, k >= 1 && Number.isFinite(k), 'a finite number of at least 1')
  checkOption(fn, 'm', m, m > 0, 'greater than 0')
  checkChoice(fn, 'form', form, forms)
  return mark(forms[form](logProb, k, m))
}
