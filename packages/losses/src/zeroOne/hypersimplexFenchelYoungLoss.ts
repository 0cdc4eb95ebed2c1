import { checkOption, customVjp, dims, max, sum, type Tensor, where, zerosLike } from '@wengert/core'
import { checkFloats } from '../check.ts'
import { binaryLabels } from '../labels.ts'
import { isActive } from './balance.ts'
import { hypersimplexProjection } from './hypersimplexProjection.ts'

export interface HypersimplexFenchelYoungOptions {
  /** How far logits must lie apart to be told apart for good, > 0. @default 1.5 */
  readonly temperature?: number
}

/**
 * The convex companion of hypersimplexLoss: what a batch of logits loses against its own projection when it has to
 * predict the labels. Use it in its place where the logits spread further than the temperature, as at the start of a
 * training: it has the same projection and no dead zone, and it is 0 just where the positives lead all negatives by the
 * temperature.
 *
 *     ŷ = softBinaryArgmax(logits, number of positives, { temperature })
 *     L = max over u (⟨logits, u⟩ − (τ/2) ‖u‖²) + (τ/2) ‖labels‖² − ⟨logits, labels⟩,   attained at ŷ
 *       = (τ/2) ‖ŷ − labels‖² + ⟨ŷ − labels, logits − τ ŷ⟩
 *
 * Labels are 0 and 1 of any dtype; others throw where they are data on the host, and give NaN where they are computed.
 *
 * Shapes: logits [...S, N], labels [...S, N] → [...S], one value for each row of N examples.
 * Gradient: ŷ − labels with respect to logits.
 * Source: not in the paper of hypersimplexLoss (arXiv 2602.23336); Blondel, Martins, Niculae, arXiv 1901.02324 (2020), with
 * Ω = (τ/2) ‖u‖² on the hypersimplex.
 *
 * @example hypersimplexFenchelYoungLoss(tensor([2, 1, 0]), tensor([0, 1, 0]), { temperature: 1 }).item() // 1
 */
export function hypersimplexFenchelYoungLoss(
  logits: Tensor,
  labels: Tensor,
  { temperature = 1.5 }: HypersimplexFenchelYoungOptions = {},
): Tensor {
  const fn = 'hypersimplexFenchelYoungLoss'
  dims(fn, { logits, labels }, '...S N, ...S N')
  checkFloats(fn, { logits })
  const finite = temperature > 0 && Number.isFinite(temperature)
  checkOption(fn, 'temperature', temperature, finite, 'a finite number greater than 0')
  const { hit, mark } = binaryLabels(fn, labels)
  const targets = hit.cast(logits.dtype)
  const projected = (x: Tensor): Tensor =>
    hypersimplexProjection(fn, x, sum(hit, { axis: -1 }), { temperature, axis: -1 })
  const loss = customVjp(
    (x: Tensor) => {
      const y = projected(x)
      const error = y.sub(targets)
      // The errors sum to 0, so a shift changes nothing but the digits. Those that are not whole sum up with round-off, which
      // must not meet great numbers: they decide.
      const along = { axis: -1, keepDims: true }
      const moving = max(where(isActive(y), x, Number.NEGATIVE_INFINITY), along)
      const level = where(moving.greater(Number.NEGATIVE_INFINITY), moving, max(x, along))
      const rest = x.sub(level).sub(y.add(targets).mul(temperature / 2))
      return sum(where(error.equal(0), 0, error.mul(rest)), { axis: -1 })
    },
    // By the envelope theorem: the derivative of the projection cancels.
    (g, _, x) => [g.expandDims(-1).mul(projected(x).sub(targets))],
  )
  // One bad label spoils its row.
  return loss(logits).add(sum(mark(zerosLike(logits)), { axis: -1 }))
}
