import { fc, test } from '@fast-check/vitest'
import { cpu } from '@wengert/backend-cpu'
import { checkGradients, shapes, tensors } from '@wengert/gradcheck'
import { agrees, describeErrors, type Field, fieldOf, laidOut } from '@wengert/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import * as w from '../index.ts'

beforeAll(() => w.useBackend(cpu()))

const options = fc.record({ axis: fc.nat({ max: 2 }), descending: fc.boolean() })

/** Tensors with ties, infinities, both zeros and NaN among their elements. */
const mixed = shapes({ minRank: 3, minSize: 0 }).chain((shape) => {
  const size = w.sizeOf(shape)
  const special = fc.constantFrom(0, -0, 1, 1, -2, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY)
  return fc
    .array(special, { minLength: size, maxLength: size })
    .map((data) => w.tensor(Float64Array.from(data), { shape }))
})

/** Positions of a list in order, by the definition: compare, then position; NaN last. */
function sorted(list: readonly number[], descending: boolean): number[] {
  const rank = (v: number): number => (Number.isNaN(v) ? 1 : 0)
  const compare = (a: number, b: number): number =>
    a === b || Number.isNaN(a) ? 0 : (a < b ? -1 : 1) * (descending ? -1 : 1)
  return list
    .map((_, i) => i)
    .sort((i, j) => {
      const [a, b] = [list[i] as number, list[j] as number]
      return rank(a) - rank(b) || compare(a, b) || i - j
    })
}

/** The same along an axis of a field. */
function positions(field: Field, axis: number, descending: boolean): Field {
  const n = field.shape[axis] as number
  const line = (index: readonly number[]): number[] =>
    Array.from({ length: n }, (_, i) => field.at(index.with(axis, i)))
  return { shape: field.shape, at: (index) => sorted(line(index), descending)[index[axis] as number] as number }
}

describe('argSort', () => {
  test.prop([mixed, options])('orders along any axis, stable, NaN last', (x, { axis, descending }) => {
    const order = w.argSort(x, { axis, descending })
    expect(order.dtype).toBe('i32')
    expect(agrees(order, positions(fieldOf(x), axis, descending), 0)).toBe(true)
  })

  test.prop([fc.array(fc.integer({ min: -20, max: 20 }), { maxLength: 200 }), fc.boolean()])(
    'orders long lists of integers',
    (list, descending) => {
      const x = w.tensor(Int32Array.from(list))
      expect([...w.argSort(x, { descending }).dataSync()]).toEqual(sorted(list, descending))
    },
  )
})

describe('sort', () => {
  test.prop([shapes({ minRank: 3 }).chain((shape) => laidOut(shape)), options])(
    'puts the same elements in order, in any layout',
    (x, { axis, descending }) => {
      const field = fieldOf(x)
      const at = positions(field, axis, descending)
      const expected = { shape: x.shape, at: (index: readonly number[]) => field.at(index.with(axis, at.at(index))) }
      expect(agrees(w.sort(x, { axis, descending }), expected, 0)).toBe(true)
    },
  )

  test.prop([tensors([5])])('descending reverses ascending', (x) => {
    expect(w.sort(x, { descending: true }).dataSync()).toEqual(w.flip(w.sort(x)).dataSync())
  })

  test.prop([shapes({ minRank: 3, maxSize: 3 }).chain((shape) => tensors(shape, { distinct: true })), options])(
    'has right derivatives',
    (x, sorting) => {
      checkGradients((v: w.Tensor) => w.sort(v, sorting).square(), [x])
    },
  )
})

describe('topK', () => {
  test.prop([mixed, fc.nat({ max: 2 }), fc.nat({ max: 4 })])('is the head of the descending order', (x, axis, most) => {
    const k = Math.min(most, x.shape[axis] as number)
    const { values, indices } = w.topK(x, k, { axis })
    const head = x.shape.with(axis, k)
    const first = x.shape.map(() => 0)
    expect(indices.dataSync()).toEqual(w.argSort(x, { axis, descending: true }).slice(first, head).dataSync())
    expect(values.dataSync()).toEqual(w.sort(x, { axis, descending: true }).slice(first, head).dataSync())
    expect(values.shape).toEqual(head)
  })

  test.prop([tensors([2, 5], { distinct: true })])('has right derivatives', (x) => {
    checkGradients((v: w.Tensor) => w.topK(v, 3).values.square(), [x])
  })
})

it('orders a long row of f32 as JavaScript does', () => {
  const x = w.uniform(w.key(1), [100_000])
  const y = w.sort(x).dataSync()
  expect(y).toEqual(x.dataSync().sort())
})

describeErrors('sorting', {
  "argSort: x must be i32, f16, f32 or f64, got bool [1]. Cast it, e.g. x.cast('f32').": () =>
    w.argSort(w.tensor([true])),
  'sort: axis must be an integer from -1 to 0 for a tensor of rank 1, got 1.': () => w.sort(w.zeros([2]), { axis: 1 }),
  'topK: k must be at most 3, the size of axis 1 of [2, 3], got 4.': () => w.topK(w.zeros([2, 3]), 4),
  'topK: k must be an integer of at least 0, got 1.5.': () => w.topK(w.zeros([3]), 1.5),
})
