import { describe, expect, it } from 'vitest'
import * as w from './index.ts'

describe('dims', () => {
  it('binds named sizes', () => {
    expect(w.dims('f', { logits: w.zeros([4, 3]), labels: w.zeros([4]) }, 'B K, B')).toEqual({ B: 4, K: 3 })
    expect(w.dims('f', { x: w.zeros([2, 5, 4, 3]), y: w.zeros([2, 5]) }, '...S H W, ...S')).toEqual({ H: 4, W: 3 })
    expect(w.dims('f', { x: w.zeros([]) }, '')).toEqual({})
    expect(w.dims('f', { x: w.zeros([7, 2]) }, 'N 2')).toEqual({ N: 7 })
  })

  it('names all arguments that fail, what was bound and what was expected', () => {
    const wrong = () =>
      w.dims('f', { logits: w.zeros([4, 3]), labels: w.zeros([5]), weights: w.zeros([2]) }, 'B K, B, K')
    expect(wrong).toThrow(
      'f: labels must have shape [B], got [5]; weights must have shape [K], got [2] (B = 4, K = 3). ' +
        'Expected logits [B, K], labels [B], weights [K].',
    )
    expect(wrong).toThrow(w.ShapeError)
    expect(() => w.dims('f', { x: w.zeros([3]), y: w.zeros([4]) }, '...S, ...S')).toThrow(
      'y must have shape [...S], got [4]',
    )
    expect(() => w.dims('f', { x: w.zeros([3]) }, '...S H W')).toThrow(w.ShapeError)
    expect(() => w.dims('f', { x: w.zeros([3]) }, '2')).toThrow(w.ShapeError)
  })

  it('wants tensors', () => {
    expect(() => w.dims('f', { x: [1] as unknown as w.Tensor }, 'N')).toThrow('f: x must be a tensor, got an array.')
  })
})
