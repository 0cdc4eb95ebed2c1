import { expm1, type Tensor, type Tree, zipTrees } from '@wengert/core'
import type { AdamState } from './adam.ts'
import { movingMean, noSteps, zerosFor } from './step.ts'

/** Moments of gradients before the first. */
export function initMoments(fn: string, params: unknown): AdamState {
  return { step: noSteps(), m: zerosFor(fn, params), v: zerosFor(fn, params) }
}

/** Moments after one more gradient. */
export function nextMoments<P>(
  fn: string,
  grads: P,
  { step, m, v }: AdamState,
  { beta1, beta2 }: { readonly beta1: number; readonly beta2: number },
): AdamState {
  return { step: step.add(1), m: movingMean(fn, m, grads as Tree, beta1), v: meanSquares(fn, v, grads, beta2) as Tree }
}

/** A running mean of squares, leaf by leaf: share · past + (1 − share) · g². */
export function meanSquares<P>(fn: string, past: Tree, grads: P, share: number): P {
  return zipTrees((g, v) => v.mul(share).add(g.square().mul(1 - share)), grads, past as P, fn)
}

/** 1 − βᵗ. The plain difference loses digits while βᵗ is near 1: in the first steps, most that f32 has. */
export function complement(beta: number, t: Tensor): Tensor {
  // e^-100 is 0 beside 1 in any dtype; it stands for β = 0, whose logarithm is infinite.
  return expm1(t.mul(Math.log(Math.max(beta, Math.exp(-100))))).neg()
}
