import { fc, test } from '@fast-check/vitest'
import { cpu } from '@wengert/backend-cpu'
import { shapes, tensors } from '@wengert/gradcheck'
import { beforeAll, describe, expect, expectTypeOf, it } from 'vitest'
import * as w from '../index.ts'

beforeAll(() => w.useBackend(cpu()))

/** The values of a tensor as nested arrays. */
function nested(x: w.Tensor): unknown {
  let lists: unknown[] = [...x.dataSync()]
  for (const n of x.shape.toReversed())
    lists = Array.from({ length: n === 0 ? 0 : lists.length / n }, (_, i) => lists.slice(i * n, (i + 1) * n))
  return lists[0]
}

describe('tensor', () => {
  test.prop([shapes({ minRank: 0, maxRank: 4 }).chain((shape) => tensors(shape))])('reads what it holds', (x) => {
    const again = w.tensor(nested(x) as w.NestedArray, { dtype: 'f64' })
    expect(again.shape).toEqual(x.shape)
    expect(again.dataSync()).toEqual(x.dataSync())
  })

  it('takes the dtype of the data', () => {
    expect(w.tensor(1).dtype).toBe('f32')
    expect(w.tensor([true, false]).dtype).toBe('bool')
    expect(w.tensor(new Float64Array(2)).dtype).toBe('f64')
    expect(w.tensor(new Int32Array(2)).dtype).toBe('i32')
    expect(w.tensor(new Uint8Array([7])).dtype).toBe('i32')
    expect(w.tensor(new Uint8Array([7])).item()).toBe(7)
    expect(w.tensor(new Float32Array(6), { shape: [2, 3] }).shape).toEqual([2, 3])
    expect(w.tensor([]).shape).toEqual([0])
    expect(w.tensor([[], []]).shape).toEqual([2, 0])
  })

  it('copies its data, and so does reading', () => {
    const data = new Float32Array([1, 2])
    const x = w.tensor(data)
    data[0] = 9
    const read = x.dataSync()
    expect([...read]).toEqual([1, 2])
    read[0] = 9
    expect([...x.dataSync()]).toEqual([1, 2])
    const y = x.mul(2)
    y.dataSync()[0] = 9
    expect([...y.dataSync()]).toEqual([2, 4])
  })

  it('refuses ragged, mixed and foreign data with the place', () => {
    expect(() => w.tensor([[1, 2], [3]])).toThrow(
      'tensor: data must nest arrays of equal lengths, got 1 elements at [1] where 2 elements was expected.',
    )
    expect(() => w.tensor([[1], 2])).toThrow(w.ShapeError)
    expect(() => w.tensor([1, [2]])).toThrow(w.ShapeError)
    expect(() => w.tensor([1, true])).toThrow('tensor: data must be all numbers or all booleans, got both.')
    expect(() => w.tensor([['a' as unknown as number]])).toThrow(
      'tensor: data must consist of numbers or booleans, got string at [0][0].',
    )
    expect(() => w.tensor([1, 2], { shape: [3] })).toThrow('tensor: shape must hold the 2 numbers given, got [3].')
    expect(() => w.tensor([1.5], { dtype: 'i32' })).toThrow(w.ValueError)
    expect(() => w.tensor([Number.NaN], { dtype: 'i32' })).toThrow(w.ValueError)
  })
})

describe('makers', () => {
  it('fill, count and lay out', () => {
    expect([...w.full([2], 3, { dtype: 'i32' }).dataSync()]).toEqual([3, 3])
    expect([...w.full([2], 3, { dtype: 'bool' }).dataSync()]).toEqual([1, 1])
    expect([...w.ones([3]).dataSync()]).toEqual([1, 1, 1])
    expect(w.zerosLike(w.ones([2, 3], { dtype: 'f64' })).dtype).toBe('f64')
    expect([...w.arange(3, { start: 1, step: 2 }).dataSync()]).toEqual([1, 3, 5])
    expect([...w.eye(2, { columns: 3 }).dataSync()]).toEqual([1, 0, 0, 0, 1, 0])
    expect(nested(w.oneHot(w.tensor([2, 0, 5], { dtype: 'i32' }), 3))).toEqual([
      [0, 0, 1],
      [1, 0, 0],
      [0, 0, 0],
    ])
  })

  test.prop([fc.integer({ min: 1, max: 50 }), fc.double({ min: -9, max: 9, noNaN: true })])(
    'linspace holds both ends',
    (n, stop) => {
      const x = w.linspace(-1, stop, n, { dtype: 'f64' }).dataSync()
      expect(x[0]).toBe(-1)
      if (n > 1) expect(x[n - 1]).toBe(stop)
    },
  )

  it('refuse bad sizes and dtypes', () => {
    expect(() => w.zeros([2, -1])).toThrow('zeros: shape must consist of non-negative integers, got [2, -1].')
    expect(() => w.full([1], 0.5, { dtype: 'i32' })).toThrow(w.ValueError)
    expect(() => w.arange(1.5)).toThrow(w.ValueError)
    expect(() => w.eye(-1)).toThrow(w.ValueError)
    expect(() => w.linspace(0, 1, 3, { dtype: 'i32' })).toThrow(w.DTypeError)
    expect(() => w.oneHot(w.tensor([1]), 3)).toThrow(
      "oneHot: indices must be i32, got f32 [1]. Cast it, e.g. indices.cast('i32').",
    )
    expect(() => w.ones([1], { dtype: 'f8' as w.DType })).toThrow(w.DTypeError)
  })
})

it('data is typed', async () => {
  const x = w.tensor([1])
  expectTypeOf(x.data()).resolves.toEqualTypeOf<w.TypedArray>()
  expect([...(await x.data())]).toEqual([1])
})
