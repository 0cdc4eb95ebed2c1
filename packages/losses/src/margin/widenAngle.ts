import { cos, full, sin, type Tensor, where } from '@wengert/core'
import { checkChoice } from '../check.ts'
import { addAngle } from './addAngle.ts'

/**
 * What is done where an angle θ and a margin m exceed π, from where on cos(θ + m) rises again: nothing; cos θ − m sin m, which
 * falls on after a jump; or cos θ without a margin from θ = π/2 on.
 */
export type Monotone = 'none' | 'linear' | 'easy'

const fallbacks: Readonly<Record<Monotone, (cosine: Tensor, widened: Tensor, margin: Tensor) => Tensor>> = {
  none: (_, widened) => widened,
  linear: (cosine, widened, margin) =>
    where(cosine.add(cos(margin)).greaterEqual(0), widened, cosine.sub(margin.mul(sin(margin)))),
  easy: (cosine, widened) => where(cosine.greater(0), widened, cosine),
}

/** cos(θ + margin) from cos θ, or what stands in its place. */
export function widenAngle(fn: string, cosine: Tensor, margin: number | Tensor, monotone: Monotone): Tensor {
  checkChoice(fn, 'monotone', monotone, fallbacks)
  const m = typeof margin === 'number' ? full([], margin, { dtype: cosine.dtype }) : margin
  return fallbacks[monotone](cosine, addAngle(cosine, m), m)
}
