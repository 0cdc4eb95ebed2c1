import { fc, test } from '@fast-check/vitest'
import { scatterAdd, take, tensor } from '@wengert/core'
import { labels, tensors } from '@wengert/gradcheck'
import { describeErrors, expectClose, values } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { rowTable } from './rowTable.ts'

describe('rowTable', () => {
  test.prop([
    fc
      .tuple(
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 3 }),
        fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 2 }),
      )
      .chain(([K, D, at]) => fc.tuple(tensors([K, D]), labels(at, K), tensors([...at, D]))),
  ])('takes and adds as take and scatterAdd do, in place', async ([x, indices, updates]) => {
    const numbers = Float64Array.from(values(x))
    const table = rowTable(numbers, x.shape[1] as number)
    expect(table.shape).toEqual(x.shape)
    expectClose(table.take(indices), take(x, indices), 0)
    await table.add(indices, updates)
    expectClose(tensor(numbers, { shape: x.shape }), scatterAdd(x, indices, updates), 1e-15)
  })

  it('gives copies, of the dtype of its numbers', async () => {
    const table = rowTable(new Float32Array([1, 2, 3, 4]), 2)
    const before = table.take(tensor([1]))
    await table.add(tensor([1]), tensor([[10, 10]]))
    expect(before.dtype).toBe('f32')
    expect(values(before)).toEqual([3, 4])
    expect(values(table.take(tensor([1])))).toEqual([13, 14])
  })

  it('changes nothing where an index is out of range', async () => {
    const numbers = new Float32Array([1, 2])
    const table = rowTable(numbers, 1)
    const computed = tensor(Int32Array.of(0, 2))
    await expect(table.add(computed, tensor([[1], [1]]))).rejects.toThrow(
      'rowTable: indices must be from 0 to 1, got 2.',
    )
    await expect(table.add(tensor(Int32Array.of(0)), tensor([1, 2]))).rejects.toThrow(
      'rowTable: updates must hold 1 numbers for each of the 1 indices, got 2.',
    )
    expect([...numbers]).toEqual([1, 2])
  })
})

describeErrors('rowTable', {
  'rowTable: width must divide the 3 numbers given, got 2.': () => rowTable(new Float32Array(3), 2),
  'rowTable: indices must be from 0 to 1, got -1.': () =>
    rowTable(new Float32Array(4), 2).take(tensor(Int32Array.of(-1))),
  'rowTable: indices must be data on the host. Read them first: tensor(await indices.data()).': () =>
    rowTable(new Float32Array(4), 2).take(tensor(Int32Array.of(0)).add(1)),
})
