import { fc, test } from '@fast-check/vitest'
import { grad, oneHot, sum, type Tensor, tensor } from '@wengert/core'
import { checkGradients, labels, laws, logits, tensors } from '@wengert/gradcheck'
import { classified, describeErrors, describeLoss, expectClose, runs, value, values } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { svmLoss, svmObjective } from './svmLoss.ts'

const awayFromKinks = (shape: readonly number[]): fc.Arbitrary<Tensor> => tensors(shape, { avoid: [-1, 1] })
const signsOf = (z: Tensor, y: Tensor): Tensor =>
  oneHot(y, z.shape.at(-1) as number, { dtype: 'f64' })
    .mul(2)
    .sub(1)
const variants = [{ squared: true }, { squared: false }]

for (const options of variants)
  describe(options.squared ? 'squared' : 'not squared', () => {
    const loss = (z: Tensor, y: Tensor): Tensor => svmLoss(z, y, options)

    describeLoss(loss, {
      name: 'svmLoss',
      args: classified(),
      smooth: classified(awayFromKinks),
      laws: {
        'takes signs like class labels': (z, y) => {
          expectClose(loss(z, signsOf(z, y)), loss(z, y), 0)
        },
        'does not change when signs and logits are both flipped': (z, y) => {
          laws.invariant(loss, (z, signs) => [z.neg(), signs.neg()], { tolerance: 0 })(z, signsOf(z, y))
        },
        'is 0 just where all margins are at least 1': (z, y) => {
          const short = values(sum(signsOf(z, y).mul(z).less(1), { axis: -1 }))
          expect(values(loss(z, y)).map((x) => x > 0)).toEqual(short.map((n) => n > 0))
        },
        'counts at least the classes on the wrong side': (z, y) => {
          const wrong = values(sum(signsOf(z, y).mul(z).lessEqual(0), { axis: -1 }))
          values(loss(z, y)).forEach((x, i) => {
            expect(x).toBeGreaterThanOrEqual(wrong[i] as number)
          })
        },
      },
    })

    test.prop([
      fc
        .tuple(fc.nat({ max: 3 }), fc.integer({ min: 1, max: 4 }))
        .chain(([B, K]) => fc.tuple(logits([B, K]), logits([B, K]), labels([B], K))),
    ])('is convex', ([a, b, y]) => {
      laws.convex(loss)(a, b, y)
    })
  })

describe('svmLoss', () => {
  it('has gradient 0 at the kink', () => {
    const y = tensor(0, { dtype: 'i32' })
    for (const options of variants) {
      const gradient = grad((z: Tensor) => svmLoss(z, y, options))(tensor([1, -1]))
      expect(values(gradient).map(Math.abs)).toEqual([0, 0])
    }
  })

  it('marks examples with computed labels out of range by NaN', () => {
    const z = tensor([
      [1, 2],
      [3, 4],
    ])
    const one = tensor([1], { dtype: 'i32' })
    expect(values(svmLoss(z, tensor([1, 0], { dtype: 'i32' }).add(one))).map(Number.isNaN)).toEqual([true, false])
    const signs = tensor([
      [1, 0],
      [-1, 1],
    ]).mul(1)
    expect(values(svmLoss(z, signs)).map(Number.isNaN)).toEqual([true, false])
  })
})

describe('svmObjective', () => {
  const batch = fc.tuple(tensors([3, 4]), labels([3], 4), tensors([2, 4]))

  test.prop([batch, fc.nat({ max: 8 })])(
    'is C times the hinges and the penalty of the weights',
    ([z, y, weight], C) => {
      const hinges = sum(svmLoss(z, y)).mul(C)
      expectClose(svmObjective(z, y, { C }), hinges)
      expectClose(svmObjective(z, y, { C, weight }), hinges.add(sum(weight.square()).mul(0.5)))
      expectClose(svmObjective(z, y, { C, weight, regularization: 'mean' }), hinges.add(sum(weight.square()).div(8)))
      expectClose(svmObjective(z, y, { C, weight, regularization: 'none' }), hinges)
    },
  )

  test.prop([batch])('sums hinges or averages them over entries or examples', ([z, y]) => {
    const total = value(svmObjective(z, y))
    expectClose(svmObjective(z, y, { hingeReduction: 'meanSamples' }), total / 3)
    expectClose(svmObjective(z, y, { hingeReduction: 'mean' }), total / 12)
  })

  test.prop([fc.tuple(awayFromKinks([3, 4]), labels([3], 4), tensors([2, 4]))], runs(0.25))(
    'can be differentiated by logits and weight',
    ([z, y, weight]) => {
      const objective = (x: Tensor, w: Tensor): Tensor => svmObjective(x, y, { weight: w, C: 0.5 })
      checkGradients(objective, [z, weight])
      expectClose(grad((w: Tensor) => objective(z, w))(weight), weight)
    },
  )
})

describeErrors('svmLoss', {
  'svmLoss: labels must be a tensor, got an array. Wrap data with tensor(…).': () =>
    svmLoss(tensor([1, 2]), [0, 1] as unknown as Tensor),
  'svmLoss: labels must be signs -1 or 1, got 0 at [0]. Labels 0 and 1 become signs with where(labels.greater(0), 1, -1).':
    () => svmLoss(tensor([1, 2]), tensor([0, 1])),
  'svmLoss: labels must be signs -1 and 1, got bool [2]. Use where(labels, 1, -1).': () =>
    svmLoss(tensor([1, 2]), tensor([true, false])),
  'svmLoss: labels must be class indices from 0 to 1, got 2 at [0]. The logits have 2 classes.': () =>
    svmLoss(tensor([[1, 2]]), tensor([2], { dtype: 'i32' })),
  'svmObjective: C must be at least 0, got -1.': () => svmObjective(tensor([1, 2]), tensor([1, -1]), { C: -1 }),
  'svmObjective: hingeReduction must be one of sum, mean, meanSamples, got none.': () =>
    svmObjective(tensor([1, 2]), tensor([1, -1]), { hingeReduction: 'none' as 'sum' }),
})
