import { fc, test } from '@fast-check/vitest'
import { grad, softmax, sum, type Tensor, tensor } from '@wengert/core'
import { laws, logits, masks, shapes, tensors } from '@wengert/gradcheck'
import { describeErrors, describeLoss, expectClose, paired, rowwise, values } from '@wengert/testing'
import { describe, expect } from 'vitest'
import { crossEntropy } from '../classification/crossEntropy.ts'
import { klDivergence } from '../divergence/klDivergence.ts'
import { listNetLoss } from './listNetLoss.ts'

/** The formula in plain numbers, of the items that a mask keeps. */
function plain(scores: number[], relevance: number[], mask: number[] = scores.map(() => 1)): number {
  const among = (x: number[]): number[] => x.filter((_, i) => mask[i] === 1)
  const shares = (x: number[]): number[] => {
    const powers = x.map(Math.exp)
    const total = powers.reduce((a, b) => a + b, 0)
    return powers.map((p) => p / total)
  }
  const [p, q] = [shares(among(scores)), shares(among(relevance))]
  return q.reduce((total, share, j) => total - share * Math.log(p[j] as number), 0)
}

describeLoss(listNetLoss, {
  name: 'listNetLoss',
  args: paired(logits, tensors),
  smooth: paired(tensors, tensors),
  laws: {
    'is crossEntropy with the softmax of relevance': (s, r) => {
      expectClose(listNetLoss(s, r), crossEntropy(s, softmax(r)))
    },
    'does not change when scores or relevance are shifted': laws.allOf(
      laws.shiftInvariant(listNetLoss, { args: [0] }),
      laws.shiftInvariant(listNetLoss, { args: [1] }),
    ),
    'does not depend on the order of a list': laws.permutationInvariant(listNetLoss, { axis: -1 }),
    'has the gradient softmax(scores) − softmax(relevance)': (s, r) => {
      expectClose(grad((x: Tensor) => sum(listNetLoss(x, r)))(s), softmax(s).sub(softmax(r)))
    },
  },
})

describe('listNetLoss', () => {
  test.prop([paired(tensors, tensors)])('is the formula, in plain numbers', ([s, r]) => {
    expectClose(listNetLoss(s, r), rowwise(plain, s, r))
  })

  test.prop([paired(tensors, tensors)])('is least where scores are relevance', ([s, r]) => {
    expectClose(listNetLoss(s, r).sub(listNetLoss(r, r)), klDivergence(softmax(s), softmax(r)))
  })

  test.prop([shapes({ minRank: 1, maxRank: 2 }).chain((s) => fc.tuple(tensors(s), tensors(s), masks(s)))])(
    'leaves out what the mask leaves out, with gradient 0',
    ([s, r, mask]) => {
      expectClose(listNetLoss(s, r, { mask }), rowwise(plain, s, r, mask))
      const slopes = values(grad((x: Tensor) => sum(listNetLoss(x, r, { mask })))(s))
      values(mask).forEach((kept, i) => {
        if (!kept) expect(Math.abs(slopes[i] as number)).toBe(0)
      })
    },
  )
})

describeErrors('listNetLoss', {
  'listNetLoss: relevance must have shape [...B, N], got [3] (...B = [], N = 2). Expected scores [...B, N], relevance [...B, N].':
    () => listNetLoss(tensor([1, 2]), tensor([1, 2, 3])),
})
