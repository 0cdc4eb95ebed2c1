import { fc, test } from '@fast-check/vitest'
import { grad, logSoftmax, matmul, norm, sum, type Tensor, take, tensor, zeros } from '@wengert/core'
import { checkGradients, laws, permutations, positives, tensors, unitVectors } from '@wengert/gradcheck'
import { describeErrors, expectClose, runs, value, values } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { cosineLogits } from '../margin/cosineLogits.ts'
import { addNovelClass } from './addNovelClass.ts'
import { newClassifier } from './newClassifier.ts'
import { unitNormConstraint } from './unitNormConstraint.ts'

const N = fc.integer({ min: 1, max: 5 })
const examples = N.chain((n) => unitVectors([n, 3])).filter((x) => value(norm(sum(x, { axis: 0 }))) > 0.1)

describe('unitNormConstraint', () => {
  test.prop([N.chain((n) => tensors([n, 3]))])('makes rows of length 1, but for those of zeros', (w) => {
    const lengths = values(norm(w, { axis: -1 })).map((length) => Number(length > 0))
    expectClose(norm(unitNormConstraint(w), { axis: -1 }), tensor(lengths, { dtype: 'f64' }))
  })

  test.prop([N.chain((n) => fc.tuple(tensors([n, 3]), positives([n, 1])))])(
    'changes nothing the second time, and does not depend on lengths',
    ([w, by]) => {
      expectClose(unitNormConstraint(unitNormConstraint(w)), unitNormConstraint(w))
      laws.invariant(unitNormConstraint, (rows: Tensor) => [rows.mul(by)])(w)
    },
  )

  test.prop([fc.tuple(unitVectors([2, 3]), tensors([2, 3]))])(
    'takes the part along the rows from a small step, to first order',
    ([w, step]) => {
      const across = step.sub(w.mul(sum(w.mul(step), { axis: -1, keepDims: true })))
      const moved = (t: number, by: Tensor): Tensor => unitNormConstraint(w.sub(by.mul(t)))
      expectClose(moved(1e-5, step), moved(1e-5, across), 1e-7)
    },
  )

  test.prop([unitVectors([2, 3])], runs(0.2))('can be differentiated', (w) => {
    checkGradients(unitNormConstraint, [w])
  })

  it('has gradient 0 at a row of zeros', () => {
    expect(values(grad((w: Tensor) => sum(unitNormConstraint(w)))(zeros([1, 2], { dtype: 'f64' })))).toEqual([0, 0])
  })
})

describe('newClassifier', () => {
  test.prop([examples, unitVectors([8, 3])])('points where the cosines add up to the most', (x, directions) => {
    const total = (w: Tensor): number[] => values(sum(cosineLogits(w, x), { axis: -1 }))
    const best = total(newClassifier(x))[0] as number
    for (const other of total(directions)) expect(other).toBeLessThanOrEqual(best + 1e-12)
  })

  test.prop([
    examples.chain((x) =>
      fc.tuple(fc.constant(x), positives([x.shape[0] as number, 1]), permutations(x.shape[0] as number)),
    ),
  ])('depends neither on the lengths of embeddings nor on their order', ([x, by, order]) => {
    laws.invariant(newClassifier, (a: Tensor) => [take(a.mul(by), order)])(x)
  })

  test.prop([unitVectors([1, 3])])('is the direction of a single example', (x) => {
    expectClose(newClassifier(x.mul(5)), x)
  })

  it('is 0 where embeddings cancel exactly', () => {
    expect(
      values(
        newClassifier(
          tensor([
            [3, 0],
            [-1, 0],
          ]),
        ),
      ),
    ).toEqual([0, 0])
  })
})

describe('addNovelClass', () => {
  const args = fc.tuple(unitVectors([3, 3]), examples, tensors([4, 3]))

  test.prop([args])('keeps the prototypes there were and appends that of the new class', ([w, x]) => {
    const more = addNovelClass(w, x)
    expectClose(more.slice([0, 0], [3, 3]), w, 0)
    expectClose(more.slice([3, 0], [4, 3]), newClassifier(x), 0)
  })

  test.prop([args])('does not change the odds of the other classes', ([w, x, queries]) => {
    const oddsOf = (prototypes: Tensor): Tensor => {
      const logProbs = logSoftmax(cosineLogits(queries, prototypes, { scale: 10 }))
      const first = logProbs.slice([0, 0], [4, 1])
      return logProbs.slice([0, 0], [4, 3]).sub(first)
    }
    expectClose(oddsOf(addNovelClass(w, x)), oddsOf(w), 1e-11)
  })

  test.prop([args], runs(0.3))(
    'gives a novel example the greatest cosine to its own class, if it is the only one',
    ([w, x]) => {
      const one = x.slice([0, 0], [1, 3])
      const cosines = values(matmul(one, addNovelClass(w, one).transpose()))
      expect(cosines.at(-1)).toBeCloseTo(Math.max(...cosines), 12)
    },
  )

  test.prop([args], runs(0.2))('can be differentiated by prototypes and embeddings', ([w, x]) => {
    checkGradients(addNovelClass, [w, x])
  })
})

describeErrors('novel classes', {
  'addNovelClass: embeddings must have shape [N, D], got [4, 2] (K = 2, D = 3, N = 4). Expected prototypes [K, D], embeddings [N, D].':
    () => addNovelClass(zeros([2, 3]), zeros([4, 2])),
  'newClassifier: number of examples must be an integer of at least 1, got 0.': () => newClassifier(zeros([0, 3])),
  "unitNormConstraint: weights must be f32 or f64, got i32 [1]. Cast it, e.g. weights.cast('f32').": () =>
    unitNormConstraint(tensor([1], { dtype: 'i32' })),
})
