/**
 * The hard-margin classifier: of all weights [K, D] with (w_y − w_k) · x ≥ 1 for each example and each wrong class k,
 * those of least norm. The dual problem is solved one multiplier at a time (Hildreth 1957), each step exactly.
 */
export function hardMargin(
  features: readonly (readonly number[])[],
  labels: readonly number[],
  classes: number,
): number[][] {
  const dimensions = features[0]?.length ?? 0
  const weights = Array.from({ length: classes }, () => new Array<number>(dimensions).fill(0))
  const constraints = features.flatMap((x, i) => {
    const y = labels[i] as number
    const wrong = weights.map((_, k) => k).filter((k) => k !== y)
    return wrong.map((k) => ({ x, y, k, square: 2 * dot(x, x), multiplier: 0 }))
  })
  for (let round = 0; round < mostRounds; round++) {
    let largest = 0
    for (const constraint of constraints) {
      const { x, y, k, square, multiplier } = constraint
      const [right, wrong] = [weights[y] as number[], weights[k] as number[]]
      constraint.multiplier = Math.max(0, multiplier + (1 - dot(right, x) + dot(wrong, x)) / square)
      const change = constraint.multiplier - multiplier
      x.forEach((v, d) => {
        right[d] = (right[d] as number) + change * v
        wrong[d] = (wrong[d] as number) - change * v
      })
      largest = Math.max(largest, Math.abs(change))
    }
    if (largest < 1e-14) return weights
  }
  throw new Error(`No hard-margin classifier was found in ${mostRounds} rounds: are the classes separable?`)
}

const mostRounds = 100_000

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, v, i) => sum + v * (b[i] as number), 0)
}
