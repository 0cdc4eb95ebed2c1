import { ShapeError, sameShape, showShape, type Tensor } from '@wengert/core'
import { relativeMargins } from './relativeMargins.ts'
import type { PermTemplate } from './templates.ts'

/**
 * A permutation-equivariant relative-margin loss from a template, a symmetric function of how far the label's logit
 * lies above the others. Use it to make multiclass losses from margins, one of permTemplates, gammaPhi or a function of
 * your own.
 *
 *     u = (z_y − zⱼ) for all j ≠ y
 *     L = template(u)
 *
 * Such a loss treats all classes alike and does not change when the logits are shifted. A convex template makes it
 * convex in the logits; whether yours has the exponential tail, for which gradient descent tends to the hard-margin
 * classifier, tells exponentialTail. Of one class there are no margins, and sums of nothing are 0. Class labels outside
 * [0, K) throw where their numbers are data on the host; labels that are computed give NaN there.
 *
 * Shapes: template maps [...B, K−1] → [...B]; the loss maps logits [...B, K], labels i32 [...B] → [...B].
 * Gradient: −∂template/∂uⱼ for the others, their negative sum for the label; they add up to 0.
 * Source: Wang, Scott, arXiv 2311.17778 (2024), where the margins are written with matrix label codes, whose
 * orientation is UNVERIFIED.
 *
 * @example permLoss(permTemplates.pairLog)(tensor([2, 1, 0]), tensor(0, { dtype: 'i32' })).item() // 0.440190
 * @example permLoss((u) => sum(relu(u.neg()), { axis: -1 }))(tensor([2, 4]), tensor(0, { dtype: 'i32' })).item() // 2
 */
export function permLoss(template: PermTemplate): (logits: Tensor, labels: Tensor) => Tensor {
  return (logits, labels) => {
    const { margins, mark } = relativeMargins('permLoss', logits, labels)
    const loss = template(margins)
    if (!sameShape(loss.shape, labels.shape))
      throw new ShapeError(
        `permLoss: template must reduce the last axis of the margins ${showShape(margins.shape)}, ` +
          `got ${showShape(loss.shape)}. Sum with { axis: -1 }, for instance.`,
      )
    return mark(loss)
  }
}
