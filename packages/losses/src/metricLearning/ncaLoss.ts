import { softplus, type Tensor, where } from '@wengert/core'
import { checkPositive } from '../check.ts'
import { unitRows } from '../margin/unitRows.ts'
import { squaredDistance } from './distances.ts'
import { type DistanceOptions, has, logSumOver, type PairOptions, pairsOf } from './pairs.ts'

export interface NcaOptions extends Pick<DistanceOptions, 'normalize'>, PairOptions {
  /** What squared distances are multiplied by, greater than 0. @default 1 */
  readonly softmaxScale?: number
}

/**
 * Neighbourhood components analysis: how unlikely it is that a neighbour, drawn by distance, is of the same class. Use it for
 * embeddings that a nearest-neighbour classifier reads; it asks for one near example of the class only, so classes may keep several
 * clusters, which supConLoss would merge.
 *
 *     L = −log( Σ_p e^(−softmaxScale d²_ap) / Σ_{j≠a} e^(−softmaxScale d²_aj) )
 *
 * Examples alone in their class have loss 0; nonZeroMean leaves them out.
 *
 * Shapes: embeddings [B, D], labels i32 [B] → [B], coupled by their pairs.
 * Gradient: to both examples of each pair, by the share of the pair in the denominator less that in the numerator.
 * Source: Goldberger, Roweis, Hinton, Salakhutdinov, Neighbourhood Components Analysis (2004), with the logarithm and the scaling to
 * length 1 of pytorch-metric-learning 2.8.1.
 *
 * @example const labels = tensor([0, 0, 1], { dtype: 'i32' })
 * ncaLoss(tensor([[1, 0], [0.6, 0.8], [0, 1]]), labels).dataSync() // 0.2633, 0.9130, 0.0000
 */
export function ncaLoss(
  embeddings: Tensor,
  labels: Tensor,
  { softmaxScale = 1, normalize = true, ...options }: NcaOptions = {},
): Tensor {
  const { positive, negative } = pairsOf('ncaLoss', embeddings, labels, options)
  checkPositive('ncaLoss', 'softmaxScale', softmaxScale)
  const x = normalize ? unitRows(embeddings) : embeddings
  const z = squaredDistance(x, x).mul(-softmaxScale)
  const kept = has(positive)
  const own = where(kept, logSumOver(positive, z), 0)
  return where(kept, softplus(logSumOver(negative, z).sub(own)), 0)
}
