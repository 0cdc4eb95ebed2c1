import { checkCount, dims, maximum, softplus, sum, type Tensor, where } from '@wengert/core'
import { checkChoice, checkFloats, checkPositive } from '../check.ts'
import { classLabels } from '../labels.ts'

export interface MannWhitneyOptions {
  /** What differences of scores are divided by, greater than 0. @default 0.01 */
  readonly temperature?: number
  /** Over the negatives: their mean, whatever the size of the batch, or their sum. @default 'mean' */
  readonly reduction?: 'mean' | 'sum'
  /** Which candidates may count as negatives, bool [B, M], as where passages occur twice. @default all */
  readonly mask?: Tensor
}

const reductions = { mean: 0, sum: 0 } as const

/**
 * Logistic loss of the positive of each query against the negatives of all queries of a batch. Use it to train
 * retrieval whose scores are compared across queries, as with one threshold for all: a cross-entropy for each query
 * leaves open what is added to its scores, this does not.
 *
 *     s⁺ = the score of a query's label,   S⁻ = the scores of all other candidates, of all queries
 *     L = mean over s⁻ in S⁻ of softplus( (s⁻ − s⁺) / temperature )
 *
 * The mean of L over the queries, divided by log 2, bounds 1 − aucScore from above. Without negatives it is 0. In a
 * batch of B queries with H hard negatives each, M is B (1 + H): the candidates of the other queries count as well.
 * Labels outside [0, M) throw where their numbers are data on the host; labels that are computed give NaN there.
 *
 * Shapes: scores [B, M], labels i32 [B], the place of each query's positive → [B], coupled by the negatives.
 * Gradient: of the mean of L, with p = σ((s⁻ − s⁺) / temperature) of a pair, −p to its positive and p to its negative,
 * over the number of pairs and temperature.
 * Source: Sheikholeslami et al., Optimizing What Matters, arXiv 2510.00137 (2025): eq. 2 and lemma 2 for the mean, eq.
 * 3 for the sum, which there has no temperature.
 *
 * @example const labels = tensor([0, 1], { dtype: 'i32' })
 * mannWhitneyLoss(tensor([[2, 0], [1, 3]]), labels, { temperature: 1 }).dataSync() // 0.220095, 0.0877577
 */
export function mannWhitneyLoss(
  scores: Tensor,
  labels: Tensor,
  { temperature = 0.01, reduction = 'mean', mask }: MannWhitneyOptions = {},
): Tensor {
  const fn = 'mannWhitneyLoss'
  const { B = 0, M = 0 } = mask
    ? dims(fn, { scores, labels, mask }, 'B M, B, B M')
    : dims(fn, { scores, labels }, 'B M, B')
  checkFloats(fn, { scores })
  checkCount(fn, 'number of candidates', M, 1)
  checkPositive(fn, 'temperature', temperature)
  checkChoice(fn, 'reduction', reduction, reductions)
  const { hit, mark } = classLabels(fn, labels, M)
  const own = sum(where(hit, scores, 0), { axis: -1, keepDims: true })
  const negative = (mask ? hit.not().and(mask) : hit.not()).reshape([1, B * M])
  const behind = scores
    .reshape([1, B * M])
    .sub(own)
    .div(temperature)
  const total = sum(where(negative, softplus(behind), 0), { axis: -1 })
  return mark(reduction === 'sum' ? total : total.div(maximum(sum(negative), 1).cast(total.dtype)))
}
