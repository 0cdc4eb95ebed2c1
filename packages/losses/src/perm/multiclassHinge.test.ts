import { fc, test } from '@fast-check/vitest'
import { argMax, grad, oneHot, relu, sum, type Tensor, tensor } from '@wengert/core'
import { labels, laws, logits, tensors } from '@wengert/gradcheck'
import { classesReversed, classified, describeErrors, describeLoss, expectClose, values } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { ldrKLoss } from '../ldr/ldrKLoss.ts'
import { type MulticlassHingeOptions, multiclassHinge } from './multiclassHinge.ts'
import { crammerSingerHinge, westonWatkinsHinge } from './namedHinges.ts'

// Multiples of 1.013/64 that are apart: no two tie, and no difference is the margin 1.
const untied = (shape: readonly number[]): fc.Arbitrary<Tensor> =>
  tensors(shape, { distinct: true }).map((z) => z.mul(1.013))
const K = (z: Tensor): number => z.shape.at(-1) as number
const hits = (z: Tensor, y: Tensor): Tensor => oneHot(y, K(z), { dtype: 'f64' })
const crammerSinger = (z: Tensor, y: Tensor, options: MulticlassHingeOptions = {}): Tensor =>
  multiclassHinge(z, y, { variant: 'crammerSinger', ...options })

type Law = (z: Tensor, y: Tensor) => void

/** What is said of one variant alone, for each power. */
const ownLaws: Record<'westonWatkins' | 'crammerSinger', (p: 1 | 2) => Record<string, Law>> = {
  westonWatkins: (p) => ({
    'counts at least the classes that are no less than the label': (z, y) => {
      const label = sum(z.mul(hits(z, y)), { axis: -1, keepDims: true })
      const wrong = values(sum(z.greaterEqual(label), { axis: -1 }))
      values(multiclassHinge(z, y, { p })).forEach((x, i) => {
        expect(x).toBeGreaterThanOrEqual((wrong[i] as number) - 1)
      })
    },
    'is the sum of the hinges': (z, y) => {
      const label = sum(z.mul(hits(z, y)), { axis: -1, keepDims: true })
      const hinges = relu(z.sub(label).add(1)).mul(hits(z, y).neg().add(1))
      expectClose(multiclassHinge(z, y, { p }), sum(p === 1 ? hinges : hinges.square(), { axis: -1 }))
    },
  }),
  crammerSinger: (p) => ({
    'is at least 1 where an example is read wrong': (z, y) => {
      const wrong = values(argMax(z).notEqual(y))
      values(crammerSinger(z, y, { p })).forEach((x, i) => {
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
      expectClose(crammerSinger(z, y, { p }), tensor(expected, { shape: y.shape, dtype: 'f64' }))
    },
  }),
}

for (const variant of ['westonWatkins', 'crammerSinger'] as const)
  for (const p of [1, 2] as const)
    describe(`${variant} with p = ${p}`, () => {
      const loss = (z: Tensor, y: Tensor): Tensor => multiclassHinge(z, y, { variant, p })
      describeLoss(loss, {
        name: 'multiclassHinge',
        args: classified(),
        smooth: classified(untied),
        share: 0.75,
        laws: {
          'does not change when all logits of an example are shifted': laws.shiftInvariant(loss),
          'does not change when classes change places': laws.invariant(loss, classesReversed),
          ...ownLaws[variant](p),
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

describe('multiclassHinge', () => {
  test.prop([classified(tensors)])('can be divided by the number of classes', ([z, y]) => {
    expectClose(multiclassHinge(z, y, { normalizeByClasses: true }), multiclassHinge(z, y).div(K(z)))
  })

  test.prop([classified(tensors), fc.integer({ min: 0, max: 8 })])('scales with its margin', ([z, y], n) => {
    const margin = 2 ** (n - 4)
    expectClose(multiclassHinge(z.mul(margin), y, { margin }), multiclassHinge(z, y).mul(margin))
  })

  test.prop([classified(), fc.integer({ min: 0, max: 8 })])(
    'is ldrKLoss with k = 1 by Crammer and Singer',
    ([z, y], margin) => {
      expectClose(crammerSinger(z, y, { margin }), ldrKLoss(z, y, { margin }))
    },
  )

  test.prop([classified(undefined, 2)])(
    'by Weston and Watkins is at least that by Crammer and Singer, and at most K − 1 times it',
    ([z, y]) => {
      const [cs, ww] = [values(crammerSinger(z, y)), values(multiclassHinge(z, y))]
      cs.forEach((x, i) => {
        const other = ww[i] as number
        expect(x).toBeLessThanOrEqual(other)
        expect(other).toBeLessThanOrEqual((K(z) - 1) * x * (1 + 1e-12))
      })
    },
  )

  test.prop([classified(untied)])(
    'by Crammer and Singer moves the strongest wrong class and the label, if anything',
    ([z, y]) => {
      const g = grad((x: Tensor) => sum(crammerSinger(x, y)))(z)
      const active = values(crammerSinger(z, y)).map((x) => (x > 0 ? 2 : 0))
      expect(values(sum(g.abs(), { axis: -1 }))).toEqual(active)
      expectClose(sum(g, { axis: -1 }), 0, 0)
    },
  )

  it('by Crammer and Singer takes the first of equal classes', () => {
    const gradient = grad((z: Tensor) => crammerSinger(z, tensor(1, { dtype: 'i32' })))
    expect(values(gradient(tensor([2, 0, 2])))).toEqual([1, -1, 0])
  })

  it('has gradient 0 at the kinks', () => {
    const y = tensor(0, { dtype: 'i32' })
    for (const variant of ['westonWatkins', 'crammerSinger'] as const)
      for (const p of [1, 2] as const) {
        const gradient = grad((z: Tensor) => multiclassHinge(z, y, { variant, p }))(tensor([1, 0, 0]))
        expect(values(gradient).map(Math.abs)).toEqual([0, 0, 0])
      }
  })
})

const of = (options: MulticlassHingeOptions, label = 1): Tensor =>
  multiclassHinge(tensor([1, 2]), tensor(label, { dtype: 'i32' }), options)

describeErrors('multiclassHinge', {
  'multiclassHinge: margin must be a finite number of at least 0, got -1.': () => of({ margin: -1 }),
  'multiclassHinge: margin must be a finite number of at least 0, got NaN.': () => of({ margin: Number.NaN }),
  'multiclassHinge: p must be 1 or 2, got 3.': () => of({ p: 3 as 2 }),
  "multiclassHinge: normalizeByClasses must be false with 'crammerSinger', got true.": () =>
    of({ variant: 'crammerSinger', normalizeByClasses: true }),
  'multiclassHinge: labels must be class indices from 0 to 1, got 2. The logits have 2 classes.': () => of({}, 2),
})

describe('the variants by their own names', () => {
  test.prop([classified(), fc.integer({ min: 0, max: 3 }), fc.constantFrom(1, 2)])(
    'are the variants',
    ([z, y], margin, p) => {
      const options = { margin, p: p as 1 | 2 }
      expectClose(crammerSingerHinge(z, y, options), crammerSinger(z, y, options))
      expectClose(westonWatkinsHinge(z, y, options), multiclassHinge(z, y, options))
      const all = { ...options, normalizeByClasses: true }
      expectClose(westonWatkinsHinge(z, y, all), multiclassHinge(z, y, all))
    },
  )
})
