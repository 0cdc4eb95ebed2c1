import { fc, test } from '@fast-check/vitest'
import { flip, grad, mean, oneHot, softmax, sum, type Tensor, tensor } from '@wengert/core'
import { labels, laws, logits, tensors } from '@wengert/gradcheck'
import { describeErrors, describeLoss, expectClose, rowwise, values } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { crossEntropy } from '../classification/crossEntropy.ts'
import { knowledgeDistillationLoss } from './knowledgeDistillationLoss.ts'
import { mealDistillLoss } from './mealDistillLoss.ts'

type Draw = (shape: readonly number[]) => fc.Arbitrary<Tensor>

/** A student's logits [B, K], and those of T teachers with the examples first, [B, T, K]. */
const classroom = (student: Draw): fc.Arbitrary<[Tensor, Tensor]> =>
  fc
    .tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 4 }))
    .chain(([B, T, K]) => fc.tuple(student([B, K]), tensors([B, T, K])))
const teachersFirst = (t: Tensor): Tensor => t.transpose(t.shape.length === 2 ? [0, 1] : [1, 0, 2])
const loss = (s: Tensor, t: Tensor): Tensor => mealDistillLoss(s, teachersFirst(t))
const kl = (s: Tensor, t: Tensor): Tensor => mealDistillLoss(s, teachersFirst(t), { kind: 'kl' })
const opinion = (t: Tensor): Tensor => mean(softmax(t), { axis: 1 })

describeLoss(loss, {
  name: 'mealDistillLoss',
  args: classroom(logits),
  smooth: classroom(tensors),
  laws: {
    'is, of kind kl, at least 0, and 0 where the student holds the average opinion': (s, t) => {
      laws.bounded(kl, { min: 0, tolerance: 1e-12 })(s, t)
      expectClose(kl(opinion(t).log(), t), 0, 1e-14)
    },
    'does not change when all logits of an example are shifted': laws.shiftInvariant(kl),
    'does not depend on the order of the teachers': laws.invariant(loss, (s, t) => [s, flip(t, { axis: 1 })]),
    'differs between its kinds by what the student has no part in': (s, t) => {
      const entropy = (x: Tensor): Tensor => loss(x, t).sub(kl(x, t))
      expectClose(entropy(s), entropy(s.mul(0)), 1e-11)
    },
    'has the gradient softmax(studentLogits) − t, and none to the teachers': (s, t) => {
      for (const each of [loss, kl]) {
        const [student, teacher] = grad((x: readonly [Tensor, Tensor]) => sum(each(x[0], x[1])))([s, t])
        expectClose(student, softmax(s).sub(opinion(t)))
        expect(values(teacher).every((g) => g === 0)).toBe(true)
      }
    },
  },
})

describe('mealDistillLoss', () => {
  test.prop([classroom(tensors)])('is the formula, in plain numbers', ([s, t]) => {
    const plain = (s: number[], t: number[]): number => {
      const total = s.reduce((sum, x) => sum + Math.exp(x), 0)
      return -t.reduce((sum, p, k) => sum + p * Math.log(Math.exp(s[k] as number) / total), 0)
    }
    const average = rowAverages(t)
    expectClose(loss(s, t), rowwise(plain, s, average))
  })

  test.prop([classroom(tensors)])('is knowledgeDistillationLoss for one teacher', ([s, t]) => {
    const [teacher] = [t.slice([0, 0, 0], [t.shape[0] as number, 1, t.shape[2] as number]).squeeze(1)]
    expectClose(mealDistillLoss(s, teacher.expandDims(0)), knowledgeDistillationLoss(s, teacher, { temperature: 1 }))
  })

  test.prop([fc.integer({ min: 1, max: 4 }).chain((K) => fc.tuple(tensors([3, K]), labels([3], K)))])(
    'is crossEntropy where the one teacher is certain',
    ([s, y]) => {
      const certain = oneHot(y, s.shape[1] as number, { dtype: 'f64' }).mul(1e4)
      expectClose(mealDistillLoss(s, certain.expandDims(0)), crossEntropy(s, y))
    },
  )

  it('averages probabilities, not logits', () => {
    const teachers = tensor(
      [
        [10, 0],
        [0, 0],
      ],
      { dtype: 'f64' },
    )
    const gradient = grad((s: Tensor) => mealDistillLoss(s, teachers))(tensor([0, 0], { dtype: 'f64' }))
    expect(values(gradient)[0]).toBeCloseTo(-0.25, 4)
  })
})

/** Averages over teachers of softmax, in plain numbers, [B, K]. */
function rowAverages(t: Tensor): Tensor {
  const [B = 0, T = 0, K = 0] = t.shape
  const list = values(t)
  const row = (b: number, teacher: number): number[] => {
    const powers = list.slice((b * T + teacher) * K, (b * T + teacher + 1) * K).map(Math.exp)
    const total = powers.reduce((x, y) => x + y, 0)
    return powers.map((p) => p / total)
  }
  const data = Array.from({ length: B * K }, (_, i) => {
    const opinions = Array.from({ length: T }, (_, teacher) => row(Math.floor(i / K), teacher)[i % K] as number)
    return opinions.reduce((x, y) => x + y, 0) / T
  })
  return tensor(Float64Array.from(data), { shape: [B, K] })
}

describeErrors('mealDistillLoss', {
  'mealDistillLoss: teacherLogits must be one or more of shape [2] along a first axis, got [2]. Put them together with stack([…]).':
    () => mealDistillLoss(tensor([1, 2]), tensor([1, 2])),
  'mealDistillLoss: teacherLogits must be one or more of shape [2] along a first axis, got [0, 2]. Put them together with stack([…]).':
    () => mealDistillLoss(tensor([1, 2]), tensor([], { shape: [0, 2] })),
  'mealDistillLoss: kind must be one of crossEntropy, kl, got mse.': () =>
    mealDistillLoss(tensor([1, 2]), tensor([[1, 2]]), { kind: 'mse' as 'kl' }),
})
