import { fc, test } from '@fast-check/vitest'
import { grad, sum, type Tensor, tensor, where } from '@wengert/core'
import { labels, laws, logits, tensors } from '@wengert/gradcheck'
import { describeErrors, describeLoss, expectClose, paired, value, values } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { exponentialLoss } from './exponentialLoss.ts'
import { expTailHinge } from './expTailHinge.ts'
import { hingeLoss } from './hingeLoss.ts'
import { inverseLogTailHinge } from './inverseLogTailHinge.ts'
import { inverseTailHinge } from './inverseTailHinge.ts'
import { logTailHinge } from './logTailHinge.ts'

type BinaryLoss = (logits: Tensor, labels: Tensor) => Tensor

interface Companion {
  readonly loss: BinaryLoss
  /** Value and slope at s > 1, in plain numbers. */
  readonly beyond: (s: number) => readonly [value: number, slope: number]
  /** Greatest lower bound. */
  readonly least: number
}

const { E } = Math
const companions: Readonly<Record<string, Companion>> = {
  hingeLoss: { loss: hingeLoss, beyond: () => [0, 0], least: 0 },
  expTailHinge: { loss: expTailHinge, beyond: (s) => [Math.exp(1 - s) - 1, -Math.exp(1 - s)], least: -1 },
  inverseTailHinge: { loss: inverseTailHinge, beyond: (s) => [1 / s - 1, -1 / s ** 2], least: -1 },
  logTailHinge: { loss: logTailHinge, beyond: (s) => [-Math.log(s), -1 / s], least: Number.NEGATIVE_INFINITY },
  inverseLogTailHinge: {
    loss: inverseLogTailHinge,
    beyond: (s) => {
      const [inner, log] = [s + E - 1, Math.log(s + E - 1)]
      return [E / log - E, -E / (inner * log ** 2)]
    },
    least: -E,
  },
}

const binary = (shape: readonly number[]): fc.Arbitrary<Tensor> => labels(shape, 2)
const any = paired(logits, binary)
const away = paired((shape) => tensors(shape, { avoid: [-1, 1] }), binary)
const lines = fc.nat({ max: 4 }).chain((n) => fc.tuple(tensors([n]), tensors([n]), binary([n])))
const marginsOf = (z: Tensor, y: Tensor): Tensor => where(y.equal(1), z, z.neg())
const mirrored = (loss: BinaryLoss): ((z: Tensor, y: Tensor) => void) =>
  laws.invariant(loss, (z: Tensor, y: Tensor) => [z.neg(), y.neg().add(1)], { tolerance: 0 })

for (const [name, { loss, beyond, least }] of Object.entries(companions)) {
  describeLoss(loss, {
    name,
    share: 0.5,
    args: any,
    smooth: away,
    laws: {
      'does not change when labels and logits both change sides': mirrored(loss),
      'is 1 − s up to the margin': (z, y) => {
        const s = marginsOf(z, y)
        expectClose(where(s.lessEqual(1), loss(z, y), 0), where(s.lessEqual(1), s.neg().add(1), 0))
      },
      'stays above its bound': laws.bounded(loss, { min: least }),
    },
  })

  describe(name, () => {
    test.prop([lines])('is convex in the logit', ([a, b, y]) => {
      laws.convex((z) => loss(z, y))(a, b)
    })

    test.prop([away])('has the documented values and slopes', ([z, y]) => {
      const s = values(marginsOf(z, y))
      const signs = values(y).map((label) => 2 * label - 1)
      const expected = s.map((v) => (v > 1 ? beyond(v) : ([1 - v, -1] as const)))
      const slopes = expected.map(([, slope], i) => slope * (signs[i] as number))
      const like = (list: readonly number[]): Tensor => tensor(Float64Array.from(list), { shape: z.shape })
      expectClose(loss(z, y), like(expected.map(([v]) => v)))
      expectClose(grad((x: Tensor) => sum(loss(x, y)))(z), like(slopes))
    })

    test.prop([lines])('falls with the margin', ([a, b, y]) => {
      const [more, less] = [marginsOf(a, y), marginsOf(b, y)]
      const [atMore, atLess] = [values(loss(a, y)), values(loss(b, y))]
      const greater = values(more.greater(less))
      greater.forEach((is, i) => {
        if (is) expect(atMore[i] as number).toBeLessThanOrEqual(atLess[i] as number)
      })
    })

    test.prop([paired(logits, binary)])('takes labels of any dtype', ([z, y]) => {
      for (const dtype of ['bool', 'f32', 'f64'] as const) expectClose(loss(z, y.cast(dtype)), loss(z, y), 0)
    })

    it('is continuous at the margin', () => {
      const at = (s: number): number => value(loss(tensor(s, { dtype: 'f64' }), tensor(1)))
      expect(at(1)).toBe(0)
      expect(at(1 + 1e-9)).toBeCloseTo(beyond(1)[1] * 1e-9, 15)
      const slope = value(grad((x: Tensor) => loss(x, tensor(1)))(tensor(1, { dtype: 'f64' })))
      expect(slope).toBeCloseTo(beyond(1)[1], 15)
    })

    it('marks computed labels other than 0 and 1 by NaN', () => {
      const computed = tensor([1, 0.5, 0]).add(0)
      expect(values(loss(tensor([1, 2, 3]), computed)).map(Number.isNaN)).toEqual([false, true, false])
    })
  })

  describeErrors(name, {
    [`${name}: labels must be 0 or 1, got -1 at [0, 1]. Signs become such labels with labels.greater(0).`]: () =>
      loss(tensor([[1, 2]]), tensor([[1, -1]])),
    [`${name}: logits must be f32 or f64, got i32 [1]. Cast it, e.g. logits.cast('f32').`]: () =>
      loss(tensor([1], { dtype: 'i32' }), tensor([1])),
  })
}

describeLoss(exponentialLoss, {
  name: 'exponentialLoss',
  args: away,
  // A wrong logit of 1e4 honestly costs e^10000.
  saturation: 80,
  laws: {
    'does not change when labels and logits both change sides': mirrored(exponentialLoss),
    'is greater than 0': laws.bounded(exponentialLoss, { min: Number.MIN_VALUE }),
    'multiplies where margins add': (z, y) => {
      expectClose(exponentialLoss(z.mul(3), y), exponentialLoss(z, y).mul(exponentialLoss(z.mul(2), y)))
    },
    'is its own slope, up to the sign of the label': (z, y) => {
      const gradient = grad((x: Tensor) => sum(exponentialLoss(x, y)))(z)
      expectClose(gradient, where(y.equal(1), exponentialLoss(z, y).neg(), exponentialLoss(z, y)))
    },
    'lies above the hinge': (z, y) => {
      laws.bounded((a: Tensor, b: Tensor) => exponentialLoss(a, b).sub(hingeLoss(a, b)), { min: 0 })(z, y)
    },
  },
})

describe('exponentialLoss', () => {
  test.prop([lines])('is convex in the logit', ([a, b, y]) => {
    laws.convex((z) => exponentialLoss(z, y))(a, b)
  })

  it('overflows to infinity, not to NaN', () => {
    expect(values(exponentialLoss(tensor([-1e4, 1e4]), tensor([1, 1])))).toEqual([Number.POSITIVE_INFINITY, 0])
  })
})

describeErrors('exponentialLoss', {
  'exponentialLoss: labels must be 0 or 1, got 2 at [1]. Signs become such labels with labels.greater(0).': () =>
    exponentialLoss(tensor([1, 2]), tensor([1, 2])),
})

describe('the tails', () => {
  test.prop([fc.nat({ max: 4 }).chain((n) => tensors([n], { min: 4, max: 50 }))])(
    'are the flatter far out the sooner they were named: exponential, inverse, inverse of the logarithm, logarithm',
    (z) => {
      const ones = z.mul(0).add(1)
      const slopes = [expTailHinge, inverseTailHinge, inverseLogTailHinge, logTailHinge].map((loss) =>
        values(grad((x: Tensor) => sum(loss(x, ones)))(z).neg()),
      )
      for (let i = 1; i < slopes.length; i++)
        slopes[i]?.forEach((slope, j) => {
          expect(slope).toBeGreaterThan(slopes[i - 1]?.[j] as number)
        })
    },
  )
})
