import { any, arange, DTypeError, dims, logSumExp, matmul, type Tensor, where } from '@wengert/core'
import { checkChoice } from '../check.ts'
import { checkBatch, othersOfClass, sameClass } from '../easyPositive/batch.ts'
import { unitRows } from '../margin/unitRows.ts'
import { dotProduct, euclideanDistance, squaredDistance } from './distances.ts'

/** Pairs of examples of a batch, bool [B, B]: anchors by rows. */
export interface PairMasks {
  readonly positive: Tensor
  readonly negative: Tensor
}

export interface PairOptions {
  /** Pairs that take part, such as a miner chooses. @default those of one class as positives, all others as negatives */
  readonly pairs?: PairMasks
}

/** How far apart two embeddings are. 'cosine' and 'dot' are similarities, greater for nearer ones. */
export type Distance = 'euclidean' | 'squaredEuclidean' | 'cosine' | 'dot'

export interface DistanceOptions {
  /** @default 'euclidean' */
  readonly distance?: Distance
  /** Scale embeddings to length 1 before. @default true */
  readonly normalize?: boolean
}

const similarity = (x: Tensor): Tensor => dotProduct(x, x).neg()
const distances: Readonly<Record<Distance, (x: Tensor) => Tensor>> = {
  euclidean: (x) => euclideanDistance(x, x),
  squaredEuclidean: (x) => squaredDistance(x, x),
  cosine: similarity,
  dot: similarity,
}

/** Distances within a batch [B, B]; similarities turned to distances by their sign. */
export interface Distances {
  readonly far: Tensor
  /** −1 for similarities. */
  readonly sign: 1 | -1
}

/** Pairs of a batch, all or those given, checked with its embeddings [B, D] and labels i32 [B] in the name of a function. */
export function pairsOf(fn: string, embeddings: Tensor, labels: Tensor, { pairs }: PairOptions = {}): PairMasks {
  checkBatch(fn, embeddings, labels)
  if (!pairs) return { positive: othersOfClass(labels), negative: sameClass(labels).not() }
  const { positive, negative } = pairs
  dims(fn, { labels, positive, negative }, 'B, B B, B B')
  for (const { dtype } of [positive, negative])
    if (dtype !== 'bool') throw new DTypeError(`${fn}: pairs must be bool masks, got ${dtype}.`)
  return pairs
}

/** One pair for each of the anchors kept: with the example at its index, i32 [B]. */
export function pairsAt(indices: Tensor, kept: Tensor): Tensor {
  const place = arange(indices.shape[0] as number, { dtype: 'i32' })
  return indices.expandDims(1).equal(place).and(kept.expandDims(1))
}

/** Distances of embeddings [B, D] that are checked. */
export function distancesOf(
  fn: string,
  embeddings: Tensor,
  { distance = 'euclidean', normalize = true }: DistanceOptions,
): Distances {
  checkChoice(fn, 'distance', distance, distances)
  const cosine = distance === 'cosine'
  const far = distances[distance](normalize || cosine ? unitRows(embeddings) : embeddings)
  return { far, sign: cosine || distance === 'dot' ? -1 : 1 }
}

/** Cosines within a batch, [B, B]. */
export function cosinesOf(embeddings: Tensor): Tensor {
  const x = unitRows(embeddings)
  return matmul(x, x.transpose())
}

/** log Σ e^x over the pairs of each anchor, [B]; −∞ where it has none. */
export function logSumOver(mask: Tensor, x: Tensor): Tensor {
  return logSumExp(where(mask, x, Number.NEGATIVE_INFINITY), { axis: 1 })
}

/** Whether each anchor has such a pair, [B]. */
export function has(mask: Tensor): Tensor {
  return any(mask, { axis: 1 })
}
