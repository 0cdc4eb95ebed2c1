import { fc, test } from '@fast-check/vitest'
import { argMax, grad, sum, type Tensor, tensor } from '@wengert/core'
import { labels, laws, logits, tensors } from '@wengert/gradcheck'
import { classesReversed, classified, describeErrors, describeLoss, expectClose, values } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { ldrKLoss } from '../ldr/ldrKLoss.ts'
import { crammerSingerHinge } from './crammerSingerHinge.ts'
import { westonWatkinsHinge } from './westonWatkinsHinge.ts'

// Multiples of 1.013/64 that are apart: no two tie, and no difference is the margin 1.
const untied = (shape: readonly number[]): fc.Arbitrary<Tensor> =>
  tensors(shape, { distinct: true }).map((z) => z.mul(1.013))
const K = (z: Tensor): number => z.shape.at(-1) as number

for (const p of [1, 2] as const)
  describe(`with p = ${p}`, () => {
    const loss = (z: Tensor, y: Tensor): Tensor => crammerSingerHinge(z, y, { p })
    describeLoss(loss, {
      name: 'crammerSingerHinge',
      args: classified(),
      smooth: classified(untied),
      laws: {
        'does not change when all logits of an example are shifted': laws.shiftInvariant(loss),
        'does not change when classes change places': laws.invariant(loss, classesReversed),
        'is at least 1 where an example is read wrong': (z, y) => {
          const wrong = values(argMax(z).notEqual(y))
          values(loss(z, y)).forEach((x, i) => {
            expect(x).toBeGreaterThanOrEqual(wrong[i] as number)
          })
        },
        'is the worst single hinge, in plain numbers': (z, y) => {
          const rows = values(z)
          const expected = values(y).map((label, i) => {
            const row = rows.slice(i * K(z), (i + 1) * K(z))
            const others = row.filter((_, j) => j !== label)
            return Math.max(0, ...others.map((x) => 1 - (row[label] as number) + x)) ** p
          })
          expectClose(loss(z, y), tensor(expected, { shape: y.shape, dtype: 'f64' }))
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

describe('crammerSingerHinge', () => {
  test.prop([classified(), fc.integer({ min: 0, max: 8 })])('is ldrKLoss with k = 1', ([z, y], margin) => {
    expectClose(crammerSingerHinge(z, y, { margin }), ldrKLoss(z, y, { margin }))
  })

  test.prop([classified(undefined, 2)])('is at most westonWatkinsHinge, which is at most K − 1 times it', ([z, y]) => {
    const [cs, ww] = [values(crammerSingerHinge(z, y)), values(westonWatkinsHinge(z, y))]
    cs.forEach((x, i) => {
      const other = ww[i] as number
      expect(x).toBeLessThanOrEqual(other)
      expect(other).toBeLessThanOrEqual((K(z) - 1) * x * (1 + 1e-12))
    })
  })

  test.prop([classified(untied)])('moves the strongest wrong class and the label, if anything', ([z, y]) => {
    const g = grad((x: Tensor) => sum(crammerSingerHinge(x, y)))(z)
    const active = values(crammerSingerHinge(z, y)).map((x) => (x > 0 ? 2 : 0))
    expect(values(sum(g.abs(), { axis: -1 }))).toEqual(active)
    expectClose(sum(g, { axis: -1 }), 0, 0)
  })

  it('takes the first of equal classes, and has gradient 0 at the kink', () => {
    const y = tensor(1, { dtype: 'i32' })
    const gradient = grad((z: Tensor) => crammerSingerHinge(z, y))
    expect(values(gradient(tensor([2, 0, 2])))).toEqual([1, -1, 0])
    expect(values(gradient(tensor([0, 1, 0]))).map(Math.abs)).toEqual([0, 0, 0])
  })
})

describeErrors('crammerSingerHinge', {
  'crammerSingerHinge: margin must be a finite number of at least 0, got -1.': () =>
    crammerSingerHinge(tensor([1, 2]), tensor(1, { dtype: 'i32' }), { margin: -1 }),
  'crammerSingerHinge: p must be 1 or 2, got 3.': () =>
    crammerSingerHinge(tensor([1, 2]), tensor(1, { dtype: 'i32' }), { p: 3 as 2 }),
  'crammerSingerHinge: labels must be class indices from 0 to 1, got 2. The logits have 2 classes.': () =>
    crammerSingerHinge(tensor([1, 2]), tensor(2, { dtype: 'i32' })),
})
