import { fc, test } from '@fast-check/vitest'
import { full, softplus, type Tensor, tensor } from '@wengert/core'
import { labels, laws, logits, tensors } from '@wengert/gradcheck'
import { describeErrors, describeLoss, expectClose } from '@wengert/testing'
import { describe } from 'vitest'
import { crossEntropy } from '../classification/crossEntropy.ts'
import { rerankerJointLoss } from './rerankerJointLoss.ts'

const f64 = (...data: number[]): Tensor => tensor(data, { dtype: 'f64' })
const label = (i: number): Tensor => tensor(i, { dtype: 'i32' })
type Rows = (shape: readonly number[]) => fc.Arbitrary<Tensor>
type Arguments = [Tensor, Tensor, Tensor, Tensor]
const asked = (rows: Rows): fc.Arbitrary<Arguments> =>
  fc
    .tuple(fc.integer({ min: 1, max: 3 }), fc.constantFrom(2, 4), fc.integer({ min: 1, max: 4 }))
    .chain(([B, V, L]) => fc.tuple(rows([B, V]), rows([B, V]), rows([B, L]), labels([B], L)))
const always = (z: Tensor, i: number): Tensor => full([z.shape[0] as number], i, { dtype: 'i32' })

describeLoss(rerankerJointLoss, {
  name: 'rerankerJointLoss',
  args: asked(logits),
  smooth: asked(tensors),
  laws: {
    'is the sum of three cross-entropies': (p, n, z, y) => {
      const parts = crossEntropy(p, always(p, 0)).add(crossEntropy(n, always(n, 1)))
      expectClose(rerankerJointLoss(p, n, z, y), parts.add(crossEntropy(z, y)))
    },
    'does not change when the logits of a question are shifted': (p, n, z, y) => {
      for (const at of [0, 1, 2]) laws.shiftInvariant(rerankerJointLoss, { args: [at] })(p, n, z, y)
    },
    'exchanges the answers with their places': (p, n, z, y) => {
      expectClose(rerankerJointLoss(n, p, z, y, { yesIndex: 1, noIndex: 0 }), rerankerJointLoss(p, n, z, y))
    },
    'is at least 0': laws.bounded(rerankerJointLoss, { min: 0 }),
  },
})

describe('rerankerJointLoss', () => {
  test.prop([fc.tuple(tensors([3]), tensors([3]))])('is a logistic loss of two answers, each way', ([yes, no]) => {
    const [p, n] = [yes, no].map((d) => d.expandDims(-1).mul(f64(0.5, -0.5))) as [Tensor, Tensor]
    const nothing = f64(0, 0, 0).expandDims(-1)
    expectClose(rerankerJointLoss(p, n, nothing, always(p, 0)), softplus(yes.neg()).add(softplus(no)))
  })
})

describeErrors('rerankerJointLoss', {
  'rerankerJointLoss: yesIndex must be an integer from 0 to 1, got 2.': () =>
    rerankerJointLoss(f64(1, 2), f64(1, 2), f64(1), label(0), { yesIndex: 2 }),
  'rerankerJointLoss: noIndex must be an integer from 0 to 0, got 1.': () =>
    rerankerJointLoss(f64(1), f64(1), f64(1), label(0)),
  'rerankerJointLoss: labels must be class indices from 0 to 0, got 1. The logits have 1 classes.': () =>
    rerankerJointLoss(f64(1, 2), f64(1, 2), f64(1), label(1)),
})
