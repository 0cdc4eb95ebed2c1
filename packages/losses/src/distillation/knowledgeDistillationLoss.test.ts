import { fc, test } from '@fast-check/vitest'
import { grad, mean, softmax, sum, type Tensor, tensor, xLogY } from '@wengert/core'
import { laws, logits, tensors } from '@wengert/gradcheck'
import { describeErrors, describeLoss, expectClose, paired, rowwise, values } from '@wengert/testing'
import { describe, expect } from 'vitest'
import { crossEntropy } from '../classification/crossEntropy.ts'
import { knowledgeDistillationLoss } from './knowledgeDistillationLoss.ts'

const pairs = paired(tensors, tensors)
const temperatures = fc.integer({ min: 1, max: 32 }).map((n) => n / 4)
const kl = (s: Tensor, t: Tensor): Tensor => knowledgeDistillationLoss(s, t, { kind: 'kl' })
const softened = (z: number[], temperature: number): number[] => {
  const powers = z.map((x) => Math.exp(x / temperature))
  const total = powers.reduce((a, b) => a + b, 0)
  return powers.map((p) => p / total)
}

describeLoss(knowledgeDistillationLoss, {
  name: 'knowledgeDistillationLoss',
  args: paired(logits, tensors),
  smooth: pairs,
  laws: {
    'does not change when either is shifted': laws.allOf(
      laws.shiftInvariant(kl, { args: [0] }),
      laws.shiftInvariant(kl, { args: [1] }),
    ),
    'is, of kind kl, at least 0, and 0 where both agree': (s, t) => {
      laws.bounded(kl, { min: 0, tolerance: 1e-12 })(s, t)
      expectClose(kl(t, t), 0, 0)
    },
    'differs between its kinds by the entropy of the teacher': (s, t) => {
      const q = softmax(t.div(2))
      const entropy = sum(xLogY(q, q), { axis: -1 }).mul(-4)
      expectClose(knowledgeDistillationLoss(s, t).sub(kl(s, t)), entropy, 1e-11)
    },
    'is crossEntropy with the teacher at temperature 1': (s, t) => {
      expectClose(knowledgeDistillationLoss(s, t, { temperature: 1 }), crossEntropy(s, softmax(t)))
    },
    'does not change when classes change places': laws.permutationInvariant(kl, { axis: -1 }),
  },
})

describe('knowledgeDistillationLoss', () => {
  test.prop([pairs, temperatures])('is the formula, in plain numbers', ([s, t], temperature) => {
    const plain = (s: number[], t: number[]): number => {
      const [p, q] = [softened(s, temperature), softened(t, temperature)]
      return -(temperature ** 2) * q.reduce((total, x, k) => total + x * Math.log(p[k] as number), 0)
    }
    expectClose(knowledgeDistillationLoss(s, t, { temperature }), rowwise(plain, s, t), 1e-11)
  })

  test.prop([pairs, temperatures])('has the documented gradient, and none to the teacher', ([s, t], temperature) => {
    const loss = (x: readonly [Tensor, Tensor]): Tensor => sum(knowledgeDistillationLoss(x[0], x[1], { temperature }))
    const [student, teacher] = grad(loss)([s, t])
    expectClose(
      student,
      softmax(s.div(temperature))
        .sub(softmax(t.div(temperature)))
        .mul(temperature),
    )
    expect(values(teacher).every((g) => g === 0)).toBe(true)
  })

  test.prop([pairs])('matches logits of mean 0 at high temperatures', ([s, t]) => {
    const centred = (x: Tensor): Tensor => x.sub(mean(x, { axis: -1, keepDims: true }))
    const gradient = grad((x: Tensor) => sum(knowledgeDistillationLoss(x, t, { temperature: 1e6 })))(s)
    expectClose(
      gradient,
      centred(s)
        .sub(centred(t))
        .div(s.shape.at(-1) as number),
      1e-4,
    )
  })
})

describeErrors('knowledgeDistillationLoss', {
  'knowledgeDistillationLoss: temperature must be a finite number greater than 0, got 0.': () =>
    knowledgeDistillationLoss(tensor([1, 2]), tensor([1, 2]), { temperature: 0 }),
  'knowledgeDistillationLoss: kind must be one of crossEntropy, kl, got mse.': () =>
    knowledgeDistillationLoss(tensor([1, 2]), tensor([1, 2]), { kind: 'mse' as 'kl' }),
})
