import {
  bernoulli,
  clip,
  erf,
  floor,
  fold,
  type Key,
  linspace,
  normal,
  sin,
  type Tensor,
  uniform,
  where,
} from '@wengert/core'

/** Places x and which bin their numbers y fall into: f32 [N, 1] and i32 [N]. */
export interface Draws {
  readonly x: Tensor
  readonly labels: Tensor
}

/** Two humps, whose places depend on x: means, widths and the share of the first. */
const share = 0.6
const humps = [
  { mean: (x: Tensor): Tensor => sin(x.mul(Math.PI)).mul(0.2).sub(0.45), width: 0.07 },
  { mean: (x: Tensor): Tensor => x.mul(0.25).add(0.4), width: 0.14 },
] as const

/** Numbers between −1 and 1 from the true distribution, sorted into bins. */
export function draw(key: Key, count: number, bins: number): Draws {
  const x = uniform(fold(key, 0), [count], { low: -1, high: 1 })
  const [first, second] = humps.map(({ mean, width }, i) => mean(x).add(normal(fold(key, 1 + i), [count]).mul(width)))
  const y = where(bernoulli(fold(key, 3), share, [count]), first as Tensor, second as Tensor)
  const labels = clip(floor(y.add(1).mul(bins / 2)), { min: 0, max: bins - 1 }).cast('i32')
  return { x: x.expandDims(1), labels }
}

/** True probabilities of the bins at places x [G, 1]: [G, bins]. */
export function truth(x: Tensor, bins: number): Tensor {
  const edges = linspace(-1, 1, bins + 1)
  const [first, second] = humps.map(({ mean, width }) => {
    const below = erf(edges.sub(mean(x)).div(width * Math.SQRT2))
      .add(1)
      .div(2)
    const count = x.shape[0] as number
    return below.slice([0, 1], [count, bins + 1]).sub(below.slice([0, 0], [count, bins]))
  }) as [Tensor, Tensor]
  return first.mul(share).add(second.mul(1 - share))
}
