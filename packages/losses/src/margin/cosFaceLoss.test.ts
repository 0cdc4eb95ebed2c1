import { fc, test } from '@fast-check/vitest'
import { oneHot, softmax, softplus, sum, type Tensor, tensor } from '@wengert/core'
import { labels, laws, tensors, unitVectors } from '@wengert/gradcheck'
import { describeLoss, expectClose, expectConvex, value } from '@wengert/testing'
import { crossEntropy } from '../classification/crossEntropy.ts'
import { cosFaceLoss } from './cosFaceLoss.ts'
import { cosineLogits } from './cosineLogits.ts'

const prototypes = tensor([
  [3, 1, -1],
  [-1, 2, 1],
  [0.5, -3, 2],
  [1, 1, 1],
])
const sizes = fc.integer({ min: 1, max: 3 })
const loss = (x: Tensor, y: Tensor): Tensor => cosFaceLoss(x, y, prototypes, { scale: 8 })

describeLoss(loss, {
  name: 'cosFaceLoss',
  args: sizes.chain((B) => fc.tuple(tensors([B, 3]), labels([B], 4))),
  smooth: sizes.chain((B) => fc.tuple(unitVectors([B, 3]), labels([B], 4))),
  laws: {
    'is crossEntropy of scaled cosines with the margin taken off that of the label': (x, y) => {
      const hit = oneHot(y, 4, { dtype: 'f64' })
      expectClose(loss(x, y), crossEntropy(cosineLogits(x, prototypes, { scale: 8 }).sub(hit.mul(8 * 0.35)), y), 1e-11)
    },
    'does not fall as the margin grows, and is convex in it': (x, y) => {
      const by = (margin: number): Tensor => cosFaceLoss(x, y, prototypes, { scale: 8, margin })
      laws.bounded(() => by(0.3).sub(by(0)), { min: 0 })()
      expectConvex((m) => by(value(m)), tensor(-0.5), tensor(0.75))
    },
    'grows with the margin by scale (1 − p) of the label': (x, y) => {
      const by = (margin: number): Tensor => cosFaceLoss(x, y, prototypes, { scale: 8, margin })
      const hit = oneHot(y, 4, { dtype: 'f64' })
      const p = sum(softmax(cosineLogits(x, prototypes, { scale: 8 }).sub(hit.mul(2))).mul(hit), { axis: -1 })
      const slope = by(0.25 + 1e-5)
        .sub(by(0.25 - 1e-5))
        .div(2e-5)
      expectClose(slope, p.neg().add(1).mul(8), 1e-6)
    },
  },
})

test.prop([fc.tuple(tensors([3, 2]), labels([3], 2), tensors([2, 2]))])(
  'cosFaceLoss of two classes is the softplus of one difference',
  ([x, y, w]) => {
    const sign = y.mul(2).sub(1).cast('f64')
    const c = cosineLogits(x, w)
    const apart = c
      .slice([0, 1], [3, 2])
      .sub(c.slice([0, 0], [3, 1]))
      .squeeze(-1)
    expectClose(cosFaceLoss(x, y, w), softplus(apart.mul(sign).sub(0.35).mul(-64)), 1e-11)
  },
)
