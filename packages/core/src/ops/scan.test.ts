import { fc, test } from '@fast-check/vitest'
import { cpu } from '@wengert/backend-cpu'
import { checkGradients, shapes, tensors } from '@wengert/gradcheck'
import { agrees, describeErrors, type Field, fieldOf, laidOut } from '@wengert/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import * as w from '../index.ts'

beforeAll(() => w.useBackend(cpu()))

interface Row {
  readonly f: (x: w.Tensor, options?: w.ScanOptions) => w.Tensor
  readonly reference: (values: readonly number[]) => number
}

const rows: Record<string, Row> = {
  cumSum: { f: w.cumSum, reference: (list) => list.reduce((a, b) => a + b, 0) },
  cumProd: { f: w.cumProd, reference: (list) => list.reduce((a, b) => a * b, 1) },
  cumMax: { f: w.cumMax, reference: (list) => Math.max(...list) },
  logCumSumExp: { f: w.logCumSumExp, reference: (list) => Math.log(list.reduce((a, b) => a + Math.exp(b), 0)) },
}

/** The definition: each element from itself and all before it, or all behind it. */
function scanned(reference: Row['reference'], field: Field, axis: number, reverse: boolean): Field {
  return {
    shape: field.shape,
    at: (index) => {
      const here = index[axis] as number
      const from = reverse ? here : 0
      const to = reverse ? (field.shape[axis] as number) : here + 1
      return reference(Array.from({ length: to - from }, (_, i) => field.at(index.with(axis, from + i))))
    },
  }
}

const options = fc.record({ axis: fc.nat({ max: 2 }), reverse: fc.boolean() })

describe.each(Object.entries(rows))('%s', (_, { f, reference }) => {
  test.prop([shapes({ minRank: 3, minSize: 0, maxSize: 6 }).chain((shape) => laidOut(shape)), options])(
    'accumulates along any axis of any layout, from either end',
    (x, { axis, reverse }) => {
      expect(agrees(f(x, { axis, reverse }), scanned(reference, fieldOf(x), axis, reverse))).toBe(true)
      const single = x.cast('f32')
      expect(agrees(f(single, { axis, reverse }), scanned(reference, fieldOf(single), axis, reverse), 3e-6)).toBe(true)
    },
  )

  test.prop([shapes({ minRank: 3, maxSize: 3 }).chain((shape) => tensors(shape, { distinct: true })), options])(
    'has right derivatives',
    (x, scan) => {
      checkGradients((v: w.Tensor) => f(v, scan), [x])
    },
  )

  it('takes the last axis, from its front, without options', () => {
    const x = w.tensor([[1, 3, 2]], { dtype: 'f64' })
    expect(agrees(f(x), scanned(reference, fieldOf(x), 1, false))).toBe(true)
  })
})

describe('cumSum', () => {
  it('counts bools and wraps integers', () => {
    expect(w.cumSum(w.tensor([true, false, true])).dataSync()).toEqual(new Int32Array([1, 1, 2]))
    const top = w.tensor([2 ** 31 - 1, 1], { dtype: 'i32' })
    expect(w.cumSum(top).dataSync()).toEqual(new Int32Array([2 ** 31 - 1, -(2 ** 31)]))
  })

  it('keeps the digits of a long sum in f32', () => {
    const n = 1_000_003
    const sums = w.cumSum(w.full([n], 0.1)).dataSync()
    expect(sums[n - 1]).toBeCloseTo(n * Math.fround(0.1), -1)
  })
})

describe('cumProd', () => {
  test.prop([tensors([7], { min: -2, max: 2 }), fc.subarray([0, 1, 2, 3, 4, 5, 6], { maxLength: 3 })])(
    'has right derivatives beside zeros',
    (x, zeros) => {
      const data = x.dataSync()
      for (const i of zeros) data[i] = 0
      checkGradients((v: w.Tensor) => w.cumProd(v), [w.tensor(data)])
    },
  )
})

describe('cumMax', () => {
  it('keeps NaN from the first one on', () => {
    const x = w.tensor([1, Number.NaN, 3, Number.NaN, 5])
    expect(w.cumMax(x).dataSync()).toEqual(new Float32Array([1, Number.NaN, Number.NaN, Number.NaN, Number.NaN]))
  })

  it('takes integers', () => {
    expect(w.cumMax(w.tensor([-5, -7, 2, 1], { dtype: 'i32' })).dataSync()).toEqual(new Int32Array([-5, -5, 2, 2]))
  })
})

describe('logCumSumExp', () => {
  test.prop([tensors([6]), fc.subarray([0, 1, 2, 3, 4, 5])])('has right derivatives beside −∞', (x, absent) => {
    const data = x.dataSync()
    for (const i of absent) data[i] = Number.NEGATIVE_INFINITY
    const y = w.tensor(data)
    expect(agrees(w.logCumSumExp(y), scanned((rows.logCumSumExp as Row).reference, fieldOf(y), 0, false))).toBe(true)
    const softmax = (upTo: number) => w.softmax(y.slice([0], [upTo]))
    for (let k = 0; k < 6; k++) {
      const slopes = w.grad((v: w.Tensor) =>
        w
          .logCumSumExp(v)
          .slice([k], [k + 1])
          .squeeze(),
      )(y)
      expect(agrees(slopes.slice([0], [k + 1]), fieldOf(softmax(k + 1)))).toBe(true)
    }
  })
})

describeErrors('accumulating', {
  'cumSum: axis must be an integer from -1 to 0 for a tensor of rank 1, got 1.': () =>
    w.cumSum(w.zeros([2]), { axis: 1 }),
  'cumProd: axis must be an integer from -1 to 0 for a tensor of rank 1, got 2.': () =>
    w.cumProd(w.zeros([2]), { axis: 2 }),
  "cumMax: x must be i32, f16, f32 or f64, got bool [1]. Cast it, e.g. x.cast('f32').": () =>
    w.cumMax(w.tensor([true])),
  "logCumSumExp: x must be f16, f32 or f64, got i32 [1]. Cast it, e.g. x.cast('f32').": () =>
    w.logCumSumExp(w.tensor([1], { dtype: 'i32' })),
})
