import { fc, test } from '@fast-check/vitest'
import { scatterAdd, tensor, useBackend, zeros } from '@wengert/core'
import { beforeAll, expect, it } from 'vitest'
import { cpu } from './index.ts'

beforeAll(() => useBackend(cpu()))

const float = fc.integer({ min: -99, max: 99 })

// Few rows of many, all of them, and more than there are take different ways, one after the other through the same totals.
test.prop([
  fc.array(
    fc.record({
      n: fc.integer({ min: 1, max: 40 }),
      inner: fc.integer({ min: 1, max: 5 }),
      indices: fc.array(fc.nat(39), { minLength: 1, maxLength: 30 }),
      values: fc.array(float, { minLength: 150, maxLength: 150 }),
      dtype: fc.constantFrom('f32', 'f64', 'i32'),
      outer: fc.integer({ min: 1, max: 2 }),
    }),
    { minLength: 1, maxLength: 4 },
  ),
])('adds updates to their rows and leaves 0 elsewhere, run after run', (runs) => {
  for (const { n, inner, indices, values, dtype, outer } of runs) {
    const at = indices.map((i) => i % n)
    const updates = Float64Array.from({ length: outer * at.length * inner }, (_, i) => values[i % 150] as number)
    const wanted = new Array<number>(outer * n * inner).fill(0)
    for (let o = 0; o < outer; o++)
      at.forEach((row, j) => {
        for (let i = 0; i < inner; i++) {
          const to = (o * n + row) * inner + i
          wanted[to] = (wanted[to] as number) + (updates[(o * at.length + j) * inner + i] as number)
        }
      })
    const y = scatterAdd(
      zeros([outer, n, inner], { dtype }),
      tensor(Int32Array.from(at)),
      tensor(updates, { shape: [outer, at.length, inner] }).cast(dtype),
      { axis: 1 },
    )
    expect([...y.dataSync()]).toEqual(wanted)
  }
})

it('leaves NaN and infinity in their row, and none of it for the next run', () => {
  const add = (value: number): number[] => [
    ...scatterAdd(
      zeros([6, 2]),
      tensor(Int32Array.of(4, 4)),
      tensor([
        [value, 1],
        [1, 1],
      ]),
    ).dataSync(),
  ]
  expect(add(Number.NaN).slice(8)).toEqual([Number.NaN, 2, 0, 0])
  expect(add(Number.POSITIVE_INFINITY).slice(8)).toEqual([Number.POSITIVE_INFINITY, 2, 0, 0])
  expect(add(1)).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 2, 2, 0, 0])
})

it('adds in f64 and rounds once, also where few rows are met', () => {
  const updates = tensor([[2 ** 24], [1], [1]])
  expect([...scatterAdd(zeros([9, 1]), tensor(Int32Array.of(1, 1, 1)), updates).dataSync()].slice(0, 3)).toEqual([
    0,
    2 ** 24 + 2,
    0,
  ])
})
