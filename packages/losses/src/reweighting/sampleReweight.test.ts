import { fc, test } from '@fast-check/vitest'
import { grad, mean, sum, type Tensor, tensor } from '@wengert/core'
import { checkGradients, laws, tensors } from '@wengert/gradcheck'
import { describeErrors, expectClose, runs, value, values } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { type SampleReweightOptions, sampleReweight, sampleReweightSchedule } from './sampleReweight.ts'

const f64 = (...data: number[]): Tensor => tensor(data, { dtype: 'f64' })
const strategies = ['linUpper', 'quadratic', 'extremes', 'upper', 'uniform'] as const
const batch = fc
  .integer({ min: 1, max: 6 })
  .chain((n) => tensors([n], { min: 0, max: 4 }))
  // A range below 10⁻⁶ is not scaled to [−delta, delta].
  .filter((l) => new Set(values(l)).size === 1 || spread(values(l)) > 1e-3)
const spread = (list: number[]): number => Math.max(...list) - Math.min(...list)
const weightsOf = (losses: Tensor, options?: SampleReweightOptions): Tensor => sampleReweight(losses, options).weights
const positive = fc.constantFrom(0.25, 1, 3)

/** Weights in plain numbers. */
function plainWeights(l: number[], strategy: (typeof strategies)[number], r: number, delta: number): number[] {
  const [least, greatest] = [Math.min(...l), Math.max(...l)]
  const f = l
    .map((v) => (2 * delta * v - delta * (greatest + least)) / Math.max(greatest - least, 1e-6))
    .map((h) => {
      const table = {
        linUpper: Math.min(h + delta, delta),
        quadratic: 1 - h ** 2 / delta ** 2,
        extremes: Math.abs(h),
        upper: h / 2 + delta / 2,
        uniform: 1,
      }
      return table[strategy]
    })
  const total = f.reduce((sum, v) => sum + Math.exp(v / r), 0)
  return f.map((v) => Math.exp(v / r) / total)
}

describe.each(strategies)('sampleReweight, %s', (strategy) => {
  test.prop([batch, positive, positive], runs(0.25))('has the weights of its formula', (losses, r, delta) => {
    const wanted = plainWeights(values(losses), strategy, r, delta)
    values(weightsOf(losses, { strategy, r, delta })).forEach((w, i) => {
      expect(w).toBeCloseTo(wanted[i] as number, 10)
      expect(w).toBeGreaterThan(0)
    })
    expect(wanted.reduce((a, b) => a + b)).toBeCloseTo(1, 12)
  })

  test.prop([batch, positive, fc.constantFrom(-2, 0.5)], runs(0.25))(
    'does not change its weights when losses are scaled and shifted',
    (losses, a, b) => {
      laws.invariant(
        (l: Tensor) => weightsOf(l, { strategy }),
        (l) => [l.mul(a).add(b)],
        { tolerance: 1e-9 },
      )(losses)
    },
  )

  test.prop([batch], runs(0.25))('has weights as its gradient, by differences too', (losses) => {
    const loss = (l: Tensor): Tensor => sampleReweight(l, { strategy }).loss
    expectClose(grad(loss)(losses), weightsOf(losses, { strategy }))
    checkGradients(loss, [losses])
  })

  test.prop([batch], runs(0.25))('tends to equal weights for a great r', (losses) => {
    const n = losses.shape[0] as number
    expectClose(weightsOf(losses, { strategy, r: 1e9 }), 1 / n, 1e-8)
    expectClose(weightsOf(losses, { strategy, r: Number.POSITIVE_INFINITY }), 1 / n)
    expectClose(sampleReweight(losses, { strategy, r: Number.POSITIVE_INFINITY }).loss, mean(losses))
  })

  it('is finite for extreme losses in f32', () => {
    for (const losses of [tensor([1e4, 0, 1e-4]), tensor([1e30, -1e30]), tensor([2, 2, 2])]) {
      const { loss, weights } = sampleReweight(losses, { strategy, r: 0.01 })
      expect([value(loss), ...values(weights)].every((v) => Number.isFinite(v))).toBe(true)
    }
  })
})

describe('sampleReweight', () => {
  test.prop([batch], runs(0.5))(
    'never weighs a greater loss less by linUpper, nor beyond the middle more',
    (losses) => {
      const [l, w] = [values(losses), values(weightsOf(losses))]
      const middle = (Math.max(...l) + Math.min(...l)) / 2
      const most = Math.max(...w)
      l.forEach((v, i) => {
        l.forEach((u, j) => {
          if (v < u) expect(w[i] as number).toBeLessThanOrEqual((w[j] as number) + 1e-12)
        })
        if (v > middle) expect(w[i]).toBeCloseTo(most, 12)
      })
    },
  )

  test.prop([batch], runs(0.5))('is symmetric about the middle by quadratic and extremes', (losses) => {
    for (const strategy of ['quadratic', 'extremes'] as const)
      laws.invariant(
        (l: Tensor) => weightsOf(l, { strategy }),
        (l) => [l.neg()],
        { tolerance: 1e-11 },
      )(losses)
  })

  test.prop([batch, fc.constantFrom(0.5, 7)], runs(0.5))(
    'weighs tokens, so that equal lengths make no difference',
    (losses, length) => {
      const equal = losses.mul(0).add(length)
      expectClose(sampleReweight(losses, { lengths: equal }).loss, sampleReweight(losses).loss)
      const lengths = losses.add(1)
      const { loss, weights } = sampleReweight(losses, { lengths })
      const n = losses.shape[0] as number
      expectClose(loss, sum(weights.mul(lengths).mul(losses)).mul(n).div(sum(lengths)))
    },
  )

  it('gives equal losses equal weights, and one sample all', () => {
    expectClose(weightsOf(f64(3, 3, 3, 3)), 0.25)
    expect(values(weightsOf(f64(7)))).toEqual([1])
  })

  it('picks the greatest preference for a small r', () => {
    const losses = f64(0, 1, 5, 9, 10)
    const picked = (strategy: (typeof strategies)[number]): number[] => values(weightsOf(losses, { strategy, r: 1e-4 }))
    expect(picked('quadratic')).toEqual([0, 0, 1, 0, 0])
    expect(picked('extremes')).toEqual([0.5, 0, 0, 0, 0.5])
    expect(picked('upper')).toEqual([0, 0, 0, 0, 1])
    picked('linUpper').forEach((w, i) => {
      expect(w).toBeCloseTo(i < 2 ? 0 : 1 / 3, 12)
    })
  })
})

describe('sampleReweightSchedule', () => {
  it('is endless at first, and r from then on', () => {
    const schedule = sampleReweightSchedule({ burnoutSteps: 2, r: 0.5 })
    expect([0, 1, 2, 3].map((step) => value(schedule(tensor(step))))).toEqual([
      Number.POSITIVE_INFINITY,
      Number.POSITIVE_INFINITY,
      0.5,
      0.5,
    ])
    const losses = f64(1, 2, 4)
    expectClose(weightsOf(losses, { r: schedule(tensor(1)) }), 1 / 3)
    expectClose(weightsOf(losses, { r: schedule(tensor(2)) }), weightsOf(losses, { r: 0.5 }))
    const late = (l: Tensor): Tensor => sampleReweight(l, { r: schedule(tensor(1)) }).loss
    expectClose(grad(late)(losses), 1 / 3)
  })
})

describeErrors('sampleReweight', {
  'sampleReweight: strategy must be one of linUpper, quadratic, extremes, upper, uniform, got mid.': () =>
    sampleReweight(f64(1), { strategy: 'mid' as 'upper' }),
  'sampleReweight: r must be greater than 0, got 0.': () => sampleReweight(f64(1), { r: 0 }),
  'sampleReweight: delta must be a finite number greater than 0, got 0.': () => sampleReweight(f64(1), { delta: 0 }),
  'sampleReweight: losses must have at least one sample, got [0].': () => sampleReweight(tensor([])),
  'sampleReweight: lengths must have shape [...S], got [2] (...S = [1]). Expected losses [...S], lengths [...S].': () =>
    sampleReweight(f64(1), { lengths: f64(1, 2) }),
  'sampleReweightSchedule: burnoutSteps must be at least 0, got -1.': () =>
    sampleReweightSchedule({ burnoutSteps: -1 }),
  'sampleReweightSchedule: r must be a finite number greater than 0, got 0.': () => sampleReweightSchedule({ r: 0 }),
})
