import { fc, test } from '@fast-check/vitest'
import { cpu } from '@wengert/backend-cpu'
import { grad, key, sum, type Tensor, tensor, useBackend, zeros } from '@wengert/core'
import { checkGradients, checkLayer, laws, tensors } from '@wengert/gradcheck'
import { describeErrors, values } from '@wengert/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import { embedding, embeddingBag } from './index.ts'

beforeAll(() => useBackend(cpu()))

const ids = (data: readonly number[], shape: readonly number[] = [data.length]): Tensor =>
  tensor(Int32Array.from(data), { shape })

const tables = tensors([5, 3])
const bags = fc.array(fc.nat(4), { minLength: 12, maxLength: 12 })

describe('embedding', () => {
  test.prop([tables, bags])('looks up rows', (weight, list) => {
    const y = embedding({ in: 5, out: 3 }).apply({ weight }, ids(list, [2, 6]))
    expect(y.shape).toEqual([2, 6, 3])
    const rows = values(weight)
    expect(values(y)).toEqual(list.flatMap((id) => rows.slice(3 * id, 3 * id + 3)))
  })

  test.prop([tables, bags, tensors([12, 3])])(
    'adds up cotangents by rows, but for the padding id',
    (weight, list, u) => {
      for (const paddingId of [undefined, 2]) {
        const layer = embedding({ in: 5, out: 3, ...(paddingId !== undefined && { paddingId }) })
        const gradient = grad((w: Tensor) => sum(layer.apply({ weight: w }, ids(list)).mul(u)))(weight)
        const wanted = new Float64Array(15)
        const cotangent = values(u)
        list.forEach((id, i) => {
          if (id !== paddingId)
            for (let j = 0; j < 3; j++)
              wanted[3 * id + j] = (wanted[3 * id + j] as number) + (cotangent[3 * i + j] as number)
        })
        values(gradient).forEach((g, i) => {
          expect(g).toBeCloseTo(wanted[i] as number, 9)
        })
      }
    },
  )

  it('obeys what a layer must', () => {
    const x = ids([1, 4, 4, 0, 2, 1], [3, 2])
    for (const layer of [embedding({ in: 5, out: 3 }), embedding({ in: 5, out: 3, paddingId: 4 })])
      expect(checkLayer(layer, x)).toMatchObject({ parameters: 15, idle: [], batch: { rows: 3 } })
  })

  it('starts normal, with the row of the padding id at 0', () => {
    const layer = embedding({ in: 400, out: 8, paddingId: 7, dtype: 'f64' })
    const weight = layer.init(key(0)).weight
    const data = values(weight)
    expect(weight.dtype).toBe('f64')
    expect(data.slice(56, 64)).toEqual(Array(8).fill(0))
    expect(data.filter((v) => v === 0)).toHaveLength(8)
    expect(data.reduce((total, v) => total + v * v, 0) / data.length).toBeCloseTo(1, 0)
  })

  it('takes no ids, and keeps f32', () => {
    const layer = embedding({ in: 2, out: 3 })
    const y = layer.apply(layer.init(key(0)), zeros([0, 4], { dtype: 'i32' }))
    expect([y.shape, y.dtype]).toEqual([[0, 4, 3], 'f32'])
  })

  const weight = zeros([5, 3])
  describeErrors('embedding', {
    'embedding: weight must have shape [5, 3], got [4, 3] (...B = [1]). Expected x [...B], weight [5, 3].': () =>
      embedding({ in: 5, out: 3 }).apply({ weight: zeros([4, 3]) }, ids([0])),
    "embedding: x must be i32, got f32 [1]. Cast it, e.g. x.cast('i32').": () =>
      embedding({ in: 5, out: 3 }).apply({ weight }, tensor([1])),
    'embedding: x must be ids from 0 to 4, got 5 at [1]. The table has no other rows.': () =>
      embedding({ in: 5, out: 3 }).apply({ weight }, ids([0, 5])),
    'embedding: in must be an integer of at least 1, got 0.': () => embedding({ in: 0, out: 3 }),
    'embedding: out must be an integer of at least 1, got 1.5.': () => embedding({ in: 1, out: 1.5 }),
    'embedding: paddingId must be an integer from 0 to 4, got 5.': () => embedding({ in: 5, out: 3, paddingId: 5 }),
  })
})

describe('embeddingBag', () => {
  const modes = ['sum', 'mean', 'max'] as const
  const made = {
    sum: (column: number[]) => column.reduce((total, v) => total + v, 0),
    mean: (column: number[]) => column.reduce((total, v) => total + v, 0) / Math.max(1, column.length),
    max: (column: number[]) => (column.length > 0 ? Math.max(...column) : 0),
  }

  test.prop([tables, bags, fc.constantFrom(...modes), fc.option(fc.nat(4), { nil: undefined })])(
    'makes one row of those of a bag, without the padding id',
    (weight, list, mode, paddingId) => {
      const layer = embeddingBag({ in: 5, out: 3, mode, ...(paddingId !== undefined && { paddingId }) })
      const data = values(weight)
      const wanted = [list.slice(0, 4), list.slice(4, 8), list.slice(8)].flatMap((bag) =>
        [0, 1, 2].map((j) => made[mode](bag.filter((id) => id !== paddingId).map((id) => data[3 * id + j] as number))),
      )
      const y = layer.apply({ weight }, ids(list, [3, 4]))
      expect(y.shape).toEqual([3, 3])
      values(y).forEach((v, i) => {
        expect(v).toBeCloseTo(wanted[i] as number, 9)
      })
    },
  )

  it.each(modes)('%s obeys what a layer must, and does not depend on the order in a bag', (mode) => {
    const layer = embeddingBag({ in: 5, out: 3, mode, paddingId: 4, dtype: 'f64' })
    const x = ids([1, 4, 4, 0, 2, 1, 4, 4, 4], [3, 3])
    expect(checkLayer(layer, x)).toMatchObject({ parameters: 15, batch: { rows: 3 } })
    laws.permutationInvariant((x: Tensor) => layer.apply(layer.init(key(0)), x), { axis: 1 })(x)
    expect(values(layer.apply(layer.init(key(0)), x)).slice(6)).toEqual([0, 0, 0])
    const { weight } = layer.init(key(1))
    checkGradients(
      (w: Tensor) => embeddingBag({ in: 5, out: 3, mode }).apply({ weight: w }, ids([0, 3, 2], [1, 3])),
      [weight],
    )
  })

  it('never gives the padding id a gradient', () => {
    for (const mode of modes) {
      const layer = embeddingBag({ in: 3, out: 2, mode, paddingId: 0 })
      const f = (weight: Tensor): Tensor => sum(layer.apply({ weight }, ids([0, 1, 0, 0], [2, 2])))
      const gradient = values(
        grad(f)(
          tensor([
            [9, 9],
            [2, 3],
            [4, 5],
          ]),
        ),
      )
      expect(gradient).toEqual([0, 0, 1, 1, 0, 0])
    }
  })

  describeErrors('embeddingBag', {
    "embeddingBag: mode must be 'sum', 'mean' or 'max', got median.": () =>
      embeddingBag({ in: 2, out: 2, mode: 'median' as 'sum' }),
    'embeddingBag: x must have shape [...B, N], got []. Expected x [...B, N], weight [2, 2].': () =>
      embeddingBag({ in: 2, out: 2 }).apply({ weight: zeros([2, 2]) }, tensor(1, { dtype: 'i32' })),
    'embeddingBag: paddingId must be an integer from 0 to 1, got -1.': () =>
      embeddingBag({ in: 2, out: 2, paddingId: -1 }),
  })
})
