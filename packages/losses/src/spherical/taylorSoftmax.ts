import { type AxisOptions, sum, type Tensor } from '@wengert/core'
import { checkFloats, checkTensors } from '../check.ts'

/**
 * Softmax with e^z replaced by its Taylor polynomial of degree 2. Use it as a softmax without exponentials whose
 * probabilities fall off like a power, not exponentially: it is less sure of itself and never 0.
 *
 *     t(z) = 1 + z + z²/2 = (1 + (1 + z)²) / 2
 *     pₖ = t(zₖ) / Σⱼ t(zⱼ)
 *
 * t is least, ½, at z = −1 and grows again below: very negative logits make a class likely. The squares must not
 * overflow: |z| up to 1e18 in f32. Near z = 0 it is softmax, up to terms of third order.
 *
 * Shapes: x [...S] → [...S].
 * Gradient: (1 + zⱼ) ([k = j] − pₖ) / Σ t of pₖ by zⱼ; it vanishes where z = −1.
 * Source: de Brébisson and Vincent, arXiv 1511.05042 (2016).
 *
 * @example taylorSoftmax(tensor([2, 0, -1])).dataSync() // 0.769231, 0.153846, 0.076923
 */
export function taylorSoftmax(x: Tensor, { axis = -1 }: AxisOptions = {}): Tensor {
  checkTensors('taylorSoftmax', { x })
  checkFloats('taylorSoftmax', { x })
  const weights = taylorWeights(x)
  return weights.div(sum(weights, { axis, keepDims: true }))
}

/** What probabilities are proportional to: 1 + z + z²/2, as a sum of squares that cannot cancel. */
export function taylorWeights(z: Tensor): Tensor {
  return z.add(1).square().add(1).mul(0.5)
}
