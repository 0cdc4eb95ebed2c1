import { sum } from '../ops/reduce.ts'
import type { Tensor } from '../tensor.ts'

/** One step, and how the gradient changed along it. */
export interface Pair {
  readonly step: Tensor
  readonly change: Tensor
}

/**
 * Where to go next: minus the gradient times an inverse Hessian that agrees with pairs, of which the newest comes last.
 *
 * Source: Nocedal and Wright, Numerical Optimization (2nd ed. 2006), algorithm 7.4; the scale of the start is that of the newest pair.
 */
export function twoLoop(gradient: Tensor, pairs: readonly Pair[]): Tensor {
  const dot = (a: Tensor, b: Tensor): Tensor => sum(a.mul(b))
  let q = gradient
  const remembered = pairs.map(({ step, change }) => ({ step, change, curvature: dot(step, change) }))
  const shares = remembered.toReversed().map(({ step, change, curvature }) => {
    const share = dot(step, q).div(curvature)
    q = q.sub(change.mul(share))
    return share
  })
  const newest = remembered.at(-1)
  if (newest) q = q.mul(newest.curvature.div(dot(newest.change, newest.change)))
  for (const { step, change, curvature } of remembered)
    q = q.add(step.mul((shares.pop() as Tensor).sub(dot(change, q).div(curvature))))
  return q.neg()
}
