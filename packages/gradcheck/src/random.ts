/**
 * Numbers on [0, 1) that a seed fixes: equal steps around the circle of 32-bit integers, scattered by the finalizer of
 * MurmurHash3 (Appleby 2011).
 */
export function randomNumbers(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x9e3779b9) | 0
    let z = state
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b)
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35)
    return ((z ^ (z >>> 16)) >>> 0) / 2 ** 32
  }
}

/** Random numbers from −1.5 to 1.5, away from 0, so that none of what they weight goes unseen. */
export function randomWeights(size: number, random: () => number): Float64Array {
  return Float64Array.from({ length: size }, () => {
    const u = 2 * random() - 1
    return u + 0.5 * Math.sign(u)
  })
}
