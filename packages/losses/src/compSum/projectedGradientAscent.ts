import {
  checkCount,
  checkOption,
  clip,
  type Key,
  minimum,
  normal,
  norm as normOf,
  type Shape,
  ShapeError,
  showShape,
  sign,
  stopGradient,
  sum,
  type Tensor,
  uniform,
  valueAndGrad,
  where,
} from '@wengert/core'
import { checkChoice, checkFloats, checkTensors } from '../check.ts'

export interface ProjectedGradientAscentOptions {
  /** Radius of the ball, at least 0. */
  readonly radius: number
  /** Fixes the point in the ball where the ascent starts: at x itself the gradient may be 0. */
  readonly key: Key
  /** What measures a change: its greatest element, or its length. @default 'linf' */
  readonly norm?: 'linf' | 'l2'
  /** @default 10 */
  readonly steps?: number
  /** How far a step moves, measured alike, > 0. @default 2.5 · radius / steps */
  readonly stepSize?: number
}

/**
 * Moves each example within a ball to where an objective is as great as gradient ascent finds it: the attack of
 * adversarial training, and the inner maximum of smoothAdversarialCompSumLoss.
 *
 *     d ← a random point of the ball
 *     d ← project(d + stepSize · direction(∂objective/∂x at x + d)),   steps times
 *     direction: the signs for 'linf', the gradient of length 1 for 'l2'
 *
 * Of all points it comes by, x among them, it returns the best for each example, so the objective never falls. A
 * maximum of the ball it need not be.
 *
 * Shapes: objective maps [...B, ...S] to one value per example, [...B]; x [...B, ...S] → [...B, ...S].
 * Gradient: none, the result counts as a constant, as in Danskin's theorem.
 * Source: Madry, Makelov, Schmidt, Tsipras, Vladu, arXiv 1706.06083 (2018).
 *
 * @example
 * const length = (x: Tensor) => norm(x, { axis: -1 })
 * projectedGradientAscent(length, tensor([[1, -2]]), { radius: 0.5, key: key(0) }) // 1.5, -2.5
 */
export function projectedGradientAscent(
  objective: (x: Tensor) => Tensor,
  x: Tensor,
  { radius, key, norm = 'linf', steps = 10, stepSize = (2.5 * radius) / steps }: ProjectedGradientAscentOptions,
): Tensor {
  const fn = 'projectedGradientAscent'
  checkTensors(fn, { x })
  checkFloats(fn, { x })
  checkOption(fn, 'radius', radius, radius >= 0 && Number.isFinite(radius), 'a finite number of at least 0')
  checkChoice(fn, 'norm', norm, balls)
  checkCount(fn, 'steps', steps, 1)
  checkOption(fn, 'stepSize', stepSize, stepSize > 0 || radius === 0, 'greater than 0')
  const centre = stopGradient(x)
  let best = centre
  let highest = objective(centre)
  const batch = highest.shape
  if (batch.length > x.shape.length || batch.some((n, i) => n !== x.shape[i]))
    throw new ShapeError(
      `${fn}: objective must return one value per example, in the leading axes of x ${showShape(x.shape)}, ` +
        `got ${showShape(batch)}. Sum over the axes of an example.`,
    )
  const axis = x.shape.map((_, i) => i).slice(batch.length)
  const { start, direction, project } = balls[norm]

  const slopes = valueAndGrad(
    (at: Tensor) => {
      const values = objective(at)
      return [sum(values), values] as const
    },
    { aux: true },
  )
  const consider = (at: Tensor, values: Tensor): void => {
    best = where(values.greater(highest).reshape([...batch, ...axis.map(() => 1)]), at, best)
    highest = where(values.greater(highest), values, highest)
  }
  let at = centre.add(project(start(key, x.shape, x.dtype as 'f32').mul(radius), radius, axis))
  for (let step = 0; step < steps; step++) {
    const [[, values], gradient] = slopes(at)
    consider(at, values)
    const moved = at.sub(centre).add(direction(gradient, axis).mul(stepSize))
    at = centre.add(project(moved, radius, axis))
  }
  consider(at, objective(at))
  return stopGradient(best)
}

/** What depends on the norm, for changes whose axes given belong to an example. */
interface Ball {
  /** A random change, of size 1 or so. */
  readonly start: (key: Key, shape: Shape, dtype: 'f32' | 'f64') => Tensor
  readonly direction: (gradient: Tensor, axis: readonly number[]) => Tensor
  readonly project: (change: Tensor, radius: number, axis: readonly number[]) => Tensor
}

const balls: Readonly<Record<'linf' | 'l2', Ball>> = {
  linf: {
    start: (key, shape, dtype) => uniform(key, shape, { low: -1, high: 1, dtype }),
    direction: (gradient) => sign(gradient),
    project: (change, radius) => clip(change, { min: -radius, max: radius }),
  },
  l2: {
    start: (key, shape, dtype) => normal(key, shape, { dtype }),
    direction: unit,
    project: (change, radius, axis) =>
      unit(change, axis).mul(minimum(normOf(change, { axis, keepDims: true }), radius)),
  },
}

function unit(x: Tensor, axis: readonly number[]): Tensor {
  const length = normOf(x, { axis, keepDims: true })
  return x.div(where(length.equal(0), 1, length))
}
