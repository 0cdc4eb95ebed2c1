import { fc, test } from '@fast-check/vitest'
import { grad, mean, sigmoid, sum, type Tensor, take, tensor } from '@wengert/core'
import { laws, masks, tensors } from '@wengert/gradcheck'
import { describeErrors, describeLoss, expectClose, multiLabelled, value, values } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { binaryCrossEntropy } from '../classification/binaryCrossEntropy.ts'
import { multiLabelBceLoss } from './multiLabelBceLoss.ts'

const f64 = (...data: number[]): Tensor => tensor(data, { dtype: 'f64' })
const loss = (z: Tensor, y: Tensor): Tensor => multiLabelBceLoss(z, y, { temperature: 1 })

describeLoss(loss, {
  name: 'multiLabelBceLoss',
  args: multiLabelled(),
  smooth: multiLabelled(tensors),
  laws: {
    'is the mean of binaryCrossEntropy': (z, y) => {
      expectClose(loss(z, y), mean(binaryCrossEntropy(z, y), { axis: -1 }))
    },
    'is the same where signs and labels change': (z, y) => {
      expectClose(loss(z.neg(), y.neg().add(1)), loss(z, y))
    },
    'has the gradient (σ(z) − labels) / K': (z, y) => {
      const g = grad((x: Tensor) => sum(loss(x, y)))(z)
      expectClose(
        g,
        sigmoid(z)
          .sub(y.cast('f64'))
          .div(z.shape.at(-1) as number),
      )
    },
    'divides by the temperature': (z, y) => {
      expectClose(multiLabelBceLoss(z, y, { temperature: 4 }), loss(z.div(4), y))
      expectClose(multiLabelBceLoss(z, y), multiLabelBceLoss(z, y, { temperature: 0.05 }), 0)
    },
  },
})

describe('multiLabelBceLoss', () => {
  test.prop([multiLabelled(tensors).chain(([z, y]) => fc.tuple(fc.constant(z), tensors(z.shape), fc.constant(y)))])(
    'is convex',
    ([a, b, y]) => {
      laws.convex(loss)(a, b, y)
    },
  )

  test.prop([fc.tuple(tensors([2, 5]), masks([2, 5]), masks([5]))])(
    'is the mean over labels that take part',
    ([z, y, mask]) => {
      const left = values(mask).flatMap((there, i) => (there ? [i] : []))
      const masked = multiLabelBceLoss(z, y, { temperature: 1, mask: mask.broadcastTo([2, 5]) })
      const [zs, ys] = [z, y].map((x) => take(x, tensor(left, { dtype: 'i32' }), { axis: 1 })) as [Tensor, Tensor]
      expectClose(masked, left.length > 0 ? loss(zs, ys) : 0)
    },
  )

  it('changes when all scores are shifted', () => {
    const y = f64(1, 0)
    expect(value(loss(f64(5, 4), y))).toBeGreaterThan(value(loss(f64(0.5, -0.5), y)) + 1)
  })
})

describeErrors('multiLabelBceLoss', {
  'multiLabelBceLoss: temperature must be a finite number greater than 0, got NaN.': () =>
    multiLabelBceLoss(f64(1, 2), f64(0, 1), { temperature: Number.NaN }),
  "multiLabelBceLoss: scores must be f32 or f64, got i32 [1]. Cast it, e.g. scores.cast('f32').": () =>
    multiLabelBceLoss(tensor([1], { dtype: 'i32' }), f64(1)),
})
