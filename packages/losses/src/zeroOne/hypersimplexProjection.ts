import { checkOption, customVjp, max, maximum, showShape, sum, type Tensor, where } from '@wengert/core'
import { checkFloats, checkTensors } from '../check.ts'
import { isActive, letThrough } from './balance.ts'
import { hypersimplexThreshold } from './hypersimplexThreshold.ts'
import { perRow } from './perRow.ts'

export interface ProjectionOptions {
  readonly temperature: number | Tensor
  readonly axis: number
}

/** softBinaryArgmax, checked in the name of a function. */
export function hypersimplexProjection(
  fn: string,
  x: Tensor,
  k: number | Tensor,
  { temperature, axis }: ProjectionOptions,
): Tensor {
  checkTensors(fn, { x })
  checkFloats(fn, { x })
  const rank = x.shape.length
  const found = Number.isInteger(axis) && axis >= -rank && axis < rank
  checkOption(fn, 'axis', axis, found, `one of the axes of ${showShape(x.shape)}`)
  const at = axis < 0 ? axis + rank : axis
  const n = x.shape[at] as number
  const count = perRow(fn, 'k', k, x, at, {
    expectation: `from 0 to ${n}`,
    holds: (k) => k >= 0 && k <= n,
    inRange: (k) => k.greaterEqual(0).and(k.lessEqual(n)),
  })
  const tau = perRow(fn, 'temperature', temperature, x, at, {
    expectation: 'greater than 0',
    holds: (t) => t > 0,
    inRange: (t) => t.greater(0),
  })
  return n === 0 ? x : count.mark(tau.mark(projection(at)(x, count.column, tau.column)))
}

/** The nearest point, with its derivative in closed form: that of the search for the threshold is 0. */
function projection(axis: number): (x: Tensor, k: Tensor, tau: Tensor) => Tensor {
  const along = { axis, keepDims: true }
  return customVjp(
    (x, k, tau) => {
      // A shift changes nothing, but for the digits that elements far from 0 would lose.
      const scaled = x.sub(max(x, along)).div(tau)
      return letThrough(scaled, hypersimplexThreshold(scaled, k, axis))
    },
    (g, y, _x, _k, tau) => {
      const active = isActive(y)
      const mean = sum(where(active, g, 0), along).div(maximum(sum(active, along).cast(g.dtype), 1))
      const gx = where(active, g.sub(mean), 0).div(tau)
      return [gx, mean, sum(gx.mul(y), along).neg()]
    },
  )
}
