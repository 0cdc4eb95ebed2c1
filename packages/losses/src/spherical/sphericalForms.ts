import { log1p, softplus, type Tensor, where } from '@wengert/core'
import type { SphericalSums } from './factoredSphericalLayer.ts'
import type { SphericalSoftmaxOptions } from './sphericalSoftmax.ts'
import { taylorWeights } from './taylorSoftmax.ts'
import type { ZLossOptions } from './zLoss.ts'

/** A loss of one label per example, selected [B, 1], from the sums over K classes: → [B]. */
type Form<O> = (sums: SphericalSums, classes: number, options?: O) => Tensor

/**
 * The losses of the spherical family as functions of the label's output and the sums, for factoredSphericalLayer:
 *
 *     mse       sphericalMse            q − 2 o + 1
 *     softmax   sphericalSoftmaxLoss    log (q + K eps) − log (o² + eps)
 *     taylor    taylorSoftmaxLoss       log (K + s + q/2) − log t(o)
 *     z         zLoss                   from the mean s/K and the variance q/K − (s/K)²
 *
 * Sums keep fewer digits than the outputs themselves do: where a variance is a thousandth of the squared mean, z loses
 * three.
 */
export const sphericalForms: {
  readonly mse: Form<never>
  readonly softmax: Form<SphericalSoftmaxOptions>
  readonly taylor: Form<never>
  readonly z: Form<ZLossOptions>
} = {
  mse: ({ selected, q }) => q.sub(selected.squeeze(-1).mul(2)).add(1),
  softmax({ selected, q }, classes, { eps = 1e-3 } = {}) {
    const own = selected.squeeze(-1).square()
    return log1p(
      q
        .sub(own)
        .add((classes - 1) * eps)
        .div(own.add(eps)),
    )
  },
  taylor({ selected, q, s }, classes) {
    const own = taylorWeights(selected.squeeze(-1))
    const all = q.mul(0.5).add(s).add(classes)
    return log1p(all.sub(own).div(own))
  },
  z({ selected, q, s }, classes, { a = 1, b = 0, eps = 1e-12 } = {}) {
    const mean = s.div(classes)
    const variance = q.div(classes).sub(mean.square())
    // Round-off may leave the variance of equal outputs below 0.
    const flat = variance.lessEqual(0)
    const score = selected.squeeze(-1).sub(mean).div(variance.sqrt().add(eps))
    return softplus(where(flat, 0, score).neg().add(b).mul(a)).div(a)
  },
}
