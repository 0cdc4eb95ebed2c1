import { fc, test } from '@fast-check/vitest'
import { grad, max, maximum, mean, oneHot, sum, type Tensor, tensor } from '@wengert/core'
import { labels, laws, tensors } from '@wengert/gradcheck'
import { classesReversed, classified, describeErrors, describeLoss, expectClose, values } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { ldrKLoss } from './ldrKLoss.ts'

const K = (z: Tensor): number => z.shape.at(-1) as number

/** The terms margin [j ≠ y] + zⱼ − z_y, as plain numbers by example. */
function terms(z: Tensor, y: Tensor, margin: number): number[][] {
  const [logits, classes] = [values(z), values(y)]
  return classes.map((label, i) => {
    const row = logits.slice(i * K(z), (i + 1) * K(z))
    return row.map((x, j) => x - (row[label] as number) + (j === label ? 0 : margin))
  })
}

// Distinct by 1/64, of which the margin 0.1 is no multiple: no two terms tie.
const untied = classified((shape) => tensors(shape, { distinct: true }))

for (const k of [1, 2])
  describe(`with k = ${k}`, () => {
    const loss = (z: Tensor, y: Tensor): Tensor => ldrKLoss(z, y, { k })
    describeLoss(loss, {
      name: 'ldrKLoss',
      args: classified(undefined, k),
      smooth: classified((shape) => tensors(shape, { distinct: true }), k),
      laws: {
        'does not change when all logits of an example are shifted': laws.shiftInvariant(loss),
        'is the mean of the greatest terms': (z, y) => {
          const expected = terms(z, y, 0.1).map(
            (row) =>
              row
                .sort((a, b) => b - a)
                .slice(0, k)
                .reduce((a, b) => a + b) / k,
          )
          expectClose(loss(z, y), tensor(expected, { shape: y.shape, dtype: 'f64' }))
        },
        'is 0 at least, if k = 1': laws.bounded(loss, k === 1 ? { min: 0 } : {}),
      },
    })
  })

describe('ldrKLoss', () => {
  test.prop([untied])('is the mean of all terms for k = K', ([z, y]) => {
    const k = K(z)
    const label = sum(z.mul(oneHot(y, k, { dtype: 'f64' })), { axis: -1 })
    const expected = mean(z, { axis: -1 })
      .sub(label)
      .add((2 * (k - 1)) / k)
    expectClose(ldrKLoss(z, y, { k, margin: 2 }), expected)
  })

  test.prop([classified(undefined, 2)])('falls as k grows', ([z, y]) => {
    for (let k = 1; k < K(z); k++) {
      const [less, more] = [ldrKLoss(z, y, { k }), ldrKLoss(z, y, { k: k + 1 })]
      expectClose(maximum(less, more), less)
    }
  })

  test.prop([untied, fc.nat({ max: 3 })])(
    'has a gradient of 1/k for k classes, less the one-hot label',
    ([z, y], n) => {
      const k = Math.min(n + 1, K(z))
      const g = grad((x: Tensor) => sum(ldrKLoss(x, y, { k })))(z)
      const q = g.add(oneHot(y, K(z), { dtype: 'f64' }))
      expectClose(sum(q, { axis: -1 }), 1)
      expectClose(max(q), 1 / k)
      expectClose(sum(q.greater(1 / k - 1e-9), { axis: -1 }).cast('f64'), k)
    },
  )

  test.prop([
    fc
      .tuple(fc.nat({ max: 3 }), fc.integer({ min: 2, max: 4 }))
      .chain(([B, K]) => fc.tuple(tensors([B, K]), tensors([B, K]), labels([B], K))),
  ])('is convex', ([a, b, y]) => {
    laws.convex((z) => ldrKLoss(z, y, { k: 2 }))(a, b)
  })

  test.prop([untied])('does not change when classes change places', (args) => {
    laws.invariant((z: Tensor, y: Tensor) => ldrKLoss(z, y, { margin: 1 }), classesReversed)(...args)
  })

  it('takes the first of terms that tie', () => {
    const y = tensor(1, { dtype: 'i32' })
    const gradient = grad((z: Tensor) => ldrKLoss(z, y, { k: 1 }))(tensor([2, 0, 2]))
    expect(values(gradient)).toEqual([1, -1, 0])
  })
})

describeErrors('ldrKLoss', {
  'ldrKLoss: k must be an integer from 1 to 2, got 3.': () =>
    ldrKLoss(tensor([1, 2]), tensor(1, { dtype: 'i32' }), { k: 3 }),
  'ldrKLoss: margin must be a finite number of at least 0, got -1.': () =>
    ldrKLoss(tensor([1, 2]), tensor(1, { dtype: 'i32' }), { margin: -1 }),
  'ldrKLoss: normalization must be one of none, l1Mean, softplusMean, got l2.': () =>
    ldrKLoss(tensor([1, 2]), tensor(1, { dtype: 'i32' }), { normalization: 'l2' as 'none' }),
})
