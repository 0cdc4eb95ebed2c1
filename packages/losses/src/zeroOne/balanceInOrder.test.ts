import { fc, test } from '@fast-check/vitest'
import { sum, type Tensor, tensor } from '@wengert/core'
import { dyadics, logits, tensors } from '@wengert/gradcheck'
import { expectClose, values } from '@wengert/testing'
import { expect, it } from 'vitest'
import { balanceOfElements } from './balance.ts'
import { balanceInOrder } from './balanceInOrder.ts'
import { softBinaryArgmax } from './softBinaryArgmax.ts'

const { NEGATIVE_INFINITY: low } = Number
const f64 = (data: number[], shape: readonly number[]): Tensor => tensor(data, { dtype: 'f64', shape })

/** Rows of any length with many ties and elements that are left out, and a threshold for each. */
const cases = fc.tuple(fc.constantFrom(1, 2), fc.integer({ min: 1, max: 30 })).chain(([R, n]) =>
  fc.tuple(
    fc.array(fc.oneof(dyadics(), fc.integer({ min: -3, max: 3 }), fc.constant(low)), {
      minLength: R * n,
      maxLength: R * n,
    }),
    fc.array(fc.oneof(dyadics(), fc.integer({ min: -3, max: 3 })), { minLength: R, maxLength: R }),
    tensors([R, 1], { min: 0, max: n }),
    fc.constant([R, n] as const),
  ),
)

test.prop([cases])('is the balance that all elements give, one by one', ([xs, zs, k, [R, n]]) => {
  const [x, z] = [f64(xs, [R, n]), f64(zs, [R, 1])]
  const [sorted, plain] = [balanceInOrder(x, k)(z), balanceOfElements(x, k, -1)(z)]
  for (const part of ['missing', 'exact'] as const) {
    expect(sorted[part].shape).toEqual([R, 1])
    expectClose(sorted[part], plain[part])
    expectClose(sorted[part], plain.missing)
  }
  expect(values(sorted.active)).toEqual(values(plain.active))
})

test.prop([
  logits([24]).chain((x) => fc.tuple(fc.constant(x), fc.shuffledSubarray([...Array(24).keys()], { minLength: 24 }))),
  tensors([1]),
])('does not depend on where the elements stand', ([x, order], z) => {
  const k = f64([7], [1])
  const shuffled = f64(
    order.map((i) => values(x)[i] as number),
    [24],
  )
  expect(values(balanceInOrder(shuffled, k)(z).missing)).toEqual(values(balanceInOrder(x, k)(z).missing))
})

it.each([0, 0.5, 1])('knows for whole blocks of ties at z = %d whether they move', (z) => {
  const balance = balanceInOrder(f64(new Array<number>(25).fill(0), [25]), f64([10], [1]))(f64([z], [1]))
  expect(values(balance.missing)).toEqual([10 - 25 * z])
  expect(values(balance.active)).toEqual([z === 0.5 ? 25 : 0])
})

// Rows that are long enough to be sorted.
const n = 20_000
const wave = Float64Array.from({ length: n }, (_, i) => 3 * Math.sin(i * i))

it.each([1, 77.5, 10_000, 19_999, n])('projects a long row so that it sums to k = %d, by one threshold', (k) => {
  const y = softBinaryArgmax(tensor(wave), k)
  expect(Math.abs(values(sum(y))[0] as number)).toBeCloseTo(k, 8)
  // The conditions for the nearest point: x − y is one number where 0 < y < 1, no more where y is 0, no less where it is 1.
  const moved = values(y).map((v, i) => [v, (wave[i] as number) - v] as const)
  const inside = moved.flatMap(([v, d]) => (v > 0 && v < 1 ? [d] : []))
  const most = Math.max(...moved.flatMap(([v, d]) => (v === 0 ? [d] : [])), ...inside)
  const least = Math.min(...moved.flatMap(([v, d]) => (v === 1 ? [d] : [])), ...inside)
  expect(most - least).toBeLessThanOrEqual(1e-12)
})

it('projects long rows along any axis, with numbers of their own', () => {
  const x = tensor(
    Float64Array.from({ length: 2 * n }, (_, i) => wave[i >> 1] as number).map((v, i) => v * (1 + (i % 2))),
    {
      shape: [n, 2],
    },
  )
  const k = f64([100, 5000], [2])
  const y = softBinaryArgmax(x, k, { axis: 0 })
  const row = (scale: number, k: number): Tensor => softBinaryArgmax(tensor(wave).mul(scale), k)
  expectClose(y.transpose(), f64([...values(row(1, 100)), ...values(row(2, 5000))], [2, n]), 1e-13)
})

it.each(['f32', 'f64'] as const)('takes long rows with ties and far elements, in %s', (dtype) => {
  const x = Float64Array.from({ length: n }, (_, i) => (i < 4 ? [0.25, -0.5, 0, 3][i] : i % 2 ? low : -1e30) as number)
  const y = values(softBinaryArgmax(tensor([...x], { dtype }), 2, { temperature: 0.5 }))
  expect(y.slice(0, 5)).toEqual([0.75, 0, 0.25, 1, 0])
  expect(y.slice(5).every((v) => v === 0)).toBe(true)
  expectClose(softBinaryArgmax(tensor(new Float64Array(n), { dtype: 'f64' }), n / 8).cast(dtype), 0.125, 1e-7)
  const gap = Float64Array.from({ length: n }, (_, i) => (i % 5 === 0 ? 2 : 0.5))
  expect(values(softBinaryArgmax(tensor([...gap], { dtype }), n / 5))).toEqual([...gap].map((v) => Number(v === 2)))
})
