import {
  checkCount,
  DTypeError,
  dims,
  fold,
  type Key,
  permutation,
  showShape,
  type Tensor,
  ValueError,
} from '@wengert/core'
import { checkFloats, checkPositive } from '../check.ts'

export interface BalancedClustersOptions {
  /** A split is final once it betters the mean cosine of rows and centroids by less, greater than 0. @default 1e-4 */
  readonly tol?: number
}

const fn = 'balancedBinaryClusters'

/**
 * Clusters of equal size of embeddings with similar directions, by halving again and again. Use them to make batches of
 * similar documents, which find hard negatives among one another: see clusteredBatches.
 *
 *     two rows of the cluster are its first centroids
 *     repeat: rows in ascending order of x · (centroid₁ − centroid₀)
 *             the first ⌈n / 2⌉ of them are part 0, the rest part 1
 *             centroids = directions of the parts' means
 *
 * The number of clusters is rounded up to a power of two; a cluster of one row stays whole. The rows to begin with are
 * drawn with a key, or given: one pair of places within its cluster for each split, those of the whole first, then
 * those of its parts, and so on. It computes on the host: with an asynchronous backend, await embeddings.data() before.
 *
 * Shapes: embeddings [N, D], from a key or i32 [splits, 2] → a list of row numbers for each cluster.
 * Gradient: none.
 * Source: Dahiya et al., NGAME, arXiv 2207.04452 (2022), the authors' code.
 *
 * @example balancedBinaryClusters(key(0), tensor([[1, 0], [0, 1], [0.9, 0.1], [0.2, 1]]), 2).length // 2
 */
export function balancedBinaryClusters(
  from: Key | Tensor,
  embeddings: Tensor,
  numClusters: number,
  { tol = 1e-4 }: BalancedClustersOptions = {},
): Int32Array[] {
  const { N = 0, D = 0 } = dims(fn, { embeddings }, 'N D')
  checkFloats(fn, { embeddings })
  checkCount(fn, 'number of embeddings', N, 1)
  checkCount(fn, 'numClusters', numClusters, 1)
  checkPositive(fn, 'tol', tol)
  const rows = directions(embeddings.dataSync(), D)
  const beginning = beginnings(from)
  let clusters: Int32Array[] = [Int32Array.from({ length: N }, (_, i) => i)]
  for (let count = 1; count < numClusters; count *= 2)
    clusters = clusters.flatMap((cluster) => (cluster.length === 1 ? [cluster] : halves(cluster, rows, beginning, tol)))
  return clusters
}

/** Two places within a cluster of a size, for one split after the other. */
type Beginning = (size: number) => readonly [number, number]

function beginnings(from: Key | Tensor): Beginning {
  let split = 0
  if ('k0' in from)
    return (size) => {
      const [a = 0, b = 0] = permutation(fold(from, split++), size).dataSync()
      return [a, b]
    }
  dims(fn, { from }, 'S 2')
  if (from.dtype !== 'i32') throw new DTypeError(`${fn}: from must be a key or i32, got ${from.dtype}.`)
  const places = from.dataSync()
  return (size) => {
    const [a, b] = places.subarray(2 * split, 2 * ++split)
    if (a === undefined || b === undefined)
      throw new ValueError(`${fn}: from must hold a pair for each split, got ${showShape(from.shape)}. Or give a key.`)
    if (Math.min(a, b) < 0 || Math.max(a, b) >= size || a === b)
      throw new ValueError(
        `${fn}: from must hold two places from 0 to ${size - 1} for split ${split - 1}, got ${a} and ${b}.`,
      )
    return [a, b]
  }
}

/** Splits a cluster of at least two rows. */
function halves(cluster: Int32Array, rows: readonly Float64Array[], beginning: Beginning, tol: number): Int32Array[] {
  const rowOf = (i: number): Float64Array => rows[i] as Float64Array
  const size = Math.ceil(cluster.length / 2)
  let [first, second] = beginning(cluster.length).map((place) => rowOf(cluster[place] as number))
  let score = -2
  for (;;) {
    const toSecond = (second as Float64Array).map((v, j) => v - (first?.[j] as number))
    const leads = Float64Array.from(cluster, (i) => dot(rowOf(i), toSecond))
    const order = Array.from(cluster.keys()).sort((a, b) => (leads[a] as number) - (leads[b] as number))
    const parts = [order.slice(0, size), order.slice(size)].map((part) =>
      Int32Array.from(part, (place) => cluster[place] as number),
    )
    const totals = parts.map((part) => total(part, rows))
    // The cosines of rows with the direction of their sum add up to its length.
    const next = totals.reduce((cosines, x) => cosines + length(x), 0) / cluster.length
    // NaN is no better either.
    if (!(next - score >= tol)) return parts
    score = next
    ;[first, second] = totals.map(direction)
  }
}

/** Rows of a matrix with D columns, scaled to length 1. */
function directions(data: ArrayLike<number>, D: number): Float64Array[] {
  return Array.from({ length: data.length / D }, (_, i) =>
    direction(Float64Array.from({ length: D }, (_, j) => data[i * D + j] as number)),
  )
}

function total(members: Int32Array, rows: readonly Float64Array[]): Float64Array {
  const total = new Float64Array(rows[0]?.length ?? 0)
  for (const i of members) {
    const row = rows[i] as Float64Array
    for (let j = 0; j < total.length; j++) total[j] = (total[j] as number) + (row[j] as number)
  }
  return total
}

function direction(x: Float64Array): Float64Array {
  const norm = length(x)
  return norm > 0 ? x.map((v) => v / norm) : x
}

function length(x: Float64Array): number {
  return Math.sqrt(dot(x, x))
}

function dot(a: Float64Array, b: Float64Array): number {
  let total = 0
  for (let i = 0; i < a.length; i++) total += (a[i] as number) * (b[i] as number)
  return total
}
