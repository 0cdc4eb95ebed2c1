import { fc, test } from '@fast-check/vitest'
import { grad, sum, type Tensor, tensor } from '@wengert/core'
import { laws, logits, tensors } from '@wengert/gradcheck'
import { describeErrors, describeLoss, expectClose, value, values } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { fenchelYoungLoss } from '../fenchelYoung/fenchelYoungLoss.ts'
import { hypersimplexFenchelYoungLoss } from './hypersimplexFenchelYoungLoss.ts'
import { hypersimplexLoss } from './hypersimplexLoss.ts'
import { softBinaryArgmax } from './softBinaryArgmax.ts'

const f64 = (...data: number[]): Tensor => tensor(data, { dtype: 'f64' })
const bits = (...data: number[]): Tensor => tensor(data, { dtype: 'i32' })
type Rows = (shape: readonly number[]) => fc.Arbitrary<Tensor>
const shapes = fc.tuple(fc.constantFrom(1, 3), fc.constantFrom(1, 2, 3, 6))
const truths: Rows = (shape) => tensors(shape, { min: 0, max: 1 }).map((x) => x.greater(0.4).cast('i32'))
const labelled = (rows: Rows) => shapes.chain((shape) => fc.tuple(rows(shape), truths(shape)))
const project = (z: Tensor, y: Tensor, temperature = 1.5): Tensor =>
  softBinaryArgmax(z, sum(y, { axis: -1 }), { temperature })
const gradient = (z: Tensor, y: Tensor, options = {}): Tensor =>
  grad((x: Tensor) => sum(hypersimplexFenchelYoungLoss(x, y, options)))(z)

/** Whether no prediction is about to become 0 or 1, or to cease to be. */
const settled = (z: Tensor, y: Tensor): boolean => {
  const near = [1.45, 1.5, 1.55].map((temperature) => values(project(z, y, temperature)))
  const whole = (p: number): boolean => p === 0 || p === 1
  return (near[1] as number[]).every(
    (p, i) => near.every((ps) => whole(ps[i] as number) === whole(p)) && (whole(p) || Math.abs(p - 0.5) < 0.49),
  )
}

describeLoss(hypersimplexFenchelYoungLoss, {
  name: 'hypersimplexFenchelYoungLoss',
  share: 0.25,
  args: labelled(logits),
  smooth: labelled(tensors).filter(([z, y]) => settled(z, y)),
  laws: {
    'is at least half the squared error of the projection, times τ': (z, y) => {
      const squares = values(sum(hypersimplexLoss(z, y), { axis: -1 }).mul(0.75))
      values(hypersimplexFenchelYoungLoss(z, y)).forEach((loss, i) => {
        expect(loss).toBeGreaterThanOrEqual((squares[i] as number) - 1e-9)
      })
    },
    'does not change when all logits of a row are shifted': laws.shiftInvariant(hypersimplexFenchelYoungLoss, {
      by: 64,
      tolerance: 1e-10,
    }),
    'has the gradient ŷ − label': (z, y) => {
      expectClose(gradient(z, y), project(z, y).sub(y.cast('f64')), 1e-10)
    },
    'is 0 just where the positives lead the negatives by the temperature': (z, y) => {
      const [R = 0, N = 0] = z.shape
      const [zs, ys, loss] = [values(z), values(y), values(hypersimplexFenchelYoungLoss(z, y))]
      for (let r = 0; r < R; r++) {
        const of = (label: number): number[] => zs.slice(r * N, (r + 1) * N).filter((_, i) => ys[r * N + i] === label)
        const lead = Math.min(...of(1)) - Math.max(...of(0))
        if (Math.abs(lead - 1.5) > 1e-9) expect((loss[r] as number) < 1e-11).toBe(lead > 1.5)
      }
    },
    'grows with the unit of logits and temperature': (z, y) => {
      const scaled = hypersimplexFenchelYoungLoss(z.mul(3), y, { temperature: 4.5 })
      expectClose(scaled, hypersimplexFenchelYoungLoss(z, y).mul(3), 1e-10)
    },
    // Which loses digits, as it does not shift the logits.
    'is fenchelYoungLoss with its regularizer': (z, y) => {
      const k = sum(y, { axis: -1 })
      const regularizer = {
        argmax: (x: Tensor) => softBinaryArgmax(x, k, { temperature: 1.5 }),
        value: (p: Tensor) => sum(p.square(), { axis: -1 }).mul(0.75),
      }
      expectClose(hypersimplexFenchelYoungLoss(z, y), fenchelYoungLoss(z, y.cast('f64'), { regularizer }), 1e-8)
    },
  },
})

describe('hypersimplexFenchelYoungLoss', () => {
  test.prop([shapes.chain((shape) => fc.tuple(logits(shape), logits(shape), truths(shape)))])(
    'is convex',
    ([a, b, y]) => {
      laws.convex(hypersimplexFenchelYoungLoss, { tolerance: 1e-11 })(a, b, y)
    },
  )

  it('has a gradient where hypersimplexLoss has none', () => {
    const [z, y, options] = [f64(9, -1, 0), bits(0, 1, 0), { temperature: 3 }] as const
    const dead = grad((x: Tensor) => sum(hypersimplexLoss(x, y, options)))(z)
    expect(values(dead).map(Math.abs)).toEqual([0, 0, 0])
    expect(values(gradient(z, y, options))).toEqual([1, -1, 0])
    expect(value(hypersimplexFenchelYoungLoss(z, y, options))).toBe(10)
  })

  it('keeps its digits where one logit leads by thousands', () => {
    const loss = hypersimplexFenchelYoungLoss(f64(0, 0, 0, 0, 6144, 0), bits(0, 1, 1, 0, 1, 1))
    expect(value(loss)).toBeCloseTo(0.9, 11)
  })

  it('leaves out what is −∞, unless it is what is wanted', () => {
    const z = f64(Number.NEGATIVE_INFINITY, 1, 0)
    expect(value(hypersimplexFenchelYoungLoss(z, bits(0, 0, 1), { temperature: 1 }))).toBe(1)
    expect(value(hypersimplexFenchelYoungLoss(z, bits(1, 0, 0), { temperature: 1 }))).toBe(Number.POSITIVE_INFINITY)
  })

  it('makes rows with computed labels out of range NaN', () => {
    const z = f64(1, 2, 3, 4).reshape([2, 2])
    const loss = hypersimplexFenchelYoungLoss(z, bits(0, 1, 1, 0).reshape([2, 2]).add(bits(0, 1)))
    expect(values(loss).map(Number.isNaN)).toEqual([true, false])
  })
})

describeErrors('hypersimplexFenchelYoungLoss', {
  'hypersimplexFenchelYoungLoss: temperature must be a finite number greater than 0, got 0.': () =>
    hypersimplexFenchelYoungLoss(f64(1, 2), bits(0, 1), { temperature: 0 }),
  'hypersimplexFenchelYoungLoss: labels must be 0 or 1, got 2 at [1]. Signs become such labels with labels.greater(0).':
    () => hypersimplexFenchelYoungLoss(f64(1, 2), bits(0, 2)),
})
