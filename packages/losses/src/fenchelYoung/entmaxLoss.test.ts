import { fc, test } from '@fast-check/vitest'
import { grad, max, oneHot, sum, type Tensor, tensor, where } from '@wengert/core'
import { checkGradients, labels, laws, tensors } from '@wengert/gradcheck'
import { classesReversed, classified, describeErrors, describeLoss, expectClose, runs, values } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { crossEntropy } from '../classification/crossEntropy.ts'
import { entmax } from './entmax.ts'
import { entmaxLoss } from './entmaxLoss.ts'

const moderate = classified(tensors)
const alphas = fc.constantFrom(0.5, 1.2, 1.5, 2, 3)
const hits = (z: Tensor, y: Tensor): Tensor => oneHot(y, z.shape.at(-1) as number, { dtype: 'f64' })
/** Rows where each p is 0 or well away from it, so that no element enters or leaves the support nearby. */
const within = (z: Tensor, alpha: number): boolean => {
  const near = [z.mul(1 + 2 ** -10), z, z.mul(1 - 2 ** -10)].map((x) => values(entmax(x, { alpha })))
  return (near[1] as number[]).every(
    (p, i) => near.every((ps) => (ps[i] as number) > 0 === p > 0) && (p === 0 || p > 1e-4),
  )
}

describeLoss(entmaxLoss, {
  name: 'entmaxLoss',
  args: classified(),
  smooth: moderate.filter(([z]) => within(z, 1.5)),
  laws: {
    'is at least 0': laws.bounded(entmaxLoss, { min: 0, tolerance: 1e-14 }),
    'does not change when all logits of an example are shifted': laws.shiftInvariant(entmaxLoss),
    'does not depend on the order of the classes': laws.invariant(entmaxLoss, classesReversed),
    'has the gradient entmax − one-hot': (z, y) => {
      expectClose(grad((x: Tensor) => sum(entmaxLoss(x, y)))(z), entmax(z).sub(hits(z, y)), 1e-11)
    },
    'is 0 just where the label leads by 1/(α − 1)': (z, y) => {
      const hit = hits(z, y).equal(1)
      const others = max(where(hit, Number.NEGATIVE_INFINITY, z), { axis: -1 })
      const lead = values(sum(where(hit, z, 0), { axis: -1 }).sub(others))
      values(entmaxLoss(z, y)).forEach((loss, i) => {
        const ahead = (lead[i] as number) >= 2
        expect(ahead ? loss === 0 : loss > 0 || (lead[i] as number) > 2 - 1e-6).toBe(true)
      })
    },
  },
})

describe('entmaxLoss', () => {
  test.prop([moderate, alphas], runs(0.5))('is (p − e_y) · z + H(p) for each alpha', ([z, y], alpha) => {
    const p = entmax(z, { alpha })
    const entropy = sum(p.pow(alpha), { axis: -1 })
      .neg()
      .add(1)
      .div(alpha * (alpha - 1))
    const wanted = sum(p.sub(hits(z, y)).mul(z), { axis: -1 }).add(entropy)
    expectClose(entmaxLoss(z, y, { alpha }), wanted, 1e-10)
  })

  test.prop([moderate], runs(0.5))('is crossEntropy for alpha 1, and tends to it', ([z, y]) => {
    expectClose(entmaxLoss(z, y, { alpha: 1 }), crossEntropy(z, y))
    laws.tendsTo((d) => (x: Tensor, t: Tensor) => entmaxLoss(x, t, { alpha: 1 + d }), crossEntropy, {
      along: [1e-2, 1e-5, 1e-10],
      tolerance: 1e-7,
    })(z, y)
  })

  test.prop(
    [fc.integer({ min: 1, max: 5 }).chain((K) => fc.tuple(tensors([3, K]), tensors([3, K]), labels([3], K))), alphas],
    runs(0.5),
  )('is convex in the logits', ([a, b, y], alpha) => {
    laws.convex((z: Tensor) => entmaxLoss(z, y, { alpha }), { tolerance: 1e-11 })(a, b)
  })

  test.prop([moderate, alphas], runs(0.25))('can be differentiated for each alpha', ([z, y], alpha) => {
    fc.pre(within(z, alpha))
    checkGradients((x: Tensor) => entmaxLoss(x, y, { alpha }), [z])
  })

  it('is the sparsemax loss for alpha 2: −z_y + ½ Σ_S (z² − τ²) + ½', () => {
    const z = tensor([1, 0.5, -2], { dtype: 'f64' })
    const tau = 0.25
    const wanted = -0.5 + (1 - tau ** 2 + 0.25 - tau ** 2) / 2 + 0.5
    expect(values(entmaxLoss(z, tensor(1, { dtype: 'i32' }), { alpha: 2 }))[0]).toBeCloseTo(wanted, 14)
  })

  it('is not touched by other classes that are ruled out', () => {
    const z = tensor([0, Number.NEGATIVE_INFINITY], { dtype: 'f64' })
    expect(values(entmaxLoss(z, tensor(0, { dtype: 'i32' })))).toEqual([0])
  })
})

describeErrors('entmaxLoss', {
  'entmaxLoss: labels must be class indices from 0 to 1, got 2. The logits have 2 classes.': () =>
    entmaxLoss(tensor([1, 2]), tensor(2, { dtype: 'i32' })),
  'entmaxLoss: alpha must be a finite number greater than 0, got -1.': () =>
    entmaxLoss(tensor([1, 2]), tensor(1, { dtype: 'i32' }), { alpha: -1 }),
})
