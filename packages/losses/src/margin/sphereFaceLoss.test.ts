import { fc, test } from '@fast-check/vitest'
import { type Tensor, tensor } from '@wengert/core'
import { labels, laws, tensors, unitVectors } from '@wengert/gradcheck'
import { describeLoss, expectClose, runs, value, values } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { cosineLogits } from './cosineLogits.ts'
import { normalizedSoftmaxLoss } from './normalizedSoftmaxLoss.ts'
import { sphereFaceLoss } from './sphereFaceLoss.ts'

const prototypes = tensor([
  [3, 1],
  [-1, 2],
  [0.5, -3],
])
const loss = (x: Tensor, y: Tensor): Tensor => sphereFaceLoss(x, y, prototypes)
const sizes = fc.integer({ min: 1, max: 3 })

describeLoss(loss, {
  name: 'sphereFaceLoss',
  args: sizes.chain((B) => fc.tuple(tensors([B, 2]), labels([B], 3))),
  // Where k jumps, the second derivative does, too.
  smooth: sizes
    .chain((B) => fc.tuple(unitVectors([B, 2]), labels([B], 3)))
    .filter(([x, y]) => {
      const c = values(cosineLogits(x, prototypes))
      return values(y).every((k, i) => {
        const turns = (4 * Math.acos(c[3 * i + k] as number)) / Math.PI
        return Math.abs(turns - Math.round(turns)) > 0.01
      })
    }),
  laws: {
    'has the length of embeddings as a scale': (x, y) => {
      expectClose(loss(x.mul(3), y), sphereFaceLoss(x, y, prototypes, { scale: 3 }), 1e-11)
    },
    'is normalizedSoftmaxLoss without a margin and lengths': (x, y) => {
      const bare = sphereFaceLoss(x, y, prototypes, { margin: 1, featureNorm: 'unit', scale: 5 })
      expectClose(bare, normalizedSoftmaxLoss(x, y, prototypes, { temperature: 0.2 }), 1e-11)
    },
    'does not fall as the margin grows, and falls back to none as lambda does': (x, y) => {
      const by = (margin: number, lambda = 0): Tensor => sphereFaceLoss(x, y, prototypes, { margin, lambda })
      laws.bounded(() => by(4).sub(by(1)), { min: -1e-11 })()
      laws.tendsTo(
        (lambda: number) => () => by(4, lambda),
        () => by(1),
        { along: [1, 1e3, 1e12], tolerance: 1e-10 },
      )()
    },
  },
})

/** ψ of an angle, read off the loss of one other class at a right angle to the label's. */
const psi = (theta: number, margin: number): number => {
  const x = tensor([Math.cos(theta), 0, Math.sin(theta)], { dtype: 'f64' })
  const w = tensor([
    [1, 0, 0],
    [0, 1, 0],
  ])
  return -Math.log(Math.expm1(value(sphereFaceLoss(x, tensor(0, { dtype: 'i32' }), w, { margin }))))
}

describe('ψ', () => {
  const angle = fc.double({ min: 0, max: Math.PI, noNaN: true })
  const margin = fc.integer({ min: 1, max: 6 })

  test.prop([angle, margin])('is its formula in plain numbers', (theta, m) => {
    const k = Math.min(Math.floor((m * theta) / Math.PI), m - 1)
    expect(psi(theta, m)).toBeCloseTo((-1) ** k * Math.cos(m * theta) - 2 * k, 9)
  })

  test.prop([angle, angle, margin], runs(0.5))('falls, and is at most the cosine', (a, b, m) => {
    const [near, far] = [Math.min(a, b), Math.max(a, b)]
    expect(psi(far, m)).toBeLessThanOrEqual(psi(near, m) + 1e-12)
    expect(psi(a, m)).toBeLessThanOrEqual(Math.cos(a) + 1e-12)
  })

  it('goes from 1 to 1 − 2 margin without jumps', () => {
    for (const m of [1, 2, 3, 4]) {
      expect(psi(0, m)).toBeCloseTo(1, 12)
      expect(psi(Math.PI, m)).toBeCloseTo(1 - 2 * m, 12)
      for (let k = 1; k < m; k++) {
        const edge = (k * Math.PI) / m
        expect(psi(edge - 1e-7, m)).toBeCloseTo(psi(edge + 1e-7, m), 10)
      }
    }
  })
})
