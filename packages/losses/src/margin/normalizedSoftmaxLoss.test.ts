import { fc, test } from '@fast-check/vitest'
import { eye, matmul, mean, type Tensor, tensor } from '@wengert/core'
import { labels, laws, tensors, unitVectors } from '@wengert/gradcheck'
import { describeLoss, expectClose, value } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { crossEntropy } from '../classification/crossEntropy.ts'
import { cosFaceLoss } from './cosFaceLoss.ts'
import { normalizedSoftmaxLoss } from './normalizedSoftmaxLoss.ts'
import { unitRows } from './unitRows.ts'

const prototypes = tensor([
  [3, 1, -1],
  [-1, 2, 1],
  [0.5, -3, 2],
  [1, 1, 1],
])
const sizes = fc.integer({ min: 1, max: 3 })
const i32 = (...data: number[]): Tensor => tensor(data, { dtype: 'i32' })

for (const normalizeFeatures of [true, false])
  describe(normalizeFeatures ? 'with features normalised' : 'with features as they are', () => {
    const loss = (x: Tensor, y: Tensor): Tensor =>
      normalizedSoftmaxLoss(x, y, prototypes, { temperature: 0.25, normalizeFeatures })
    describeLoss(loss, {
      name: 'normalizedSoftmaxLoss',
      args: sizes.chain((B) => fc.tuple(tensors([B, 3]), labels([B], 4))),
      smooth: sizes.chain((B) => fc.tuple(unitVectors([B, 3]), labels([B], 4))),
      laws: {
        'is crossEntropy of what is compared, over the temperature': (x, y) => {
          const features = normalizeFeatures ? unitRows(x) : x
          expectClose(loss(x, y), crossEntropy(matmul(features, unitRows(prototypes).transpose()).mul(4), y), 1e-11)
        },
        'tends to log K for a high temperature': laws.tendsTo(
          (temperature: number) => (x: Tensor, y: Tensor) =>
            normalizedSoftmaxLoss(x, y, prototypes, { temperature, normalizeFeatures }),
          (x: Tensor) => tensor(new Float64Array(x.shape[0] as number).fill(Math.log(4)), { dtype: 'f64' }),
          { along: [1e3, 1e6, 1e12], tolerance: 1e-9 },
        ),
        'is cosFaceLoss without a margin, of features of length 1': (x, y) => {
          const unit = unitRows(x)
          expectClose(loss(unit, y), cosFaceLoss(unit, y, prototypes, { margin: 0, scale: 4 }), 1e-11)
        },
      },
    })
  })

describe('normalizedSoftmaxLoss', () => {
  const least = (K: number, temperature: number): number =>
    Math.log(1 + (K - 1) * Math.exp(-K / ((K - 1) * temperature)))
  const temperatures = fc.constantFrom(0.1, 0.5, 2)

  test.prop([
    fc.integer({ min: 2, max: 4 }).chain((K) => fc.tuple(tensors([2 * K, 3]), tensors([K, 3]))),
    temperatures,
  ])('is at least NormFace’s bound over a batch with all classes alike often', ([x, w], temperature) => {
    const K = w.shape[0] as number
    const y = i32(...Array.from({ length: 2 * K }, (_, i) => i % K))
    expect(value(mean(normalizedSoftmaxLoss(x, y, w, { temperature })))).toBeGreaterThanOrEqual(
      least(K, temperature) - 1e-12,
    )
  })

  it('attains the bound at the corners of a simplex', () => {
    for (const K of [2, 3, 5]) {
      const corners = eye(K, { dtype: 'f64' }).sub(1 / K)
      const y = i32(...Array.from({ length: K }, (_, i) => i))
      for (const temperature of [0.1, 0.5, 2])
        expectClose(normalizedSoftmaxLoss(corners, y, corners, { temperature }), least(K, temperature), 1e-11)
    }
  })
})
