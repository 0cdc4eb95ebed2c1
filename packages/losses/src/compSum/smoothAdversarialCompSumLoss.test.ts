import { fc, test } from '@fast-check/vitest'
import { grad, oneHot, sum, type Tensor, tensor } from '@wengert/core'
import { checkGradients, labels, laws, logits, shapes, tensors } from '@wengert/gradcheck'
import { describeErrors, describeLoss, expectClose, runs, value, values } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { compSumLoss } from './compSumLoss.ts'
import { smoothAdversarialCompSumLoss } from './smoothAdversarialCompSumLoss.ts'

type Drawn = [logits: Tensor, adversarialLogits: Tensor, labels: Tensor]
type Of = (shape: readonly number[]) => fc.Arbitrary<Tensor>

const drawn = (first: Of, second: Of): fc.Arbitrary<Drawn> =>
  fc
    .tuple(shapes({ minRank: 1, maxRank: 2, maxSize: 3 }), fc.integer({ min: 2, max: 4 }))
    .chain(([batch, K]) => fc.tuple(first([...batch, K]), second([...batch, K]), labels(batch, K)))

// The norm has a kink where the margins do not move.
const apart = drawn(
  (shape) => tensors(shape, { min: -2, max: 0, distinct: true }),
  (shape) => tensors(shape, { min: 1, max: 3, distinct: true }),
).filter(([z, moved, y]) => values(marginShift(z, moved, y)).every((x) => x > 0.1))

function marginShift(z: Tensor, moved: Tensor, y: Tensor): Tensor {
  return smoothAdversarialCompSumLoss(z, moved, y).sub(compSumLoss(z, y))
}

describeLoss(smoothAdversarialCompSumLoss, {
  name: 'smoothAdversarialCompSumLoss',
  args: drawn(logits, tensors),
  smooth: apart,
  laws: {
    'is at least compSumLoss': (z, moved, y) => {
      for (const x of values(marginShift(z, moved, y))) expect(x).toBeGreaterThanOrEqual(0)
    },
    'is compSumLoss of z/ρ where nothing moves': (z, _, y) => {
      const options = { tau: 1.5, rho: 2 }
      expectClose(smoothAdversarialCompSumLoss(z, z, y, options), compSumLoss(z.div(2), y, { tau: 1.5 }))
    },
    'is compSumLoss of z/ρ for ν = 0': (z, moved, y) => {
      expectClose(smoothAdversarialCompSumLoss(z, moved, y, { nu: 0, rho: 0.5 }), compSumLoss(z.mul(2), y))
    },
    'does not change when the logits of either are shifted': laws.allOf(
      laws.shiftInvariant(smoothAdversarialCompSumLoss, { args: [0] }),
      laws.shiftInvariant(smoothAdversarialCompSumLoss, { args: [1] }),
    ),
  },
})

describe('smoothAdversarialCompSumLoss', () => {
  test.prop([apart, fc.integer({ min: 0, max: 8 })])('adds ν times the length that the margins move', (args, nu) => {
    const [z, moved, y] = args
    const hit = oneHot(y, z.shape.at(-1) as number, { dtype: 'f64' })
    const margins = (x: Tensor): Tensor => sum(x.mul(hit), { axis: -1, keepDims: true }).sub(x)
    const length = sum(margins(moved).sub(margins(z)).square(), { axis: -1 }).sqrt()
    expectClose(smoothAdversarialCompSumLoss(z, moved, y, { nu }), compSumLoss(z, y).add(length.mul(nu)))
  })

  test.prop([
    fc
      .integer({ min: 2, max: 4 })
      .chain((K) => fc.tuple(tensors([3, K]), tensors([3, K]), tensors([3, K]), labels([3], K))),
  ])('obeys the triangle inequality in what moves', ([a, b, c, y]) => {
    const [ac, ab, bc] = [marginShift(a, c, y), marginShift(a, b, y), marginShift(b, c, y)].map(values)
    ac?.forEach((x, i) => {
      expect(x).toBeLessThanOrEqual((ab?.[i] as number) + (bc?.[i] as number) + 1e-12)
    })
  })

  test.prop([apart], runs(0.25))('can be differentiated by both logits', ([z, moved, y]) => {
    const options = { tau: 0.5, rho: 2, nu: 1.5 }
    checkGradients((a: Tensor, b: Tensor) => smoothAdversarialCompSumLoss(a, b, y, options), [z, moved])
  })

  it('has no gradient by the perturbed logits where these are the same', () => {
    const z = tensor([1, 2, 3])
    const y = tensor(0, { dtype: 'i32' })
    const gradient = grad((moved: Tensor) => smoothAdversarialCompSumLoss(z, moved, y))(tensor([1, 2, 3]))
    expect(values(gradient).map(Math.abs)).toEqual([0, 0, 0])
    expect(value(marginShift(z, z, y))).toBe(0)
  })
})

describeErrors('smoothAdversarialCompSumLoss', {
  'smoothAdversarialCompSumLoss: rho must be greater than 0, got 0.': () =>
    smoothAdversarialCompSumLoss(tensor([1, 2]), tensor([1, 2]), tensor(1, { dtype: 'i32' }), { rho: 0 }),
  'smoothAdversarialCompSumLoss: nu must be at least 0, got -1.': () =>
    smoothAdversarialCompSumLoss(tensor([1, 2]), tensor([1, 2]), tensor(1, { dtype: 'i32' }), { nu: -1 }),
  'smoothAdversarialCompSumLoss: tau must be a finite number of at least 0, got NaN.': () =>
    smoothAdversarialCompSumLoss(tensor([1, 2]), tensor([1, 2]), tensor(1, { dtype: 'i32' }), { tau: Number.NaN }),
})
