import { fc, test } from '@fast-check/vitest'
import { grad, oneHot, relu, sum, type Tensor, tensor } from '@wengert/core'
import { labels, laws, logits, tensors } from '@wengert/gradcheck'
import { classesReversed, classified, describeErrors, describeLoss, expectClose, values } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { westonWatkinsHinge } from './westonWatkinsHinge.ts'

// Multiples of 1.013/64: no difference is the margin 1.
const untied = (shape: readonly number[]): fc.Arbitrary<Tensor> =>
  tensors(shape, { distinct: true }).map((z) => z.mul(1.013))
const K = (z: Tensor): number => z.shape.at(-1) as number
const hits = (z: Tensor, y: Tensor): Tensor => oneHot(y, K(z), { dtype: 'f64' })

for (const p of [1, 2] as const)
  describe(`with p = ${p}`, () => {
    const loss = (z: Tensor, y: Tensor): Tensor => westonWatkinsHinge(z, y, { p })
    describeLoss(loss, {
      name: 'westonWatkinsHinge',
      args: classified(),
      smooth: classified(untied),
      laws: {
        'does not change when all logits of an example are shifted': laws.shiftInvariant(loss),
        'does not change when classes change places': laws.invariant(loss, classesReversed),
        'counts at least the classes that are no less than the label': (z, y) => {
          const label = sum(z.mul(hits(z, y)), { axis: -1, keepDims: true })
          const wrong = values(sum(z.greaterEqual(label), { axis: -1 }))
          values(loss(z, y)).forEach((x, i) => {
            expect(x).toBeGreaterThanOrEqual((wrong[i] as number) - 1)
          })
        },
        'is the sum of the hinges': (z, y) => {
          const label = sum(z.mul(hits(z, y)), { axis: -1, keepDims: true })
          const hinges = relu(z.sub(label).add(1)).mul(hits(z, y).neg().add(1))
          expectClose(loss(z, y), sum(p === 1 ? hinges : hinges.square(), { axis: -1 }))
        },
      },
    })

    test.prop([
      fc
        .tuple(fc.nat({ max: 3 }), fc.integer({ min: 1, max: 4 }))
        .chain(([B, K]) => fc.tuple(logits([B, K]), logits([B, K]), labels([B], K))),
    ])('is convex', ([a, b, y]) => {
      laws.convex((z) => loss(z, y))(a, b)
    })
  })

describe('westonWatkinsHinge', () => {
  test.prop([classified(tensors)])('can be divided by the number of classes', ([z, y]) => {
    expectClose(westonWatkinsHinge(z, y, { normalizeByClasses: true }), westonWatkinsHinge(z, y).div(K(z)))
  })

  test.prop([classified(tensors), fc.integer({ min: 0, max: 8 })])('scales with its margin', ([z, y], n) => {
    const margin = 2 ** (n - 4)
    expectClose(westonWatkinsHinge(z.mul(margin), y, { margin }), westonWatkinsHinge(z, y).mul(margin))
  })

  it('has gradient 0 at the kink', () => {
    const y = tensor(0, { dtype: 'i32' })
    for (const p of [1, 2] as const) {
      const gradient = grad((z: Tensor) => westonWatkinsHinge(z, y, { p }))(tensor([1, 0, 0]))
      expect(values(gradient).map(Math.abs)).toEqual([0, 0, 0])
    }
  })
})

describeErrors('westonWatkinsHinge', {
  'westonWatkinsHinge: margin must be a finite number of at least 0, got NaN.': () =>
    westonWatkinsHinge(tensor([1, 2]), tensor(1, { dtype: 'i32' }), { margin: Number.NaN }),
  'westonWatkinsHinge: p must be 1 or 2, got 0.': () =>
    westonWatkinsHinge(tensor([1, 2]), tensor(1, { dtype: 'i32' }), { p: 0 as 1 }),
})
