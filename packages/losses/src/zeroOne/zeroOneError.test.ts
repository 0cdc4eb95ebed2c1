import { fc, test } from '@fast-check/vitest'
import { grad, mean, sum, type Tensor, tensor } from '@wengert/core'
import { labels, laws, logits, tensors } from '@wengert/gradcheck'
import { classified, describeErrors, expectClose, paired, values } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { binaryCrossEntropy } from '../classification/binaryCrossEntropy.ts'
import { crossEntropy } from '../classification/crossEntropy.ts'
import { zeroOneError } from './zeroOneError.ts'

const classes = (...data: number[]): Tensor => tensor(data, { dtype: 'i32' })
const binary = paired(logits, (shape) => labels(shape, 2))
const anyOf = fc.oneof(classified(), binary)

describe('zeroOneError', () => {
  test.prop([classified()])('is 1 where another class is the first of the greatest', ([z, y]) => {
    const K = z.shape.at(-1) as number
    const [zs, ys] = [values(z), values(y)]
    const wanted = ys.map((label, i) => {
      const row = zs.slice(i * K, (i + 1) * K)
      return Number(row.indexOf(Math.max(...row)) !== label)
    })
    expect(values(zeroOneError(z, y))).toEqual(wanted)
  })

  test.prop([binary])('is 1 where the sign is wrong', ([z, y]) => {
    const ys = values(y)
    expect(values(zeroOneError(z, y))).toEqual(values(z).map((v, i) => Number(v > 0 !== (ys[i] === 1))))
  })

  test.prop([anyOf])('gives a batch the values of its examples', ([z, y]) => {
    laws.exampleWise(zeroOneError)(z, y)
  })

  test.prop([classified(tensors)])('does not change when logits of an example are shifted or stretched', ([z, y]) => {
    laws.shiftInvariant(zeroOneError, { by: 0.5, tolerance: 0 })(z, y)
    laws.homogeneous(zeroOneError, { degree: 0, factors: [0.5, 4] })(z, y)
  })

  test.prop([classified()])('is less than crossEntropy / log 2', ([z, y]) => {
    const bound = values(crossEntropy(z, y).div(Math.LN2))
    values(zeroOneError(z, y)).forEach((error, i) => {
      expect(error).toBeLessThanOrEqual((bound[i] as number) + 1e-12)
    })
  })

  test.prop([binary])('is less than binaryCrossEntropy / log 2', ([z, y]) => {
    const bound = values(binaryCrossEntropy(z, y).div(Math.LN2))
    values(zeroOneError(z, y)).forEach((error, i) => {
      expect(error).toBeLessThanOrEqual((bound[i] as number) + 1e-12)
    })
  })

  test.prop([anyOf])('has no gradient, and the dtype of the logits', ([z, y]) => {
    expectClose(grad((x: Tensor) => sum(zeroOneError(x, y)))(z), 0, 0)
    for (const dtype of ['f32', 'f64'] as const) expect(zeroOneError(z.cast(dtype), y).dtype).toBe(dtype)
  })

  it('is, on average, the share of errors', () => {
    const z = tensor([
      [2, 1],
      [3, 4],
      [0, 0],
      [5, 6],
    ])
    expect(values(mean(zeroOneError(z, classes(0, 0, 0, 1))))).toEqual([0.25])
  })

  it('takes bools, and marks computed labels out of range by NaN', () => {
    expect(values(zeroOneError(tensor([-1, 2]), tensor([true, true])))).toEqual([1, 0])
    const z = tensor([
      [2, 1],
      [3, 4],
    ])
    expect(values(zeroOneError(z, classes(0, 1).add(1))).map(Number.isNaN)).toEqual([false, true])
    expect(values(zeroOneError(tensor([1, 2]), classes(0, 1).add(1))).map(Number.isNaN)).toEqual([false, true])
  })
})

describeErrors('zeroOneError', {
  'zeroOneError: labels must be class indices from 0 to 1, got 2. The logits have 2 classes.': () =>
    zeroOneError(tensor([1, 2]), tensor(2, { dtype: 'i32' })),
  'zeroOneError: labels must be 0 or 1, got 2 at [1]. Signs become such labels with labels.greater(0).': () =>
    zeroOneError(tensor([1, 2]), classes(0, 2)),
  'zeroOneError: labels must be a tensor, got an array. Wrap data with tensor(…).': () =>
    zeroOneError(tensor([1, 2]), [0, 1] as unknown as Tensor),
})
