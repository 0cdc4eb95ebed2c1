import { leaves, mapTree, showPath, type Tensor, type Tree, TreeError, tensor, ValueError } from '@wengert/core'
import { describeErrors, runs } from '@wengert/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FormatError } from './formatError.ts'
import { formatSafetensors } from './formatSafetensors.ts'
import { parseSafetensors } from './parseSafetensors.ts'

/** A file from a header and bytes, with nothing of ours. */
function file(header: unknown, data: readonly number[] | Uint8Array = [], length?: number): Uint8Array {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header))
  const bytes = new Uint8Array(8 + text.length + data.length)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length ?? text.length), true)
  bytes.set(text, 8)
  bytes.set(data, 8 + text.length)
  return bytes
}

/** Bytes of numbers of one kind, little-endian. */
function stored(
  set: 'setFloat32' | 'setFloat64' | 'setInt32' | 'setUint16' | 'setInt16' | 'setUint32' | 'setInt8' | 'setUint8',
  width: number,
  values: readonly number[],
): Uint8Array {
  const view = new DataView(new ArrayBuffer(width * values.length))
  values.forEach((value, i) => void view[set](i * width, value, true))
  return new Uint8Array(view.buffer)
}

function stored64(values: readonly bigint[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(8 * values.length))
  values.forEach((value, i) => void view.setBigInt64(i * 8, value, true))
  return new Uint8Array(view.buffer)
}

/** What stands where in a tree. */
function described(tree: unknown): Record<string, readonly [string, readonly number[], readonly number[]]> {
  const found: Record<string, readonly [string, readonly number[], readonly number[]]> = {}
  mapTree((x, path) => {
    found[showPath(path)] = [x.dtype, x.shape, Array.from(x.dataSync())]
    return x
  }, tree)
  return found
}

const a2 = { dtype: 'F32', shape: [2], data_offsets: [0, 8] }

describe('parseSafetensors', () => {
  it.each([
    ['F32', stored('setFloat32', 4, [1.5, -0.25]), 'f32', [1.5, -0.25]],
    ['F64', stored('setFloat64', 8, [0.1, Number.NaN]), 'f64', [0.1, Number.NaN]],
    ['I32', stored('setInt32', 4, [-7, 2 ** 31 - 1]), 'i32', [-7, 2 ** 31 - 1]],
    ['BOOL', [1, 0], 'bool', [1, 0]],
    ['U8', [0, 255], 'i32', [0, 255]],
    ['I8', [127, 128], 'i32', [127, -128]],
    ['U16', stored('setUint16', 2, [1, 65535]), 'i32', [1, 65535]],
    ['I16', stored('setInt16', 2, [1, -32768]), 'i32', [1, -32768]],
    ['U32', stored('setUint32', 4, [5, 2 ** 31 - 1]), 'i32', [5, 2 ** 31 - 1]],
    ['I64', stored64([-1n, -(2n ** 31n)]), 'i32', [-1, -(2 ** 31)]],
    ['U64', stored64([3n, 2n ** 31n - 1n]), 'i32', [3, 2 ** 31 - 1]],
    // 1 and −2; then the least normal and the largest number, the least subnormal, infinity.
    ['BF16', stored('setUint16', 2, [0x3f80, 0xc000]), 'f32', [1, -2]],
    ['BF16', stored('setUint16', 2, [0x7f80, 0x0001]), 'f32', [Number.POSITIVE_INFINITY, 2 ** -133]],
    ['F16', stored('setUint16', 2, [0x3c00, 0xc000]), 'f32', [1, -2]],
    ['F16', stored('setUint16', 2, [0x0400, 0x7bff]), 'f32', [2 ** -14, 65504]],
    ['F16', stored('setUint16', 2, [0x8001, 0xfc00]), 'f32', [-(2 ** -24), Number.NEGATIVE_INFINITY]],
  ])('reads %s', (dtype, data, wanted, values) => {
    const header = { a: { dtype, shape: [2, 1], data_offsets: [0, data.length] } }
    const { tree, metadata } = parseSafetensors(file(header, data))
    expect(described(tree)).toEqual({ 'tree.a': [wanted, [2, 1], values] })
    expect(metadata).toEqual({})
  })

  it('puts tensors where their names say, whatever the order', () => {
    const scalar = (i: number) => ({ dtype: 'BOOL', shape: [], data_offsets: [i, i + 1] })
    const names = ['layers.1.w', 'layers.0.w', 'layers.0.2', 'layers.0.0', 'deep.er.2', 'deep.er.0', 'constructor', '']
    const header = Object.fromEntries(names.map((name, i) => [name, scalar(i)]))
    const { tree } = parseSafetensors(file(header, [1, 0, 1, 0, 1, 0, 1, 0]))
    expect(tree).toMatchObject({
      // Not just 0, 1, …, so an object.
      layers: [{ w: {}, 0: {}, 2: {} }, { w: {} }],
      deep: { er: { 0: {}, 2: {} } },
      '': {},
    })
    expect(Array.isArray((tree as { layers: unknown }).layers)).toBe(true)
    expect(Array.isArray((tree as { deep: { er: unknown } }).deep.er)).toBe(false)
    expect(Object.keys(tree).sort()).toEqual(['', 'constructor', 'deep', 'layers'])
    expect(leaves(tree).map((x) => x.item()).length).toBe(8)
  })

  it('reads metadata, spaces, empty tensors, and views that do not start their buffer', () => {
    const header = `{ "__metadata__" : {"format":"pt","a\\"b":"c"},\n"x":${JSON.stringify(a2)}, "y":{"dtype":"I64","shape":[0,3],"data_offsets":[8,8]}}   `
    const whole = Uint8Array.of(9, 9, 9, ...file(header, stored('setFloat32', 4, [1, 2])), 9)
    for (const bytes of [whole.subarray(3, whole.length - 1), Buffer.from(whole).subarray(3, whole.length - 1)]) {
      const { tree, metadata } = parseSafetensors(bytes)
      expect(metadata).toEqual({ format: 'pt', 'a"b': 'c' })
      expect(described(tree)).toEqual({ 'tree.x': ['f32', [2], [1, 2]], 'tree.y': ['i32', [0, 3], []] })
    }
    expect(parseSafetensors(file('{}'))).toEqual({ tree: {}, metadata: {} })
  })

  it('pollutes no prototype', () => {
    for (const name of ['__proto__', '__proto__.polluted', 'a.__proto__', 'a.__proto__.polluted'])
      expect(() => parseSafetensors(file(`{"${name}":${JSON.stringify(a2)}}`, new Uint8Array(8)))).toThrow(FormatError)
    for (const name of ['constructor.prototype.polluted', 'toString', 'hasOwnProperty.call', 'a.constructor'])
      expect(Object.values(described(parseSafetensors(file({ [name]: a2 }, new Uint8Array(8))).tree))).toEqual([
        ['f32', [2], [0, 0]],
      ])
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
    expect(Object.hasOwn({}, 'polluted')).toBe(false)
  })

  const proto = `{"__metadata__":{"__proto__":"x"}}`
  const f32 = (begin: number, end: number, shape: readonly unknown[] = [2]) => ({
    dtype: 'F32',
    shape,
    data_offsets: [begin, end],
  })
  const parsed =
    (header: unknown, size = 0, length?: number) =>
    (): unknown =>
      parseSafetensors(file(header, new Uint8Array(size), length))
  const of = (field: unknown, size = 8) => parsed({ a: field }, size)
  describeErrors('parseSafetensors', {
    'parseSafetensors: bytes must be a Uint8Array, got ArrayBuffer. Wrap an ArrayBuffer: new Uint8Array(buffer).': () =>
      parseSafetensors(new ArrayBuffer(8) as unknown as Uint8Array),
    'parseSafetensors: file must begin with 8 bytes of header length, got 7 bytes.': () =>
      parseSafetensors(new Uint8Array(7)),
    'parseSafetensors: header must end inside the file and have at most 100000000 bytes, got 3 in a file of 10. The file is truncated or holds something else.':
      parsed('{}', 0, 3),
    'parseSafetensors: header must be JSON in UTF-8, got "Unexpected end of JSON input".': () =>
      parseSafetensors(new Uint8Array(8)),
    'parseSafetensors: header must be an object, got [1].': parsed('[1]'),
    'parseSafetensors: header must name each thing once and nothing __proto__, got "a".': parsed(
      `{"a":${JSON.stringify(f32(0, 8))},"\\u0061":${JSON.stringify(f32(0, 8))}}`,
      8,
    ),
    'parseSafetensors: header must name each thing once and nothing __proto__, got "dtype".': parsed(
      '{"a":{"dtype":"F32","shape":[2],"dtype":"I32","data_offsets":[0,8]}}',
      8,
    ),
    'parseSafetensors: header must name each thing once and nothing __proto__, got "__proto__".': parsed(proto),
    'parseSafetensors: __metadata__ must be an object of strings, got 3 at "step".': parsed({
      __metadata__: { step: 3 },
    }),
    'parseSafetensors: tensor "a" must be an object, got null.': of(null),
    'parseSafetensors: tensor "a" must have one of the dtypes BOOL, U8, I8, U16, I16, U32, I32, U64, I64, F16, BF16, F32, F64, got "F8_E4M3". Convert it before it is saved.':
      of({ ...f32(0, 8), dtype: 'F8_E4M3' }),
    'parseSafetensors: tensor "a" must have a shape of sizes, got [-1].': of(f32(0, 8, [-1])),
    // Shown as JSON shows it.
    'parseSafetensors: tensor "a" must have a shape of sizes, got [0].': parsed(
      '{"a":{"dtype":"F32","shape":[-0],"data_offsets":[0,0]}}',
    ),
    'parseSafetensors: tensor "a" must have a shape of sizes, got [1.5].': of(f32(0, 8, [1.5])),
    'parseSafetensors: tensor "a" must have a shape of sizes, got [4294967296,4294967296].': of(
      f32(0, 8, [2 ** 32, 2 ** 32]),
    ),
    'parseSafetensors: tensor "a" must have a shape of sizes, got [0,4503599627370496].': of(f32(0, 0, [0, 2 ** 52])),
    'parseSafetensors: tensor "a" must have a shape of sizes, got nothing.': of({
      dtype: 'F32',
      data_offsets: [0, 8],
    }),
    'parseSafetensors: tensor "a" must have two data_offsets, got [0,8,9].': of({
      ...f32(0, 8),
      data_offsets: [0, 8, 9],
    }),
    'parseSafetensors: tensor "a" must have two data_offsets, got [-8,0].': of(f32(-8, 0)),
    'parseSafetensors: tensor "a" must have 8 bytes for F32 [2], got offsets [0, 12].': of(f32(0, 12)),
    'parseSafetensors: tensor "a" must have 8 bytes for F32 [2], got offsets [8, 0].': of(f32(8, 0)),
    'parseSafetensors: tensor "b" must begin at byte 8, where the one before it ends, got 4. Tensors overlap.': parsed(
      { a: f32(0, 8), b: f32(4, 12) },
      12,
    ),
    'parseSafetensors: tensor "b" must begin at byte 8, where the one before it ends, got 12. Tensors leave a hole.':
      parsed({ b: f32(12, 20), a: f32(0, 8) }, 20),
    'parseSafetensors: file must have 8 bytes behind its header, got 7. It is truncated or has something else behind its tensors.':
      of(f32(0, 8), 7),
    'parseSafetensors: file must have 8 bytes behind its header, got 9. It is truncated or has something else behind its tensors.':
      of(f32(0, 8), 9),
    'parseSafetensors: tensor "a" must hold integers that i32 can hold, got 2147483648 at position 1. Store them as floats.':
      () =>
        parseSafetensors(file({ a: { dtype: 'I64', shape: [2], data_offsets: [0, 16] } }, stored64([1n, 2n ** 31n]))),
    'parseSafetensors: tensor "a" must hold bytes 0 and 1, got 2 at position 0.': () =>
      parseSafetensors(file({ a: { dtype: 'BOOL', shape: [1], data_offsets: [0, 1] } }, [2])),
    'parseSafetensors: names of tensors must not be groups of others, got both at a part of "a.b".': parsed(
      { a: f32(0, 8), 'a.b': f32(8, 16) },
      16,
    ),
    'parseSafetensors: names of tensors must not be groups of others, got both at a part of "a".': parsed(
      { 'a.b': f32(0, 8), a: f32(8, 16) },
      16,
    ),
    [`parseSafetensors: names of tensors must be dotted paths of at most 64 keys other than __proto__, got "${'a.'.repeat(50)}…".`]:
      parsed({ [`${'a.'.repeat(64)}a`]: f32(0, 8) }, 8),
  })

  it.each([
    ['['.repeat(1e6), 'header must be JSON'],
    [`{"a":${'{"b":'.repeat(1e5)}`, 'header must be JSON'],
    [`{"${'\\n'.repeat(1e6)}":1}`, 'must be an object'],
  ])('refuses headers of great depth or length in no time', (header, message) => {
    const start = performance.now()
    expect(() => parseSafetensors(file(header))).toThrow(FormatError)
    expect(() => parseSafetensors(file(header))).toThrow(message)
    expect(performance.now() - start).toBeLessThan(2000)
  })
})

const keys = fc.oneof(
  fc.constantFrom('weight', 'bias', 'constructor', 'toString', '', '01', '-1', 'größe', '"', '\\', '\ud800'),
  fc.string({ maxLength: 5 }).filter((key) => !key.includes('.') && key !== '__proto__' && !/^\d+$/.test(key)),
)

const tensors: fc.Arbitrary<Tensor> = fc
  .tuple(fc.constantFrom('f32', 'f64', 'i32', 'bool', 'f16'), fc.array(fc.nat({ max: 3 }), { maxLength: 3 }))
  .chain(([dtype, shape]) => {
    const size = shape.reduce((a, b) => a * b, 1)
    const value = {
      f32: fc.float(),
      f64: fc.double(),
      i32: fc.integer(),
      bool: fc.nat({ max: 1 }),
      f16: fc.oneof(fc.float({ min: -70000, max: 70000 }), fc.float({ min: -(2 ** -13), max: 2 ** -13 })),
    }[dtype]
    return fc
      .array<number>(value, { minLength: size, maxLength: size })
      .map((values) => tensor(Float64Array.from(values), { shape, dtype }))
  })

const { tree: trees } = fc.letrec<{ tree: Tree; node: Tree; group: Tree }>((tie) => ({
  node: fc.oneof({ maxDepth: 3 }, { arbitrary: tensors, weight: 3 }, tie('group')),
  group: fc.oneof(
    fc.array(tie('node'), { minLength: 1, maxLength: 3 }),
    fc.dictionary(keys, tie('node'), { minKeys: 1, maxKeys: 3 }),
  ),
  tree: tie('group'),
}))

/** Every place, dtype, shape and value; f16 is widened by reading. */
const content = (tree: unknown): Map<string, unknown> => {
  const found = new Map<string, unknown>()
  mapTree((x, path) => {
    found.set(JSON.stringify(path), [x.dtype === 'f16' ? 'f32' : x.dtype, x.shape, Array.from(x.dataSync())])
    return x
  }, tree)
  return found
}

describe('formatSafetensors', () => {
  it('writes what reads back as the same tree', async () => {
    const metadata = fc.dictionary(
      fc.string().filter((key) => key !== '__proto__'),
      fc.string(),
      { maxKeys: 3 },
    )
    await fc.assert(
      fc.asyncProperty(trees, metadata, async (tree, about) => {
        const bytes = await formatSafetensors(tree, about)
        const back = parseSafetensors(bytes)
        expect(content(back.tree)).toEqual(content(tree))
        expect(back.metadata).toEqual(about)
        // Equal trees give equal bytes, whatever the order of their keys.
        expect(await formatSafetensors(tree, about)).toEqual(bytes)
      }),
      runs(2),
    )
  })

  it('keeps keys apart that JSON.parse confuses in some engines', async () => {
    // An object with a key that is a backslash comes first, made as a parsed header is.
    for (const key of ['\\', '"', 'a\\"b', 'a"b']) {
      const back = parseSafetensors(await formatSafetensors({ [key]: tensor(1) }, { m: '1', [key]: 'x' }))
      expect([Object.keys(back.tree as object), Object.keys(back.metadata)]).toEqual([[key], ['m', key]])
    }
  })

  it('places each tensor where its width divides the address', async () => {
    await fc.assert(
      fc.asyncProperty(trees, async (tree) => {
        const bytes = await formatSafetensors(tree)
        const length = Number(new DataView(bytes.buffer).getBigUint64(0, true))
        const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)))
        const widths = { F64: 8, F32: 4, I32: 4, F16: 2, BOOL: 1 } as Record<string, number>
        for (const { dtype, data_offsets } of Object.values(header) as { dtype: string; data_offsets: number[] }[])
          expect((8 + length + (data_offsets[0] as number)) % (widths[dtype] as number)).toBe(0)
      }),
    )
  })

  it('writes the bytes of the format', async () => {
    const bytes = await formatSafetensors({ b: tensor([true, false]), a: tensor([1]) }, { format: 'pt' })
    const json =
      '{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"BOOL","shape":[2],"data_offsets":[4,6]}}'
    const text = json.padEnd(Math.ceil(json.length / 8) * 8)
    expect(bytes).toEqual(file(text, [0, 0, 128, 63, 1, 0]))
  })

  it('says why a tree or its metadata cannot be written', async () => {
    const x = tensor([1])
    await expect(formatSafetensors(x)).rejects.toThrow(TreeError)
    await expect(formatSafetensors({ 'a.b': x })).rejects.toThrow('keys without dots')
    await expect(formatSafetensors({ ['__proto__']: x })).rejects.toThrow('keys without dots other than __proto__')
    await expect(formatSafetensors({ __metadata__: x })).rejects.toThrow(ValueError)
    await expect(formatSafetensors([x], { step: 3 as unknown as string })).rejects.toThrow(
      'metadata must consist of strings under keys other than __proto__, got number at "step". Write numbers with String(…).',
    )
  })
})
