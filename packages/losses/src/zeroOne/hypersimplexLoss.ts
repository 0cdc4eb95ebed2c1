import { dims, sum, type Tensor } from '@wengert/core'
import { checkChoice, checkFloats } from '../check.ts'
import { binaryLabels } from '../labels.ts'
import { hypersimplexProjection } from './hypersimplexProjection.ts'

export interface HypersimplexOptions {
  /**
   * How many examples of a row are predicted to be positive: as many as are ('counts'), half of them, rounded down ('half'), a
   * number, or a tensor [...S] with one for each row. @default 'counts'
   */
  readonly k?: 'counts' | 'half' | number | Tensor
  /** How far logits must lie apart to be told apart for good, > 0; or one for each row, [...S]. @default 1.5, as in the authors' scripts */
  readonly temperature?: number | Tensor
}

/**
 * Squared error of a whole batch of yes-or-no predictions, of which the k greatest logits are to say yes: a stand-in with
 * a gradient for the share of errors that they make. Use it in large batches; the examples of a row compete, so the loss
 * of one depends on all. It is not convex.
 *
 *     ŷ = softBinaryArgmax(logits, k, { temperature })
 *     L = (ŷ − label)²
 *
 * Where the k-th greatest logit leads the next by the temperature, the mean of L is the share of errors of "yes to the k greatest".
 * Choose a temperature of the order of the spread of the logits: with a lower one training begins in the dead zone, see Gradient.
 * A shift of all logits of a row changes nothing, so predict by rank, not by sign. Labels are 0 and 1 of any dtype; others throw where they are data on the host, and
 * give NaN where they are computed.
 *
 * Shapes: logits [...S, N], labels [...S, N] → [...S, N], each row of N examples on its own.
 * Gradient: of the sum of L, with A = {i: 0 < ŷᵢ < 1}, (2 / τ) (ŷᵢ − labelᵢ − their mean over A) in A and 0 elsewhere. It is 0 for the
 * whole row where the k-th greatest logit leads the next by τ, however wrong the order is, and for k = 0 and k = N.
 * hypersimplexFenchelYoungLoss has no such zone.
 * Source: Gomez, Wang, Tang, arXiv 2602.23336 (2026), sec. 4.5. The mean of L is the loss of the authors' code, half its sum that of the
 * paper. Their scripts for boosting take 'counts' and τ = 0.001, most with the gradient times 0.001 to undo the 1 / τ; in
 * floats their k is now and then one too small.
 *
 * @example mean(hypersimplexLoss(tensor([2.1, 1.6, 1]), tensor([0, 1, 0]))).item() // 0.2963
 */
export function hypersimplexLoss(
  logits: Tensor,
  labels: Tensor,
  { k = 'counts', temperature = 1.5 }: HypersimplexOptions = {},
): Tensor {
  const fn = 'hypersimplexLoss'
  const { N } = dims(fn, { logits, labels }, '...S N, ...S N')
  checkFloats(fn, { logits })
  const { hit, mark } = binaryLabels(fn, labels)
  const y = hypersimplexProjection(fn, logits, countOf(fn, k, hit, N as number, -1), { temperature, axis: -1 })
  return mark(y.sub(hit.cast(logits.dtype)).square())
}

/** How many positives each row along an axis is to have. */
export function countOf(
  fn: string,
  k: Required<HypersimplexOptions>['k'],
  hit: Tensor,
  N: number,
  axis: number,
): number | Tensor {
  if (typeof k !== 'string') return k
  checkChoice(fn, 'k', k, choices)
  return k === 'half' ? Math.floor(N / 2) : sum(hit, { axis })
}

const choices = { counts: 0, half: 0 } as const
