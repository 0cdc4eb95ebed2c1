import { fc, test } from '@fast-check/vitest'
import { data, max, min, type Tensor, tensor } from '@wengert/core'
import { describe, expect } from 'vitest'
import { cpu } from '../index.ts'

/** What greatest and least numbers go wrong at. */
const special = fc.constantFrom(0, -0, 0, -0, 1, -1, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY)
const few = fc.constantFrom(0, -0, -1, -2, Number.NEGATIVE_INFINITY)
const extent = fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 10, max: 70 }))

describe('greatest and least f32', () => {
  test.prop([
    extent,
    extent,
    fc.array(fc.oneof(few, special), { minLength: 1, maxLength: 300 }),
    fc.integer({ min: 1, max: 7 }),
    fc.boolean(),
  ])('have the bits of the loops, with NaN and signs of zeros', async (rows, columns, values, stride, onlyFew) => {
    const numbers = Float32Array.from({ length: rows * columns }, (_, i) => {
      const value = values[(i * stride) % values.length] as number
      return onlyFew && (Number.isNaN(value) || value > 0) ? -0 : value
    })
    const all = (x: Tensor): Tensor[] =>
      [0, 1].flatMap((axis) => [max(x, { axis }), min(x, { axis }), max(x.neg(), { axis })])
    const [wanted, found] = await Promise.all(
      [cpu({ wasm: false }), cpu({ wasm: 'always' })].map((backend) =>
        data(all(tensor(numbers, { shape: [rows, columns] })), { backend }),
      ),
    )
    expect(found).toEqual(wanted)
  })
})
