import { log1p, sum, type Tensor, where } from '@wengert/core'
import { labelledLogits } from '../labels.ts'

/**
 * −log of the label's share of positive weights, which a function makes of the logits. By what the other classes weigh
 * beside the label, so that shares near 1 keep their digits.
 */
export function negativeLogShare(fn: string, logits: Tensor, labels: Tensor, weigh: (z: Tensor) => Tensor): Tensor {
  const { hit, mark } = labelledLogits(fn, logits, labels)
  const weights = weigh(logits)
  const own = sum(where(hit, weights, 0), { axis: -1 })
  const others = sum(where(hit, 0, weights), { axis: -1 })
  return mark(log1p(others.div(own)))
}
