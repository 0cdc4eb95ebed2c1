import { fc, test } from '@fast-check/vitest'
import { grad, sum, type Tensor, tensor } from '@wengert/core'
import { checkCustomVjp, labels, laws, tensors, unitVectors } from '@wengert/gradcheck'
import { describeLoss, expectClose, runs, value, values } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { arcFaceLoss } from './arcFaceLoss.ts'
import { cosFaceLoss } from './cosFaceLoss.ts'
import { cosineLogits } from './cosineLogits.ts'
import { type Monotone, widenAngle } from './widenAngle.ts'

const modes: readonly Monotone[] = ['none', 'linear', 'easy']
const prototypes = tensor([
  [3, 1],
  [-1, 2],
  [0.5, -3],
])
const batch = fc.tuple(tensors([3, 2]), labels([3], 3), tensors([3, 2]))
const own = (x: Tensor, y: Tensor): number[] => {
  const c = values(cosineLogits(x, prototypes))
  return values(y).map((k, i) => c[3 * i + k] as number)
}
const loss = (x: Tensor, y: Tensor): Tensor => arcFaceLoss(x, y, prototypes, { scale: 8 })

/** The formula in plain numbers. */
const plain = (theta: number, m: number, monotone: Monotone): number => {
  if (monotone === 'linear' && theta > Math.PI - m) return Math.cos(theta) - m * Math.sin(m)
  return monotone === 'easy' && Math.cos(theta) <= 0 ? Math.cos(theta) : Math.cos(theta + m)
}
const f64 = (x: number): Tensor => tensor(x, { dtype: 'f64' })

describeLoss(loss, {
  name: 'arcFaceLoss',
  args: fc.integer({ min: 1, max: 3 }).chain((B) => fc.tuple(tensors([B, 2]), labels([B], 3))),
  smooth: fc
    .integer({ min: 1, max: 3 })
    .chain((B) => fc.tuple(unitVectors([B, 2]), labels([B], 3)))
    .filter(([x, y]) => own(x, y).every((c) => Math.abs(c) < 0.99 && Math.abs(c + Math.cos(0.5)) > 0.01)),
  laws: {
    'without a margin is cosFaceLoss without one': (x, y) => {
      const bare = cosFaceLoss(x, y, prototypes, { margin: 0 })
      for (const monotone of modes) expectClose(arcFaceLoss(x, y, prototypes, { margin: 0, monotone }), bare, 1e-11)
    },
    'is at least what it is without a margin, where the angle does not exceed π': (x, y) => {
      const rise = values(loss(x, y).sub(arcFaceLoss(x, y, prototypes, { scale: 8, margin: 0 })))
      own(x, y).forEach((c, i) => {
        if (c >= -Math.cos(0.5)) expect(rise[i]).toBeGreaterThanOrEqual(-1e-12)
      })
    },
    'is cosFaceLoss beyond π − margin': (x, y) => {
      const straight = values(cosFaceLoss(x, y, prototypes, { scale: 8, margin: 0.5 * Math.sin(0.5) }))
      const found = values(loss(x, y))
      own(x, y).forEach((c, i) => {
        if (c < -Math.cos(0.5)) expect(found[i]).toBeCloseTo(straight[i] as number, 11)
      })
    },
  },
})

describe('arcFaceLoss', () => {
  test.prop([batch], runs(0.5))('is the same in all modes where the angle is less than π/2', ([x, y, w]) => {
    const [none, linear, easy] = modes.map((monotone) => values(arcFaceLoss(x, y, w, { monotone }))) as [
      number[],
      number[],
      number[],
    ]
    const c = values(cosineLogits(x, w))
    values(y).forEach((k, i) => {
      if ((c[3 * i + k] as number) <= 0) return
      expect(linear[i]).toBe(none[i])
      expect(easy[i]).toBe(none[i])
    })
  })
})

describe.each(modes)('widenAngle, %s', (monotone) => {
  const turned = (c: Tensor, m: number | Tensor): Tensor => widenAngle('test', c, m, monotone)
  const angle = fc.double({ min: 1e-3, max: Math.PI - 1e-3, noNaN: true })
  const margin = fc.double({ min: 0, max: 1.5, noNaN: true })
  const away = (theta: number, m: number): boolean =>
    Math.abs(theta - Math.PI / 2) > 1e-3 && Math.abs(theta + m - Math.PI) > 1e-3

  test.prop([angle, margin])('is the formula in plain numbers, for margins of either form', (theta, m) => {
    fc.pre(away(theta, m))
    const c = f64(Math.cos(theta))
    expect(value(turned(c, m))).toBeCloseTo(plain(theta, m, monotone), 12)
    expectClose(turned(c, f64(m)), turned(c, m))
  })

  test.prop([angle, margin], runs(0.3))('has a right rule for the sine, of order 2 too', (theta, m) => {
    fc.pre(away(theta, m) && Math.sin(theta) > 0.1)
    checkCustomVjp((c: Tensor) => turned(c, m).mul(c), [f64(Math.cos(theta))])
  })

  test.prop([angle, angle, margin])('falls as the angle grows, on each side of π − margin', (a, b, m) => {
    fc.pre(away(a, m) && away(b, m) && a < b)
    const sameSide = (edge: number): boolean => a > edge || b < edge
    fc.pre(monotone === 'none' ? b + m < Math.PI : sameSide(monotone === 'linear' ? Math.PI - m : Math.PI / 2))
    expect(value(turned(f64(Math.cos(b)), m))).toBeLessThanOrEqual(value(turned(f64(Math.cos(a)), m)) + 1e-12)
  })

  it('is exact and has a finite slope at 0 and π, and where rounding has led beyond', () => {
    for (const dtype of ['f32', 'f64'] as const)
      for (const c of [1, -1, 1 + 2 ** -23, -1 - 2 ** -23]) {
        const at = tensor(c, { dtype })
        const m = c < 0 && monotone === 'easy' ? 0 : c < 0 && monotone === 'linear' ? null : 0.5
        if (Math.abs(c) === 1)
          expect(value(turned(at, 0.5))).toBeCloseTo(m === null ? -1 - 0.5 * Math.sin(0.5) : c * Math.cos(m), 6)
        const slope = value(grad((x: Tensor) => sum(turned(x, 0.5)))(at))
        expect(Number.isFinite(slope)).toBe(true)
        // Training goes on at cosine 1, towards it.
        expect(slope).toBeGreaterThan(monotone === 'none' && c < 0 ? Number.NEGATIVE_INFINITY : 0)
      }
  })

  test.prop([angle, margin])('is at most the cosine as long as the angle does not exceed π', (theta, m) => {
    fc.pre(theta + m < Math.PI)
    laws.bounded(() => turned(f64(Math.cos(theta)), m), { max: Math.cos(theta) + 1e-12 })()
  })
})
