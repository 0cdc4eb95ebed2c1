import { checkOption, maximum, type Tensor } from '@wengert/core'
import { checkChoice } from '../check.ts'
import { type DistanceOptions, distancesOf, type PairOptions, pairsOf } from './pairs.ts'
import { countOf, gapsOf, hingeSums, type TripletMining, tripletSums, triplets } from './triplets.ts'

export interface TripletMarginOptions extends DistanceOptions, PairOptions {
  /** By how much the negative must be farther than the positive, finite. @default 0.05 */
  readonly margin?: number
  /** Take the distance of the negative to the anchor or to the positive, whichever is less. @default false */
  readonly swap?: boolean
  /** softplus in place of the hinge. @default false */
  readonly smooth?: boolean
  /** Which triplets take part, as tripletMarginMiner chooses them. @default all */
  readonly mining?: TripletMining
  /** Over the terms greater than 0, or over all triplets. @default 'nonZeroMean' */
  readonly reduction?: 'nonZeroMean' | 'mean'
}

const reductions = { nonZeroMean: 0, mean: 0 } as const

/**
 * Hinges over all triplets of a batch, so that examples of another class are a margin farther than those of one's own. Use it to learn
 * embeddings where only the order of distances counts; with mining 'semihard' where all triplets together collapse or stall. For
 * one positive and one negative of each anchor give pairs: batchHardMiner(embeddings, labels).
 *
 *     L = mean of [d_ap − d_an + margin]₊ over anchors a, positives p and negatives n
 *     swap: min(d_an, d_pn) in place of d_an;   smooth: log(1 + e^x) in place of [x]₊
 *
 * For similarities the hinge is [s_an − s_ap + margin]₊. The mean is over the terms greater than 0; without any the loss is 0. It
 * takes the memory of B · B distances and the time of sorting them; swap and smooth that of visiting all B · B · B
 * triplets.
 *
 * Shapes: embeddings [B, D], labels i32 [B] → a scalar, since the mean is over triplets of the batch.
 * Gradient: for each hinge above 0, along the pair of the positive and against that of the negative; 0 between equal embeddings. Kinks
 * where a hinge begins, and jumps, since the triplet begins to count there. The second derivative of smooth keeps all triplets.
 * Source: Schroff, Kalenichenko, Philbin, FaceNet, arXiv 1503.03832 (2015); swap: Balntas et al., TFeat (2016); the mean and defaults of
 * pytorch-metric-learning 2.8.1.
 *
 * @example const labels = tensor([0, 0, 1], { dtype: 'i32' })
 * tripletMarginLoss(tensor([[1, 0], [0.6, 0.8], [0, 1]]), labels).item() // 0.3120
 */
export function tripletMarginLoss(
  embeddings: Tensor,
  labels: Tensor,
  {
    margin = 0.05,
    swap = false,
    smooth = false,
    mining,
    reduction = 'nonZeroMean',
    ...options
  }: TripletMarginOptions = {},
): Tensor {
  const fn = 'tripletMarginLoss'
  const pairs = pairsOf(fn, embeddings, labels, options)
  const { far } = distancesOf(fn, embeddings, options)
  checkOption(fn, 'margin', margin, Number.isFinite(margin), 'finite')
  checkChoice(fn, 'reduction', reduction, reductions)
  const gaps = gapsOf(fn, mining)
  const chosen = triplets(far, pairs, gaps)
  const { total, count } =
    swap || smooth ? tripletSums(far, chosen, { margin, swap, smooth }) : hingeSums(far, pairs, margin, gaps)
  return total.div(maximum(smooth || reduction === 'mean' ? countOf(pairs, gaps, far) : count, 1))
}
