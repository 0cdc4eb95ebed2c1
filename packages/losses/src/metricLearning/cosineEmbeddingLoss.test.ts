import { fc, test } from '@fast-check/vitest'
import { grad, sum, type Tensor, tensor } from '@wengert/core'
import { laws, positives, tensors, unitVectors } from '@wengert/gradcheck'
import { describeErrors, describeLoss, expectClose, rowwise, value, values } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { cosineEmbeddingLoss } from './cosineEmbeddingLoss.ts'

type Vectors = (shape: readonly number[]) => fc.Arbitrary<Tensor>
const long: Vectors = (shape) => unitVectors(shape).map((x) => x.mul(2))
const pairsOf = (vectors: Vectors): fc.Arbitrary<[Tensor, Tensor, Tensor]> =>
  fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 2, max: 4 })).chain(([B, D]) =>
    fc.tuple(
      vectors([B, D]),
      vectors([B, D]),
      fc.array(fc.constantFrom(-1, 1), { minLength: B, maxLength: B }).map((list) => tensor(Int32Array.from(list))),
    ),
  )
const loss = (x: Tensor, y: Tensor, s: Tensor): Tensor => cosineEmbeddingLoss(x, y, s, { margin: -1 })
const dot = (x: number[], y: number[]): number => x.reduce((total, v, i) => total + v * (y[i] as number), 0)

describeLoss(loss, {
  name: 'cosineEmbeddingLoss',
  args: pairsOf(tensors),
  smooth: pairsOf(long).filter(([x, y]) => values(rowwise(dot, x, y)).every((d) => Math.abs(d) < 3.9)),
  laws: {
    'lies between 0 and 2': laws.bounded(loss, { min: 0, max: 2, tolerance: 1e-15 }),
    'is symmetric': laws.symmetric(loss),
    'is the same whatever the lengths': (x, y, s) => {
      const some = x.add(0.25)
      expectClose(loss(some.mul(3), y.add(0.25).mul(7), s), loss(some, y.add(0.25), s))
    },
  },
})

describe('cosineEmbeddingLoss', () => {
  test.prop([pairsOf(long), fc.constantFrom(-0.5, 0, 0.5)])('is the formula, in plain numbers', ([x, y, s], margin) => {
    const plain = (x: number[], y: number[], [label]: number[]): number => {
      const cosine = dot(x, y) / Math.sqrt(dot(x, x) * dot(y, y))
      return label === 1 ? 1 - cosine : Math.max(0, cosine - margin)
    }
    expectClose(cosineEmbeddingLoss(x, y, s, { margin }), rowwise(plain, x, y, s))
  })

  test.prop([pairsOf((shape) => positives(shape))])('has gradients at right angles to the vectors', ([x, y, s]) => {
    const gradient = grad((v: Tensor) => sum(cosineEmbeddingLoss(v, y, s)))(x)
    expectClose(sum(gradient.mul(x), { axis: -1 }), 0)
  })

  it('takes the cosine with a vector 0 for 0', () => {
    expect(value(cosineEmbeddingLoss(tensor([0, 0]), tensor([1, 2]), tensor(1)))).toBe(1)
    expect(value(cosineEmbeddingLoss(tensor([0, 0]), tensor([1, 2]), tensor(-1)))).toBe(0)
  })
})

describeErrors('cosineEmbeddingLoss', {
  'cosineEmbeddingLoss: margin must be from -1 to 1, got 2.': () =>
    cosineEmbeddingLoss(tensor([1, 2]), tensor([1, 2]), tensor(1), { margin: 2 }),
  'cosineEmbeddingLoss: labels must be signs -1 or 1, got 0 at [0]. Labels 0 and 1 become signs with where(labels.greater(0), 1, -1).':
    () => cosineEmbeddingLoss(tensor([[1, 2]]), tensor([[1, 2]]), tensor([0])),
})
