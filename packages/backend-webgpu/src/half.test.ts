import { fc, test } from '@fast-check/vitest'
import { roundToF16 } from '@wengert/core'
import { expect, it } from 'vitest'
import { fromHalfBits, halfBits } from './half.ts'

it('every f16 has bits of its own, which are read back', () => {
  const all = Array.from({ length: 2 ** 16 }, (_, bits) => bits)
  const isNaN = (bits: number): boolean => (bits & 0x7fff) > 0x7c00
  expect(all.map((bits) => halfBits(fromHalfBits(bits)))).toEqual(all.map((bits) => (isNaN(bits) ? 0x7e00 : bits)))
  expect([0x0001, 0x03ff, 0x0400, 0x3c00, 0x3555, 0x7bff, 0xfc00].map(fromHalfBits)).toEqual([
    2 ** -24,
    1023 * 2 ** -24,
    2 ** -14,
    1,
    0.333251953125,
    65504,
    Number.NEGATIVE_INFINITY,
  ])
})

test.prop([fc.double({ noNaN: true })])('other numbers have those of the nearest', (x) => {
  expect(fromHalfBits(halfBits(x))).toBe(roundToF16(x))
})
