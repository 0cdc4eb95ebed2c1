import { fc, test } from '@fast-check/vitest'
import { grad, norm, sum, type Tensor, tensor } from '@wengert/core'
import { labels, laws, tensors, unitVectors } from '@wengert/gradcheck'
import { describeLoss, expectClose, runs, value, values } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { arcFaceLoss } from './arcFaceLoss.ts'
import { cosineLogits } from './cosineLogits.ts'
import { magFaceLoss, magnitudes } from './magFaceLoss.ts'

const prototypes = tensor([
  [3, 1],
  [-1, 2],
  [0.5, -3],
])
const sizes = fc.integer({ min: 1, max: 3 })
const loss = (x: Tensor, y: Tensor): Tensor => magFaceLoss(x, y, prototypes, { scale: 8 })
/** The margin of a length. */
const margin = (a: number): number => 0.45 + (0.35 * (Math.min(110, Math.max(10, a)) - 10)) / 100

describeLoss(loss, {
  name: 'magFaceLoss',
  args: sizes.chain((B) => fc.tuple(tensors([B, 2]), labels([B], 3))),
  smooth: sizes
    .chain((B) => fc.tuple(unitVectors([B, 2]), labels([B], 3), fc.constantFrom(4, 30, 90, 150)))
    .map(([x, y, length]): [Tensor, Tensor] => [x.mul(length), y])
    .filter(([x, y]) => {
      const c = values(cosineLogits(x, prototypes))
      return values(y).every(
        (k, i) => Math.abs(c[3 * i + k] as number) < 0.99 && Math.abs(c[3 * i + k] as number) > 0.01,
      )
    }),
  laws: {
    'costs more by lambda times a term of the length': (x, y) => {
      const bare = magFaceLoss(x, y, prototypes, { scale: 8, lambda: 0 })
      const g = values(norm(x, { axis: -1 })).map((length) => {
        const a = Math.min(110, Math.max(10, length))
        return 35 * (a / 110 ** 2 + 1 / a)
      })
      expectClose(loss(x, y).sub(bare), tensor(g, { dtype: 'f64' }), 1e-11)
    },
    'is at least lambda times the least such term, 2 / upperNorm': (x, y) => {
      laws.bounded(loss, { min: (35 * 2) / 110 })(x, y)
    },
  },
})

describe('magFaceLoss', () => {
  const lengths = fc.double({ min: 1, max: 200, noNaN: true })

  test.prop([fc.tuple(unitVectors([3, 2]), labels([3], 3)), lengths, fc.constantFrom('none', 'linear', 'easy')])(
    'is arcFaceLoss with the margin of the length, where all are as long',
    ([x, y], length, monotone) => {
      const options = { scale: 16, monotone } as const
      const c = values(cosineLogits(x, prototypes))
      // Beside a threshold rounding may decide for one branch or the other.
      fc.pre(c.every((v) => Math.abs(v) > 1e-9 && Math.abs(v + Math.cos(margin(length))) > 1e-9))
      const plain = arcFaceLoss(x, y, prototypes, { ...options, margin: margin(length) })
      expectClose(magFaceLoss(x.mul(length), y, prototypes, { ...options, lambda: 0 }), plain, 1e-9)
    },
  )

  test.prop([fc.tuple(unitVectors([3, 2]), labels([3], 3)), fc.constantFrom(1, 9, 120, 500)], runs(0.3))(
    'has no gradient along embeddings that are too short or too long',
    ([x, y], length) => {
      const g = grad((z: Tensor) => sum(magFaceLoss(z, y, prototypes)))(x.mul(length))
      expectClose(sum(g.mul(x), { axis: -1 }), 0, 1e-9)
    },
  )

  test.prop([lengths, lengths])('has a term that falls with the length', (a, b) => {
    const cost = (length: number): number =>
      value(magnitudes('test', tensor([length, 0], { dtype: 'f64' }), { lambda: 1 }).cost)
    const [short, long] = [Math.min(a, b), Math.max(a, b)]
    expect(cost(long)).toBeLessThanOrEqual(cost(short) + 1e-15)
  })

  it('asks for no more length at upperNorm, and none at lowerNorm but by the term', () => {
    const slope = (length: number): number =>
      value(
        grad((x: Tensor) => magnitudes('test', x, {}).cost)(tensor([length, 0], { dtype: 'f64' }))
          .slice([0], [1])
          .squeeze(0),
      )
    expect(slope(110)).toBeCloseTo(0, 15)
    expect(slope(20)).toBeCloseTo(35 * (1 / 110 ** 2 - 1 / 400), 12)
    expect(slope(5)).toBe(0)
  })
})
