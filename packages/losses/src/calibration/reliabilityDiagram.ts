import { arange, argMax, ceil, checkCount, clip, dims, max, maximum, sum, type Tensor, where } from '@wengert/core'
import { checkFloats, checkProbabilities } from '../check.ts'
import { classLabels } from '../labels.ts'

export interface CalibrationOptions {
  /** How many bins of equal width there are from 0 to 1, M. @default 15 */
  readonly bins?: number
}

/** What became of the predictions of each bin. */
export interface ReliabilityDiagram {
  /** How many examples fell into it, i32 [M]. */
  readonly count: Tensor
  /** Their mean confidence, [M]; 0 in an empty bin. */
  readonly confidence: Tensor
  /** The share of them that is right, [M]; 0 in an empty bin. */
  readonly accuracy: Tensor
}

/**
 * The numbers of a reliability diagram: examples sorted into bins by their confidence, the greatest probability, and in
 * each bin mean confidence and the share that is right. Use it to see where a classifier is too sure of itself and where
 * not sure enough; if it is calibrated the two agree. With few examples in a bin they differ by chance.
 *
 *     bin m holds the examples with m / M < confidence ≤ (m + 1) / M, the first also those of confidence 0
 *
 * Class labels outside [0, K) throw where their numbers are data on the host; labels that are computed count as wrong
 * there. Probabilities outside [0, 1] throw likewise; those that are computed fall into the nearest bin.
 *
 * Shapes: probabilities [...B, K], labels i32 [...B] → count i32 [M], confidence [M], accuracy [M].
 * Gradient: of confidence 1 / count to the greatest probability of each example in the bin; of the others none.
 * Source: Guo et al., On Calibration of Modern Neural Networks, arXiv 1706.04599 (2017).
 *
 * @example const probabilities = tensor([[0.9, 0.1], [0.2, 0.8], [0.7, 0.3]])
 * reliabilityDiagram(probabilities, tensor([0, 0, 0], { dtype: 'i32' }), { bins: 4 }).accuracy.dataSync() // 0, 0, 1, 0.5
 */
export function reliabilityDiagram(
  probabilities: Tensor,
  labels: Tensor,
  options: CalibrationOptions = {},
): ReliabilityDiagram {
  return binned('reliabilityDiagram', probabilities, labels, options)
}

/** The diagram, in the name of a function. */
export function binned(
  fn: string,
  probabilities: Tensor,
  labels: Tensor,
  { bins: M = 15 }: CalibrationOptions,
): ReliabilityDiagram {
  const K = dims(fn, { probabilities, labels }, '...B K, ...B').K as number
  checkFloats(fn, { probabilities })
  checkCount(fn, 'number of classes', K, 1)
  checkCount(fn, 'bins', M, 1)
  checkProbabilities(fn, { probabilities })
  classLabels(fn, labels, K)
  const confidence = max(probabilities, { axis: -1 }).reshape([-1, 1])
  const right = argMax(probabilities).equal(labels).reshape([-1, 1])
  const bin = clip(ceil(confidence.mul(M)).sub(1), { min: 0, max: M - 1 })
  const within = bin.cast('i32').equal(arange(M, { dtype: 'i32' }))
  const count = sum(within, { axis: 0 })
  const average = (x: Tensor): Tensor =>
    sum(where(within, x, 0), { axis: 0 }).div(maximum(count, 1).cast(probabilities.dtype))
  return { count, confidence: average(confidence), accuracy: average(right.cast(probabilities.dtype)) }
}
