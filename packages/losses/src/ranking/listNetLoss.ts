import { any, logSoftmax, softmax, sum, type Tensor, where } from '@wengert/core'
import { type ListOptions, relevanceOf } from './lists.ts'

/**
 * Cross-entropy of which item comes first by relevance and by score. Use it to learn the top of a ranking from grades: an
 * item counts by e to the power of its grade, so scale the grades if that is too much or too little. Not where only the
 * order of the grades has a meaning; rankNetLoss asks for no more.
 *
 *     q = softmax(relevance),  p = softmax(scores)
 *     L = −Σⱼ qⱼ log pⱼ
 *
 * A list without items costs 0.
 *
 * Shapes: scores [...B, N], relevance [...B, N] → [...B].
 * Gradient: p − q with respect to scores.
 * Source: Cao et al., Learning to Rank: From Pairwise Approach to Listwise Approach (2007), with top-one probabilities.
 *
 * @example listNetLoss(tensor([1, 3, 2]), tensor([1, 0, 0])).item() // 1.771781
 */
export function listNetLoss(scores: Tensor, relevance: Tensor, { mask }: ListOptions = {}): Tensor {
  const grades = relevanceOf('listNetLoss', scores, relevance, mask)
  const among = (x: Tensor): Tensor => (mask ? where(mask, x, Number.NEGATIVE_INFINITY) : x)
  const q = softmax(among(grades))
  const loss = sum(where(q.equal(0), 0, q.mul(logSoftmax(among(scores)))), { axis: -1 }).neg()
  return mask ? where(any(mask, { axis: -1 }), loss, 0) : loss
}
