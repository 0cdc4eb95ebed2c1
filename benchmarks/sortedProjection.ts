/**
 * The projection of softBinaryArgmax with a whole k in plain numbers, as one would write it for one row on the host: sort, pool
 * the violators around the k-th element into one block, clip. In sorted order all other blocks are single elements.
 */
export function sortedProjection(x: Float64Array, k: number, temperature: number): Float64Array {
  const n = x.length
  if (k === 0 || k === n) return new Float64Array(n).fill(k / n)
  // In ascending order the k greatest stand from n − k on.
  const scores = x.map((v) => v / temperature).sort()
  let low = n - k
  let high = n - k
  let total = 0
  // The pool starts with the least of the k, which are to lose 1, and the greatest of the others, and takes in the neighbours
  // that its mean has passed.
  const least = (): number => (high < n ? (scores[high] as number) - 1 : Number.POSITIVE_INFINITY)
  const greatest = (): number => (low > 0 ? (scores[low - 1] as number) : Number.NEGATIVE_INFINITY)
  let threshold = least()
  if (greatest() > threshold) {
    total = least() + greatest()
    high++
    low--
    threshold = total / 2
    for (;;) {
      if (least() < threshold) {
        total += least()
        high++
      } else if (greatest() > threshold) {
        total += greatest()
        low--
      } else break
      threshold = total / (high - low)
    }
  }
  return x.map((v) => Math.min(1, Math.max(0, v / temperature - threshold)))
}
