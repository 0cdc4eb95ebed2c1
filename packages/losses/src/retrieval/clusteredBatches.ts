import { checkCount, type Key, permutation } from '@wengert/core'

/**
 * Batches of rows that lie in the same clusters: these in a random order, one behind the other, cut into pieces. Use it
 * to train with hard negatives in the batch, on clusters of balancedBinaryClusters; clusters of one row each give plain
 * random batches.
 *
 * The authors begin with random batches, cluster the embeddings anew every 5 epochs from epoch 10 on, and double the
 * size of clusters now and then.
 *
 * Shapes: clusters, a list of lists of row numbers → a list of such lists, the last of which may be shorter than
 * batchSize.
 * Gradient: none.
 * Source: Dahiya et al., NGAME, arXiv 2207.04452 (2022), the authors' code.
 *
 * @example clusteredBatches(key(0), [[0, 1], [2, 3]], 4).length // 1
 */
export function clusteredBatches(
  from: Key,
  clusters: readonly (readonly number[] | Int32Array)[],
  batchSize: number,
): Int32Array[] {
  checkCount('clusteredBatches', 'batchSize', batchSize, 1)
  const order = permutation(from, clusters.length).dataSync()
  const rows = Int32Array.from(Array.from(order).flatMap((cluster) => Array.from(clusters[cluster] ?? [])))
  return Array.from({ length: Math.ceil(rows.length / batchSize) }, (_, i) =>
    rows.slice(i * batchSize, (i + 1) * batchSize),
  )
}
