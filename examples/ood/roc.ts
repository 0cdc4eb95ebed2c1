import { tensor } from '@wengert/core'
import { aucScore } from '@wengert/losses'

export interface Roc {
  /** Shares of what is unlike training that is let pass, and of what is like it that is: one point for each threshold. */
  readonly points: readonly (readonly [falsePositive: number, truePositive: number])[]
  /** Area below: how often a drawn score of what is like training is greater than one of what is not; ties count half. */
  readonly area: number
}

/** How scores tell what is like training from what is not. */
export function roc(like: ArrayLike<number>, unlike: ArrayLike<number>): Roc {
  const all = [
    ...Array.from(like, (score) => ({ score, isLike: true })),
    ...Array.from(unlike, (score) => ({ score, isLike: false })),
  ].sort((a, b) => b.score - a.score)
  const points: [number, number][] = [[0, 0]]
  let [passed, right] = [0, 0]
  for (let i = 0; i < all.length; ) {
    const { score } = all[i] as { score: number }
    // Equal scores pass together.
    for (; i < all.length && all[i]?.score === score; i++) {
      if (all[i]?.isLike) right++
      else passed++
    }
    points.push([passed / unlike.length, right / like.length])
  }
  const f64 = (scores: ArrayLike<number>) => tensor(Float64Array.from(scores), { dtype: 'f64' })
  return { points, area: aucScore(f64(like), f64(unlike)).item() }
}
