import { describeErrors } from '@wengert/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FormatError } from './formatError.ts'
import { parseNpy } from './parseNpy.ts'
import { npyFile, npyFileOf } from './testing/files.ts'

const fromBase64 = (text: string): Uint8Array => Uint8Array.from(atob(text), (character) => character.charCodeAt(0))

describe('parseNpy', () => {
  it('reads what NumPy wrote: big-endian, in the order of Fortran', () => {
    // numpy.save(file, numpy.asfortranarray(numpy.arange(6, dtype='>f8').reshape(2, 3) / 8)), which NumPy 2.4 turns to '<f8'.
    const x = parseNpy(
      fromBase64(
        'k05VTVBZAQB2AHsnZGVzY3InOiAnPGY4JywgJ2ZvcnRyYW5fb3JkZXInOiBUcnVlLCAnc2hhcGUnOiAoMiwgMyksIH0gICAgICAgICAgICAgICAgICAgICAgICAgICAg' +
          'ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAAAAAAAAAAAAAAAANg/AAAAAAAAwD8AAAAAAADgPwAAAAAAANA/AAAAAAAA5D8=',
      ),
    )
    expect([x.dtype, x.shape, Array.from(x.dataSync())]).toEqual(['f64', [2, 3], [0, 0.125, 0.25, 0.375, 0.5, 0.625]])
  })

  it('widens f16', () => {
    const x = parseNpy(
      npyFileOf("{'descr': '>f2', 'fortran_order': False, 'shape': (3,), }", [0x3c, 0, 0xc1, 0, 0x7c, 0]),
    )
    expect([x.dtype, ...x.dataSync()]).toEqual(['f32', 1, -2.5, Number.POSITIVE_INFINITY])
  })

  it('reads back what was written: any type, order of bytes and of axes, version', () => {
    fc.assert(
      fc.property(arrays, ({ kind, end, shape, values, fortran, version }) => {
        const x = parseNpy(
          npyFile({
            descr: `${end}${kind}`,
            shape,
            values: fortran ? transposed(values, shape) : values,
            fortran,
            version,
          }),
        )
        const dtype = { b1: 'bool', f4: 'f32', f8: 'f64' }[kind as string] ?? 'i32'
        expect([x.dtype, x.shape, Array.from(x.dataSync())]).toEqual([dtype, shape, values])
      }),
    )
  })

  it.each([
    `{"shape": (1,), "fortran_order": False, "descr": "|u1"}`,
    `  {'descr':'|u1','fortran_order':False,'shape':(1L,)}`,
    `{'shape': ( 1 , ) , 'descr' : '|u1' , 'fortran_order' : True , }`,
  ])('reads the header %s', (header) => {
    expect(Array.from(parseNpy(npyFileOf(header, [7])).dataSync())).toEqual([7])
  })

  const header = (descr: string, shape: string) => `{'descr': ${descr}, 'fortran_order': False, 'shape': ${shape}, }`
  const of =
    (descr: string, shape: string, data: readonly number[] = []) =>
    () =>
      parseNpy(npyFileOf(header(descr, shape), data))
  const only = 'one of the types b1, u1, i1, u2, i2, u4, i4, u8, i8, f2, f4, f8 after <, > or |'
  describeErrors('parseNpy', {
    'parseNpy: file must begin with 93 and NUMPY, got nothing.': () => parseNpy(new Uint8Array(0)),
    'parseNpy: file must begin with 93 and NUMPY, got 50 4b 03 04 00 00. It is an archive: use parseNpz.': () =>
      parseNpy(Uint8Array.of(80, 75, 3, 4, 0, 0, 0, 0, 0, 0, 0)),
    'parseNpy: version must be 1, 2 or 3, got 4.': () => parseNpy(npyFileOf('', [], 4)),
    'parseNpy: header must end inside the file and have at most 65536 bytes, got 118 in a file of 20.': () =>
      parseNpy(npyFileOf(header("'<f4'", '(2,)')).subarray(0, 20)),
    'parseNpy: header must end inside the file and have at most 65536 bytes, got 4294967295 in a file of 40.': () =>
      parseNpy(Uint8Array.of(0x93, 78, 85, 77, 80, 89, 2, 0, 255, 255, 255, 255, ...new Array(28).fill(32))),
    [`parseNpy: descr must be ${only}, got "<c8". Save it with astype(…).`]: of("'<c8'", '(1,)'),
    [`parseNpy: descr must be ${only}, got "|O". Save it with astype(…).`]: of("'|O'", '(1,)'),
    [`parseNpy: descr must be ${only}, got "<U3". Save it with astype(…).`]: of("'<U3'", '(1,)'),
    'parseNpy: dtype must be of plain numbers, got a structured one. Save each field as an array of its own.': of(
      "[('a', '<f4'), ('b', '<i4')]",
      '(1,)',
    ),
    'parseNpy: shape must consist of sizes, got ("4294967296, 4294967296").': of("'<f4'", '(4294967296, 4294967296)'),
    'parseNpy: file must have 4000000000000 bytes for <f4 (1000000000000) behind its header, got 0. It is truncated or has something else behind its elements.':
      of("'<f4'", '(1000000000000,)'),
    'parseNpy: file must have 1 bytes for |u1 (1) behind its header, got 2. It is truncated or has something else behind its elements.':
      of("'|u1'", '(1,)', [1, 2]),
    'parseNpy: array must hold integers that i32 can hold, got 4294967295 at position 0. Store them as floats.': of(
      "'<u4'",
      '(1,)',
      [255, 255, 255, 255],
    ),
    'parseNpy: array must hold bytes 0 and 1, got 2 at position 0.': of("'|b1'", '()', [2]),
    'parseNpy: header must hold descr, fortran_order and shape, each once, got "" at its character 54.': () =>
      parseNpy(npyFileOf("{'descr': '<f4', 'shape': (1,), }".padEnd(53))),
  })

  it.each([
    '',
    '{',
    '{}',
    "{'descr': '<f4', 'fortran_order': False, 'shape': (2), }",
    "{'descr': '<f4', 'fortran_order': False, 'shape': 2, }",
    "{'descr': '<f4', 'fortran_order': 0, 'shape': (2,), }",
    "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (2,), }",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), 'more': 1}",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (-2,), }",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), } more",
    "{'descr': __import__('os'), 'fortran_order': False, 'shape': (2,), }",
  ])('refuses the header %j', (text) => {
    expect(() => parseNpy(npyFileOf(text, new Uint8Array(8)))).toThrow(FormatError)
  })
})

const values = {
  b1: fc.nat({ max: 1 }),
  u1: fc.nat({ max: 255 }),
  i1: fc.integer({ min: -128, max: 127 }),
  u2: fc.nat({ max: 65535 }),
  i2: fc.integer({ min: -32768, max: 32767 }),
  u4: fc.nat(),
  i4: fc.integer(),
  u8: fc.nat(),
  i8: fc.integer(),
  f4: fc.float(),
  f8: fc.double(),
} as const

const arrays = fc
  .tuple(
    fc.constantFrom(...(Object.keys(values) as (keyof typeof values)[])),
    fc.array(fc.nat({ max: 4 }), { maxLength: 4 }),
  )
  .chain(([kind, shape]) => {
    const size = shape.reduce((a, b) => a * b, 1)
    return fc.record({
      kind: fc.constant(kind),
      shape: fc.constant(shape),
      end: fc.constantFrom('<', '>'),
      values: fc.array<number>(values[kind], { minLength: size, maxLength: size }),
      fortran: fc.boolean(),
      version: fc.integer({ min: 1, max: 3 }),
    })
  })

/** Row-major numbers in the order in which the first axis runs fastest. */
function transposed(values: readonly number[], shape: readonly number[]): number[] {
  const order: number[] = []
  const visit = (axis: number, offset: number): void => {
    if (axis < 0) {
      order.push(values[offset] as number)
      return
    }
    const stride = shape.slice(axis + 1).reduce((a, b) => a * b, 1)
    for (let i = 0; i < (shape[axis] as number); i++) visit(axis - 1, offset + i * stride)
  }
  visit(shape.length - 1, 0)
  return order
}
