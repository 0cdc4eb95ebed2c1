import type { Tensor } from '@wengert/core'
import { checkPositive } from '../check.ts'
import { labelCosines, type MarginHeadOptions, marginCrossEntropy } from '../margin/labelCosines.ts'

export interface ProxyNcaOptions extends Pick<MarginHeadOptions, 'ignoreIndex'> {
  /** What squared distances are multiplied by, greater than 0. @default 1 */
  readonly softmaxScale?: number
}

/**
 * ncaLoss with one learned vector for each class in place of the other examples. Use it to learn embeddings of many classes without
 * pairs, so with any batches, and where you tune the scale of distances; in another parameter it is normalizedSoftmaxLoss.
 *
 *     L = −log softmax(−softmaxScale ‖x̂ − p̂ⱼ‖²)_y,   x̂ and p̂ scaled to length 1
 *       = normalizedSoftmaxLoss with temperature 1 / (2 softmaxScale), as ‖x̂ − p̂‖² = 2 − 2 cos
 *
 * The class itself is part of the denominator, as in ProxyNCA++; the paper of 2017 leaves it out. Class labels outside [0, K) throw
 * where their numbers are data on the host; labels that are computed give NaN there.
 *
 * Shapes: embeddings [...B, D], labels i32 [...B], prototypes [K, D] → [...B].
 * Gradient: 2 softmaxScale (p − [j = y]) with respect to the cosines, p the softmax; across embeddings and prototypes, none along them.
 * Source: Movshovitz-Attias et al., No Fuss Distance Metric Learning using Proxies, arXiv 1703.07464 (2017); Teh, DeVries, Taylor,
 * ProxyNCA++, arXiv 2004.01113 (2020).
 *
 * @example const prototypes = tensor([[1, 0], [0, 1]])
 * proxyNcaLoss(tensor([3, 4]), tensor(1, { dtype: 'i32' }), prototypes, { softmaxScale: 5 }).item() // 0.126928
 */
export function proxyNcaLoss(
  embeddings: Tensor,
  labels: Tensor,
  prototypes: Tensor,
  { softmaxScale = 1, ...options }: ProxyNcaOptions = {},
): Tensor {
  checkPositive('proxyNcaLoss', 'softmaxScale', softmaxScale)
  const scaled = { ...options, scale: 2 * softmaxScale }
  const ready = labelCosines('proxyNcaLoss', embeddings, labels, prototypes, scaled)
  return ready.mark(marginCrossEntropy(ready, ready.own))
}
