import { fc, test } from '@fast-check/vitest'
import { flip, grad, key, mean, sum, type Tensor, tensor, vjp, where } from '@wengert/core'
import { checkGradients, labels, laws, logits, tensors } from '@wengert/gradcheck'
import { describeErrors, expectClose, runs, values } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { type EnsLossOptions, ensLoss } from './ensLoss.ts'
import { ensLossLambda } from './ensLossLambda.ts'

const lambdas = fc.constantFrom(-1, -0.5, -1e-9, 0, 1e-9, 0.5, 1)
const drawn = (scores: (shape: readonly number[]) => fc.Arbitrary<Tensor>) =>
  fc.integer({ min: 1, max: 8 }).chain((B) => fc.tuple(scores([B]), labels([B], 2), tensors([B])))
const any = drawn(logits)
// No two margins tie, whatever the labels: logits of either sign that differ in size.
const distinct = drawn(([B = 0]) =>
  fc
    .tuple(
      fc.uniqueArray(fc.integer({ min: 1, max: 300 }), { minLength: B, maxLength: B }),
      fc.array(fc.boolean(), { minLength: B, maxLength: B }),
    )
    .map(([sizes, signs]) => tensor(Float64Array.from(sizes, (n, i) => (signs[i] ? n : -n) / 64))),
)
const marginsOf = (z: Tensor, y: Tensor): Tensor => where(y.equal(1), z, z.neg())

/** The slopes by which margins move the loss, in order of the examples. */
function slopesOf(z: Tensor, y: Tensor, options: EnsLossOptions): number[] {
  const slopes = grad((x: Tensor) => sum(ensLoss(x, y, options)))(z)
  return values(where(y.equal(1), slopes, slopes.neg()))
}

/** The formula in plain numbers. */
function plainSlopes(s: readonly number[], noise: readonly number[], lambda: number, floor: number): number[] {
  const power = (v: number): number => (lambda === 0 ? Math.exp(v) : Math.max(1 + lambda * v, 0) ** (1 / lambda))
  const ascending = noise.map((v) => Math.max(-power(v), -1)).sort((a, b) => a - b)
  const order = s.map((_, i) => i).sort((i, j) => (s[i] as number) - (s[j] as number) || i - j)
  const slopes = s.map(() => 0)
  order.forEach((i, r) => {
    const margin = s[i] as number
    slopes[i] = (ascending[r] as number) / Math.max(margin, 1) - floor
  })
  return slopes
}

describe('ensLoss', () => {
  test.prop([any, fc.constantFrom(-1, -0.5, 0, 0.5, 1), fc.constantFrom(0, 1e-6, 0.25)])(
    'is margins times the slopes of the formula, which are its gradient',
    ([z, y, noise], lambda, floor) => {
      const s = values(marginsOf(z, y))
      const slopes = plainSlopes(s, values(noise), lambda, floor)
      const like = (list: readonly number[]): Tensor => tensor(Float64Array.from(list), { shape: z.shape })
      expectClose(like(slopesOf(z, y, { noise, lambda, floor })), like(slopes))
      expectClose(ensLoss(z, y, { noise, lambda, floor }), like(slopes.map((g, i) => g * (s[i] as number))))
    },
  )

  test.prop([any, lambdas])('has slopes from −1 − floor to −floor, as calibration wants', ([z, y, noise], lambda) => {
    for (const slope of slopesOf(z, y, { noise, lambda })) {
      expect(slope).toBeGreaterThanOrEqual(-1 - 1e-6)
      expect(slope).toBeLessThanOrEqual(-1e-6)
    }
  })

  test.prop([any, lambdas])('has slopes that grow with the margin, as convexity wants', ([z, y, noise], lambda) => {
    const slopes = slopesOf(z, y, { noise, lambda })
    const margins = values(marginsOf(z, y))
    margins.forEach((a, i) => {
      margins.forEach((b, j) => {
        if (a < b) expect(slopes[i] as number).toBeLessThanOrEqual(slopes[j] as number)
      })
    })
  })

  test.prop([distinct, lambdas])('keeps the order of examples where margins differ', ([z, y, noise], lambda) => {
    laws.permutationEquivariant((z: Tensor, y: Tensor) => ensLoss(z, y, { noise, lambda }))(z, y)
  })

  test.prop([any, lambdas])('does not mind the order of the noise', ([z, y, noise], lambda) => {
    expectClose(ensLoss(z, y, { noise: flip(noise), lambda }), ensLoss(z, y, { noise, lambda }), 0)
  })

  test.prop([any])('is continuous in lambda at 0', ([z, y, noise]) => {
    const family = (lambda: number) => () => ensLoss(z, y, { noise, lambda })
    laws.tendsTo(family, () => ensLoss(z, y, { noise }), { along: [1e-6, 1e-9, 1e-12], tolerance: 1e-7 })()
    laws.tendsTo(family, () => ensLoss(z, y, { noise }), { along: [-1e-6, -1e-9, -1e-12], tolerance: 1e-7 })()
  })

  test.prop([any, fc.nat()])('is fixed by its key', ([z, y], seed) => {
    expectClose(ensLoss(z, y, { key: key(seed) }), ensLoss(z, y, { key: key(seed) }), 0)
  })

  test.prop([distinct], runs(0.25))('has derivatives that agree with differences', ([z, y, noise]) => {
    checkGradients((x: Tensor) => ensLoss(x, y, { noise }), [z])
  })

  for (const dtype of ['f32', 'f64'] as const)
    test.prop([any, lambdas])(`is finite, and so is its gradient, at ±10⁴ in ${dtype}`, ([z, y, noise], lambda) => {
      const saturated = where(z.greater(0), 1e4, -1e4).cast(dtype)
      const [loss, pullback] = vjp((x: Tensor) => ensLoss(x, y, { noise: noise.cast(dtype), lambda }), saturated)
      const [slopes] = pullback(loss.mul(0).add(1))
      for (const x of [loss, slopes]) {
        expect(x.dtype).toBe(dtype)
        expect(values(x).every(Number.isFinite)).toBe(true)
      }
    })

  it('draws another loss with another key', () => {
    const [z, y] = [tensor([-1, 0.5, 2]), tensor([1, 1, 0])]
    expect(values(ensLoss(z, y, { key: key(1) }))).not.toEqual(values(ensLoss(z, y, { key: key(2) })))
  })

  it('takes an infinite slope as 1, where 1 + λ v is 0 and λ < 0', () => {
    const noise = tensor([1, 2], { dtype: 'f64' })
    expect(slopesOf(tensor([0, 0.5], { dtype: 'f64' }), tensor([1, 1]), { noise, lambda: -1, floor: 0 })).toEqual([
      -1, -1,
    ])
  })

  it('separates two clusters by gradient descent', () => {
    const x = tensor(
      [
        [2, 1],
        [1, 2],
        [1.5, 1.5],
        [-1, -2],
        [-2, -1],
        [-1, -1],
      ],
      { dtype: 'f64' },
    )
    const y = tensor([1, 1, 1, 0, 0, 0])
    let w = tensor([-1, 0.5], { dtype: 'f64' })
    const scores = (w: Tensor): Tensor => sum(x.mul(w), { axis: -1 })
    for (let step = 0; step < 60; step++) {
      const slope = grad((w: Tensor) => mean(ensLoss(scores(w), y, { key: key(step) })))(w)
      w = tensor(Float64Array.from(values(w.sub(slope.mul(0.3)))))
    }
    expect(values(scores(w)).map((s) => Number(s > 0))).toEqual(values(y))
  })
})

describe('ensLossLambda', () => {
  test.prop([fc.nat(), fc.nat({ max: 1000 }), fc.integer({ min: 1, max: 20 })])(
    'lies in [−1, 1) and holds for a period',
    (seed, i, period) => {
      const lambda = ensLossLambda(key(seed), i * period, { period })
      expect(lambda).toBeGreaterThanOrEqual(-1)
      expect(lambda).toBeLessThan(1)
      expect(ensLossLambda(key(seed), (i + 1) * period - 1, { period })).toBe(lambda)
      expect(ensLossLambda(key(seed), (i + 1) * period, { period })).not.toBe(lambda)
    },
  )

  it('is spread evenly', () => {
    const draws = Array.from({ length: 4000 }, (_, epoch) => ensLossLambda(key(5), epoch))
    const moment = (p: number): number => draws.reduce((total, x) => total + x ** p, 0) / draws.length
    // Six standard errors of the mean, √(1/3 / 4000), and of the mean square, √(4/45 / 4000).
    expect(Math.abs(moment(1))).toBeLessThan(0.055)
    expect(Math.abs(moment(2) - 1 / 3)).toBeLessThan(0.03)
  })
})

describeErrors('ensLoss', {
  'ensLoss: key must be given, or noise, got neither. Pass fold(key, step).': () => ensLoss(tensor([1]), tensor([1])),
  'ensLoss: noise must have shape [B], got [2] (B = 1). Expected logits [B], labels [B], noise [B].': () =>
    ensLoss(tensor([1]), tensor([1]), { noise: tensor([1, 2]) }),
  'ensLoss: lambda must be a finite number, got NaN.': () =>
    ensLoss(tensor([1]), tensor([1]), { key: key(0), lambda: Number.NaN }),
  'ensLoss: floor must be a finite number of at least 0, got -1.': () =>
    ensLoss(tensor([1]), tensor([1]), { key: key(0), floor: -1 }),
  'ensLoss: labels must be 0 or 1, got 2 at [0]. Signs become such labels with labels.greater(0).': () =>
    ensLoss(tensor([1]), tensor([2]), { key: key(0) }),
  'ensLossLambda: period must be an integer of at least 1, got 0.': () => ensLossLambda(key(0), 1, { period: 0 }),
})
