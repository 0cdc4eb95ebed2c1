import { dims, sum, type Tensor } from '@wengert/core'
import { checkChoice, checkNotNegative } from '../check.ts'
import { markBatch } from '../labels.ts'
import { ratio } from '../ratio.ts'
import { answersOf } from './answers.ts'
import { decayedProbability, oneVersusRest } from './decayedProbability.ts'

export interface DiceOptions {
  /** One coefficient of all examples for each class, or one for each example and class. @default 'set' */
  readonly form?: 'set' | 'perExample'
  /** Square what is summed in the denominator. @default false, as the authors' class; their scripts have true */
  readonly squared?: boolean
  /** Added to numerator and denominator, at least 0. @default 1e-4, as the authors' class; their scripts have 1 */
  readonly smooth?: number
  /** How strongly probabilities near 1 are turned down, at least 0. @default 0, as the authors' class; their scripts have 0.01 */
  readonly alpha?: number
  /** Examples that take part, bool or 0 and 1 [...B]. @default all */
  readonly mask?: Tensor
}

export const forms = { set: 0, perExample: 0 } as const

/**
 * Dice loss: 1 − a soft F1 of each class. Use it where one class is rare, as for tagging tokens, beside or in place of crossEntropy.
 * Not for calibrated probabilities, nor in the form 'set' for batches in which a class may be missing.
 *
 *     p = softmax(logits), or σ(logits) of yes or no,  q = (1 − p)^alpha p,  y = one-hot label, r = 2 if squared, else 1
 *     set:        L = Σₖ 1 − (2 Σₙ q y + smooth) / (Σₙ q^r + Σₙ y + smooth)
 *     perExample: L = Σₖ 1 − (2 q y + smooth) / (q^r + y + smooth)
 *
 * Each term is from 0 to 1, and 1 with gradient 0 where its denominator is 0. Labels with as many axes as the logits are 0 or 1 and the
 * sum over k has one term; labels with one axis less are classes. Labels out of range throw where their numbers are data on the host;
 * labels that are computed give NaN there. What the mask leaves out has q = y = 0.
 *
 * Shapes: logits [...B, K] and labels i32 [...B], or logits [...B] and labels [...B] → a scalar for 'set', [...B] for 'perExample'.
 * Gradient: to q −2 y / D + (2 Σ q y + smooth) r q^(r − 1) / D² with the denominator D, and dq/dp = (1 − p)^(alpha − 1) (1 − p − alpha p).
 * Source: Li et al., Dice Loss for Data-imbalanced NLP Tasks, arXiv 1911.02855 (2020), form of the authors' code, but for classes
 * without squares, where that divides rows by sums of columns; equations of the paper are UNVERIFIED.
 *
 * @example diceLoss(tensor([0, 0, 0]), tensor([1, 0, 0]), { smooth: 0 }).item() // 0.6
 */
export function diceLoss(
  logits: Tensor,
  labels: Tensor,
  { form = 'set', squared = false, smooth = 1e-4, alpha = 0, mask }: DiceOptions = {},
): Tensor {
  const fn = 'diceLoss'
  const { hit, mark, multiclass } = answersOf(fn, logits, labels)
  checkChoice(fn, 'form', form, forms)
  checkNotNegative(fn, { smooth, alpha })
  if (mask) dims(fn, { labels, mask }, '...B, ...B')
  const kept = (x: Tensor): Tensor => {
    const all = x.cast(logits.dtype)
    const part = mask?.cast(logits.dtype)
    return part ? all.mul(multiclass ? part.expandDims(-1) : part) : all
  }
  const q = kept(decayedProbability(multiclass ? oneVersusRest(logits) : logits, alpha))
  const y = kept(hit)
  const axes = labels.shape.map((_, i) => i)
  const total = (x: Tensor): Tensor => (form === 'set' ? sum(x, { axis: axes }) : x)
  const size = total(squared ? q.square() : q).add(total(y))
  const terms = ratio(total(q.mul(y)).mul(2).add(smooth), size.add(smooth))
    .neg()
    .add(1)
  const loss = multiclass ? sum(terms, { axis: -1 }) : terms
  return form === 'set' ? markBatch(mark, labels, loss) : mark(loss)
}
