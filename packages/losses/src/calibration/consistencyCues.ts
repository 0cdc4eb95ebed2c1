import { checkCount, checkOption, topK as greatest, softmax, type Tensor, takeAlong } from '@wengert/core'
import { checkLogits, checkStacked, checkTensors } from '../check.ts'

export interface ConsistencyCuesOptions {
  /** How many of the greatest classes to look at, at most K. @default 4 */
  readonly topK?: number
}

/**
 * What views of an example make of its most likely classes. Use them to judge how far a prediction can be trusted: where the
 * views of a picture, turned or blurred, disagree with it, it is more likely to be wrong.
 *
 *     top = the topK greatest classes of logits, the first of equal ones first
 *     cues = softmax(viewLogits)[top] of the first view, then of the second, …
 *
 * Shapes: logits [...B, K], viewLogits [V, ...B, K] → [...B, V · topK].
 * Gradient: that of softmax to viewLogits; none to logits, which only choose.
 * Source: Liu et al., arXiv 2404.13016 (2024), form of the authors' code.
 *
 * @example consistencyCues(tensor([0, 2, 1]), zeros([2, 3]), { topK: 1 }).dataSync() // 0.333333, 0.333333
 */
export function consistencyCues(logits: Tensor, viewLogits: Tensor, { topK = 4 }: ConsistencyCuesOptions = {}): Tensor {
  return cues('consistencyCues', logits, viewLogits, topK)
}

/** The cues, in the name of a function. */
export function cues(fn: string, logits: Tensor, viewLogits: Tensor, topK: number): Tensor {
  checkTensors(fn, { logits, viewLogits })
  checkLogits(fn, logits)
  checkStacked(fn, 'viewLogits', viewLogits, logits)
  const K = logits.shape.at(-1) as number
  checkCount(fn, 'topK', topK, 1)
  checkOption(fn, 'topK', topK, topK <= K, `at most ${K}, the number of classes`)
  const { indices } = greatest(logits, topK)
  const found = takeAlong(softmax(viewLogits), indices.expandDims(0))
  // The views behind the batch axes, where they count as features.
  const axes = found.shape.map((_, i) => i)
  const together = found.transpose([...axes.slice(1, -1), 0, axes.length - 1])
  return together.reshape([...logits.shape.slice(0, -1), -1])
}
