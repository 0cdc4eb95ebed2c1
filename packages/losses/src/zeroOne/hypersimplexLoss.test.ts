import { fc, test } from '@fast-check/vitest'
import { grad, mean, sum, type Tensor, tensor, topK } from '@wengert/core'
import { laws, logits, tensors } from '@wengert/gradcheck'
import { describeErrors, describeLoss, expectClose, value, values } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { hypersimplexLoss } from './hypersimplexLoss.ts'
import { softBinaryArgmax } from './softBinaryArgmax.ts'
import { zeroOneError } from './zeroOneError.ts'

const f64 = (...data: number[]): Tensor => tensor(data, { dtype: 'f64' })
const bits = (...data: number[]): Tensor => tensor(data, { dtype: 'i32' })
const sizes = fc.constantFrom(1, 2, 3, 6)
const labelled = (rows: (shape: readonly number[]) => fc.Arbitrary<Tensor>) =>
  fc.tuple(fc.constantFrom(1, 3), sizes).chain((shape) =>
    fc.tuple(
      rows(shape),
      tensors(shape, { min: 0, max: 1 }).map((x) => x.greater(0.4).cast('i32')),
    ),
  )
const counts = (y: Tensor): Tensor => sum(y, { axis: -1 })
const project = (z: Tensor, y: Tensor, temperature = 1.5): Tensor => softBinaryArgmax(z, counts(y), { temperature })
const gradient = (z: Tensor, y: Tensor, options = {}): Tensor =>
  grad((x: Tensor) => sum(hypersimplexLoss(x, y, options)))(z)
const tolerance = 1e-10

/** Whether no prediction is about to become 0 or 1, or to cease to be. */
const settled = (z: Tensor, y: Tensor): boolean => {
  const near = [1.45, 1.5, 1.55].map((temperature) => values(project(z, y, temperature)))
  const whole = (p: number): boolean => p === 0 || p === 1
  return (near[1] as number[]).every(
    (p, i) => near.every((ps) => whole(ps[i] as number) === whole(p)) && (whole(p) || Math.abs(p - 0.5) < 0.49),
  )
}

describeLoss(hypersimplexLoss, {
  name: 'hypersimplexLoss',
  share: 0.25,
  args: labelled(logits),
  smooth: labelled(tensors).filter(([z, y]) => settled(z, y)),
  laws: {
    'lies from 0 to 1': laws.bounded(hypersimplexLoss, { min: 0, max: 1 }),
    'does not change when all logits of a row are shifted': laws.shiftInvariant(hypersimplexLoss, {
      by: 64,
      tolerance,
    }),
    'does not change when logits and temperature are scaled alike': (z, y) => {
      expectClose(
        hypersimplexLoss(z.mul(3), y, { temperature: 4.5 }),
        hypersimplexLoss(z, y, { temperature: 1.5 }),
        tolerance,
      )
    },
    'keeps to the examples wherever they stand': laws.permutationEquivariant(hypersimplexLoss, { axis: 1, tolerance }),
    'is 0 just where the projection is the label': (z, y) => {
      const off = values(project(z, y).sub(y.cast('f64')))
      values(hypersimplexLoss(z, y)).forEach((loss, i) => {
        expect(loss).toBeCloseTo((off[i] as number) ** 2, 12)
      })
    },
    'has the gradient (2 / τ) (error − its mean) over what is neither 0 nor 1, which sums to 0': (z, y) => {
      const p = project(z, y)
      const active = p.greater(0).and(p.less(1)).cast('f64')
      const error = p.sub(y.cast('f64')).mul(active)
      const size = sum(active, { axis: -1, keepDims: true })
      const centred = error.sub(
        active.mul(sum(error, { axis: -1, keepDims: true }).div(size.add(size.equal(0).cast('f64')))),
      )
      const g = gradient(z, y)
      expectClose(g, centred.mul(2 / 1.5), tolerance)
      expectClose(sum(g, { axis: -1 }), 0)
    },
    'is 0, with gradient 0, where all labels are alike': (z, y) => {
      for (const same of [y.mul(0), y.mul(0).add(1)]) {
        expectClose(hypersimplexLoss(z, same), 0, 0)
        expectClose(gradient(z, same).abs(), 0, 0)
      }
    },
    'has in the mean the share of errors of "yes to the k greatest" where these lead by the temperature': (z, y) => {
      const options = { temperature: 2 ** -12 }
      const p = project(z, y, options.temperature)
      fc.pre(values(p).every((v) => v === 0 || v === 1))
      const shares = mean(hypersimplexLoss(z, y, options), { axis: -1 })
      expectClose(shares, mean(zeroOneError(p, y), { axis: -1 }))
    },
  },
})

describe('hypersimplexLoss', () => {
  test.prop([labelled(logits)])('predicts as many positives as it is told to', ([z, y]) => {
    const N = z.shape[1] as number
    const half = Math.floor(N / 2)
    expectClose(hypersimplexLoss(z, y, { k: 'half' }), hypersimplexLoss(z, y, { k: half }), 0)
    expectClose(hypersimplexLoss(z, y), hypersimplexLoss(z, y, { k: counts(y) }), 0)
    const wanted = softBinaryArgmax(z, half, { temperature: 1.5 }).sub(y.cast('f64')).square()
    expectClose(hypersimplexLoss(z, y, { k: half }), wanted, 0)
  })

  test.prop([labelled(tensors)])('takes a temperature for each row', ([z, y]) => {
    const [R = 0, N = 0] = z.shape
    const temperatures = Array.from({ length: R }, (_, r) => r + 0.5)
    const together = hypersimplexLoss(z, y, { temperature: f64(...temperatures) })
    temperatures.forEach((temperature, r) => {
      const [row, truth, loss] = [z, y, together].map((t) => t.slice([r, 0], [r + 1, N])) as [Tensor, Tensor, Tensor]
      expectClose(loss, hypersimplexLoss(row, truth, { temperature }))
    })
  })

  it('counts the errors among the k greatest at a low temperature', () => {
    const z = f64(3, -1, 2, 0.5, -2)
    const y = bits(1, 0, 0, 1, 0)
    const top = topK(z, 2).indices
    const wrong = values(top).filter((i) => values(y)[i] === 0).length
    const errors = value(sum(hypersimplexLoss(z, y, { temperature: 0.1 })))
    expect(errors).toBe(2 * wrong)
  })

  it('has no gradient where the k-th greatest leads by the temperature, although the order is wrong', () => {
    const z = f64(3, -1, 0)
    const y = bits(0, 1, 0)
    expect(values(hypersimplexLoss(z, y, { temperature: 3 }))).toEqual([1, 1, 0])
    expect(values(gradient(z, y, { temperature: 3 })).map(Math.abs)).toEqual([0, 0, 0])
    expect(value(gradient(z, y, { temperature: 3.5 }).slice([0], [1]))).toBeGreaterThan(0)
  })

  it('is not convex', () => {
    const y = bits(1, 0)
    const at = (gap: number): number => value(mean(hypersimplexLoss(f64(0, gap), y)))
    expect(at(1.5)).toBeGreaterThan((at(0) + at(3)) / 2)
  })

  it('marks examples with computed labels out of range by NaN', () => {
    const loss = hypersimplexLoss(f64(1, 2, 3), bits(0, 1, 1).add(bits(0, 0, 1)))
    expect(values(loss).map(Number.isNaN)).toEqual([false, false, true])
  })
})

describeErrors('hypersimplexLoss', {
  'hypersimplexLoss: labels must have shape [...S, N], got [] (...S = [], N = 2). Expected logits [...S, N], labels [...S, N].':
    () => hypersimplexLoss(f64(1, 2), tensor(1)),
  'hypersimplexLoss: labels must be 0 or 1, got -1 at [0]. Signs become such labels with labels.greater(0).': () =>
    hypersimplexLoss(f64(1, 2), f64(-1, 1)),
  'hypersimplexLoss: k must be one of counts, half, got count.': () =>
    hypersimplexLoss(f64(1, 2), f64(0, 1), { k: 'count' as 'counts' }),
  'hypersimplexLoss: k must be from 0 to 2, got 3.': () => hypersimplexLoss(f64(1, 2), f64(0, 1), { k: 3 }),
  'hypersimplexLoss: temperature must be greater than 0, got -1.': () =>
    hypersimplexLoss(f64(1, 2), f64(0, 1), { temperature: -1 }),
})
