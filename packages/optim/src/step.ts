import { full, mapTree, type Tensor, type Tree, zerosLike, zipTrees } from '@wengert/core'
import { byDType } from './byDType.ts'
import { rateAt, type Schedule } from './schedule.ts'

/** A count of updates before the first. */
export function noSteps(): Tensor {
  return full([], 0, { dtype: 'i32' })
}

/** A tree of the parameters' structure that holds 0 everywhere. */
export function zerosFor(fn: string, params: unknown): Tree {
  return mapTree(zerosLike, params, fn) as Tree
}

/** A running mean, leaf by leaf: share · past + (1 − share) · present. */
export function movingMean<P>(fn: string, past: Tree, present: P, share: number): P {
  return zipTrees((past, present) => past.mul(share).add(present.mul(1 - share)), past as P, present, fn)
}

export interface Stride {
  readonly lr: number | Schedule
  /** Updates made before. */
  readonly step: Tensor
  /** Share of each parameter that is taken off, times the learning rate. @default 0 */
  readonly weightDecay?: number
}

/** Updates along directions: −lr · (direction + weightDecay · p). */
export function stride<P>(fn: string, directions: P, params: P, { lr, step, weightDecay = 0 }: Stride): P {
  const back = byDType((dtype) => (typeof lr === 'number' ? -lr : rateAt(fn, lr, step.cast(dtype)).neg()))
  if (weightDecay === 0) return mapTree((d) => d.mul(back(d.dtype)), directions)
  return zipTrees((d, p) => d.add(p.mul(weightDecay)).mul(back(d.dtype)), directions, params)
}
