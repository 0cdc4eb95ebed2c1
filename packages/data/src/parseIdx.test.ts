import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FormatError } from './formatError.ts'
import { parseIdx } from './parseIdx.ts'

describe('parseIdx', () => {
  it('reads a matrix of bytes', () => {
    const x = parseIdx(Uint8Array.of(0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 255))
    expect([x.dtype, x.shape, Array.from(x.dataSync())]).toEqual(['i32', [2, 3], [1, 2, 3, 4, 5, 255]])
  })

  it('reads a view that does not start its buffer', () => {
    const bytes = Uint8Array.of(9, 9, 9, 0, 0, 11, 1, 0, 0, 0, 1, 0xff, 0xfe, 9).subarray(3, 13)
    expect(Array.from(parseIdx(bytes).dataSync())).toEqual([-2])
  })

  it('reads an empty set', () => {
    expect(parseIdx(file('u8', [0, 28, 28], [])).shape).toEqual([0, 28, 28])
  })

  it.each([
    ['no bytes', [], 'file must start with 00 00, an element type and a rank, got nothing.'],
    ['another file', [80, 75, 3, 4], 'file must start with 00 00, an element type and a rank, got 50 4b 03 04.'],
    ['gzip', [0x1f, 0x8b, 8, 0], 'got 1f 8b 08 00. It is compressed: unpack it with gunzip.'],
    [
      'another type',
      [0, 0, 10, 1, 0, 0, 0, 0],
      'byte 2 must be an element type, one of 08, 09, 0b, 0c, 0d, 0e, got 0a.',
    ],
    ['half a header', [0, 0, 8, 2, 0, 0, 0, 1], 'header must have 12 bytes for rank 2, got 8. The file is truncated.'],
    ['truncation', [0, 0, 8, 1, 0, 0, 0, 3, 1, 2], 'file must have 11 bytes for sizes [3], got 10.'],
    ['surplus', [0, 0, 8, 1, 0, 0, 0, 1, 1, 2], 'file must have 9 bytes for sizes [1], got 10.'],
    [
      'a huge size',
      [0, 0, 14, 1, 255, 255, 255, 255],
      'file must have 34359738368 bytes for sizes [4294967295], got 8.',
    ],
    [
      'overflow',
      [0, 0, 8, 3, ...new Array(12).fill(255)],
      'sizes must be those of a file, got [4294967295, 4294967295',
    ],
    [
      'overflow beside an empty axis',
      [0, 0, 8, 3, 0, 0, 0, 0, ...new Array(8).fill(255)],
      'sizes must be those of a file',
    ],
  ])('says what is wrong: %s', (_, bytes, message) => {
    expect(() => parseIdx(Uint8Array.from(bytes))).toThrow(FormatError)
    expect(() => parseIdx(Uint8Array.from(bytes))).toThrow(message)
  })

  it('says that it wants bytes', () => {
    expect(() => parseIdx(new ArrayBuffer(8) as unknown as Uint8Array)).toThrow(
      'parseIdx: bytes must be a Uint8Array, got ArrayBuffer.',
    )
  })

  it('reads back what was written', () => {
    fc.assert(
      fc.property(arrays, ({ type, shape, values }) => {
        const x = parseIdx(file(type, shape, values))
        expect(x.dtype).toBe(type === 'f32' || type === 'f64' ? type : 'i32')
        expect(x.shape).toEqual(shape)
        expect(Array.from(x.dataSync())).toEqual(values)
      }),
    )
  })

  it('answers a broken file with a tensor or a FormatError', () => {
    const damage = fc.array(fc.record({ at: fc.nat({ max: 40 }), byte: fc.nat({ max: 255 }) }), { maxLength: 4 })
    fc.assert(
      fc.property(arrays, damage, fc.integer({ min: -3, max: 3 }), ({ type, shape, values }, edits, more) => {
        const whole = file(type, shape, values)
        const bytes = new Uint8Array(Math.max(0, whole.length + more))
        bytes.set(whole.subarray(0, bytes.length))
        for (const { at, byte } of edits) if (at < bytes.length) bytes[at] = byte
        expectTensorOrFormatError(bytes)
      }),
    )
  })

  it('answers any bytes with a tensor or a FormatError', () => {
    const start = fc.tuple(fc.constant(0), fc.constant(0), fc.integer({ min: 7, max: 15 }), fc.nat({ max: 5 }))
    fc.assert(
      fc.property(start, fc.array(fc.constantFrom(0, 0, 0, 1, 2, 255), { maxLength: 40 }), (head, rest) =>
        expectTensorOrFormatError(Uint8Array.from([...head, ...rest])),
      ),
    )
  })
})

const types = {
  u8: { code: 8, bytes: 1, write: 'setUint8', value: fc.nat({ max: 255 }) },
  i8: { code: 9, bytes: 1, write: 'setInt8', value: fc.integer({ min: -128, max: 127 }) },
  i16: { code: 11, bytes: 2, write: 'setInt16', value: fc.integer({ min: -(2 ** 15), max: 2 ** 15 - 1 }) },
  i32: { code: 12, bytes: 4, write: 'setInt32', value: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }) },
  f32: { code: 13, bytes: 4, write: 'setFloat32', value: fc.float() },
  f64: { code: 14, bytes: 8, write: 'setFloat64', value: fc.double() },
} as const

type Type = keyof typeof types

const arrays = fc
  .tuple(fc.constantFrom(...(Object.keys(types) as Type[])), fc.array(fc.nat({ max: 4 }), { maxLength: 4 }))
  .chain(([type, shape]) => {
    const size = shape.reduce((a, b) => a * b, 1)
    const values = fc.array<number>(types[type].value, { minLength: size, maxLength: size })
    return fc.record({ type: fc.constant(type), shape: fc.constant(shape), values })
  })

function file(type: Type, shape: readonly number[], values: readonly number[]): Uint8Array {
  const { code, bytes, write } = types[type]
  const start = 4 + 4 * shape.length
  const view = new DataView(new ArrayBuffer(start + bytes * values.length))
  view.setUint8(2, code)
  view.setUint8(3, shape.length)
  shape.forEach((n, axis) => void view.setUint32(4 + 4 * axis, n))
  values.forEach((value, i) => void view[write](start + i * bytes, value))
  return new Uint8Array(view.buffer)
}

function expectTensorOrFormatError(bytes: Uint8Array): void {
  try {
    const x = parseIdx(bytes)
    expect(x.shape.length).toBe(bytes[3])
    expect(x.dataSync().length).toBeLessThanOrEqual(bytes.length)
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
  }
}
