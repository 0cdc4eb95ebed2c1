import {
  customVjp,
  gumbel,
  type Key,
  maximum,
  normal,
  type Shape,
  ShapeError,
  sameShape,
  showShape,
  type Tensor,
  uniform,
} from '@wengert/core'
import { checkFloats } from '../check.ts'

/** A key to draw with, or the draws themselves, as where the same ones must serve twice. */
export type Draws = Key | Tensor

export type Encoding = '01' | 'pm1'

export const encodings: Readonly<Record<Encoding, 0>> = { '01': 0, pm1: 0 }

/** Half of the least step of a uniform draw, for those that must not be 0. */
const least = { f32: 2 ** -25, f64: 2 ** -54 } as const

/** Uniform draws in (0, 1) of a shape, from a key or as given. */
export function uniformsOf(fn: string, from: Draws, shape: Shape, like: Tensor): Tensor {
  if (!('k0' in from)) return given(fn, from, shape, like)
  return maximum(uniform(from, shape, { dtype: like.dtype }), least[like.dtype as 'f32' | 'f64'])
}

/** Gumbel draws of a shape, from a key or as given. */
export function gumbelsOf(fn: string, from: Draws, shape: Shape, like: Tensor): Tensor {
  return 'k0' in from ? gumbel(from, shape, { dtype: like.dtype }) : given(fn, from, shape, like)
}

/** Standard normal draws of a shape, from a key or as given. */
export function normalsOf(fn: string, from: Draws, shape: Shape, like: Tensor): Tensor {
  return 'k0' in from ? normal(from, shape, { dtype: like.dtype as 'f32' | 'f64' }) : given(fn, from, shape, like)
}

function given(fn: string, from: Tensor, shape: Shape, like: Tensor): Tensor {
  checkFloats(fn, { from })
  if (!sameShape(from.shape, shape))
    throw new ShapeError(
      `${fn}: from must be a key or draws of shape ${showShape(shape)}, got ${showShape(from.shape)}.`,
    )
  return from.cast(like.dtype)
}

/** The value of `hard` with the derivative of `soft`. */
export function straightThrough(hard: Tensor, soft: Tensor): Tensor {
  // Not soft + (hard − soft) without gradient, which rounds.
  return customVjp(
    (_: Tensor) => hard,
    (g) => [g],
  )(soft)
}
