import { ValueError } from '@wengert/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FormatError } from './formatError.ts'
import { parseNpz } from './parseNpz.ts'
import { npyFile, zipFile } from './testing/files.ts'

const fromBase64 = (text: string): Uint8Array => Uint8Array.from(atob(text), (character) => character.charCodeAt(0))

/** numpy.savez_compressed(file, weight=numpy.asfortranarray(numpy.arange(6, dtype='f4').reshape(2, 3)), bias=numpy.zeros(100)), NumPy 2.4 */
const compressed = fromBase64(
  'UEsDBC0AAAAIAAAAIQDOLODT//////////8KABQAd2VpZ2h0Lm5weQEAEACYAAAAAAAAAFYAAAAAAAAAm+wX6hsQychQxlCtnpJanFykbqWgbpNmoq6joJ6WX1RSlJgXn1+U' +
    'kgoSDykqTQUKF2ckFqQCuRpGOgrGmjoKtQrkAy4GMHBwYGBosAdiBxCHgWGBAwBQSwMELQAAAAgAAAAhAHx9nRr//////////wgAFABiaWFzLm5weQEAEACgAwAAAAAA' +
    'AE4AAAAAAAAAm+wX6hsQychQxlCtnpJanFykbqWgbpNmoa6joJ6WX1RSlJgXn1+UkgoSd0vMKU4FihdnJBakAvkahgYGOpo6CrUKZAMuhlEwCkYBTgAAUEsBAi0DLQAA' +
    'AAgAAAAhAM4s4NNWAAAAmAAAAAoAAAAAAAAAAAAAAIABAAAAAHdlaWdodC5ucHlQSwECLQMtAAAACAAAACEAfH2dGk4AAACgAwAACAAAAAAAAAAAAAAAgAGSAAAAYmlh' +
    'cy5ucHlQSwUGAAAAAAIAAgBuAAAAGgEAAAAA',
)

const array = (values: readonly number[]): Uint8Array => npyFile({ descr: '<i4', shape: [values.length], values })

describe('parseNpz', () => {
  it('reads what NumPy wrote', async () => {
    const { weight, bias, ...others } = await parseNpz(compressed)
    expect(others).toEqual({})
    expect([weight?.shape, ...(weight?.dataSync() ?? [])]).toEqual([[2, 3], 0, 1, 2, 3, 4, 5])
    expect([bias?.dtype, bias?.shape, bias?.dataSync().every((value) => value === 0)]).toEqual(['f64', [100], true])
  })

  it('reads back what was written, stored or deflated, with a comment behind it', async () => {
    const files = fc.uniqueArray(
      fc.record({
        name: fc.string({ minLength: 1, maxLength: 8 }).filter((name) => name !== '__proto__'),
        values: fc.array(fc.integer(), { maxLength: 2000 }),
        deflated: fc.boolean(),
      }),
      { maxLength: 4, selector: ({ name }) => name },
    )
    await fc.assert(
      fc.asyncProperty(files, fc.string({ maxLength: 30 }), async (given, comment) => {
        const archive = zipFile(
          given.map(({ name, values, deflated }) => ({ name: `${name}.npy`, data: array(values), deflated })),
          comment,
        )
        const arrays = await parseNpz(archive)
        expect(new Map(Object.entries(arrays).map(([name, x]) => [name, Array.from(x.dataSync())]))).toEqual(
          new Map(given.map(({ name, values }) => [name, values])),
        )
      }),
    )
  })

  /** A file with some of its numbers exchanged: four bytes, little-endian, at places counted from the end where negative. */
  const edited = (bytes: Uint8Array, edits: Readonly<Record<number, number>>): Uint8Array => {
    const copy = new Uint8Array(bytes)
    const view = new DataView(copy.buffer)
    for (const [at, value] of Object.entries(edits))
      view.setUint32((Number(at) + copy.length) % copy.length, value, true)
    return copy
  }
  // One file: its directory entry has 46 bytes and the name, the end 22.
  const one = zipFile([{ name: 'a.npy', data: array([1, 2, 3]), deflated: true }])
  const stored = zipFile([{ name: 'a.npy', data: array([1, 2, 3]) }])
  const entry = -22 - 46 - 5
  it.each([
    [
      'nothing',
      new Uint8Array(0),
      'file must end as a zip archive does, got 0 bytes that do not. It may be truncated.',
    ],
    ['a truncated file', one.subarray(0, -1), 'file must end as a zip archive does'],
    ['bytes in front', Uint8Array.of(0, ...one), 'directory must end at byte'],
    ['Zip64', edited(one, { [-6]: 0xffffffff }), 'archive must have fewer than 65535 files and 4 GiB'],
    ['more files than entries', edited(one, { [-14]: 0x20002 }), 'directory must have 2 entries, got 1'],
    ['fewer files than entries', edited(one, { [-14]: 0 }), 'directory must end at byte'],
    ['encryption', edited(one, { [entry + 8]: 0x80001 }), '"a.npy" must not be encrypted'],
    ['another method', edited(one, { [entry + 8]: 0xc0000 }), '"a.npy" must be stored or deflated, got method 12.'],
    ['no beginning', edited(one, { [entry + 42]: 5 }), '"a.npy" must begin in front of the directory, got byte 5.'],
    ['stored bytes beyond', edited(one, { [entry + 20]: 1e6 }), '"a.npy" must end in front of the directory'],
    ['a bomb', edited(one, { [entry + 24]: 1e6 }), 'must have a size that its 83 stored bytes can have, got 1000000.'],
    ['too small a size', edited(one, { [entry + 24]: 20 }), '"a.npy" must have 20 bytes, got more.'],
    ['too large a size', edited(one, { [entry + 24]: 2000 }), '"a.npy" must have 2000 bytes, got 140.'],
    [
      'a stored size',
      edited(stored, { [entry + 24]: 20 }),
      'must have a size that its 140 stored bytes can have, got 20.',
    ],
    ['a checksum', edited(one, { [entry + 16]: 7 }), '"a.npy" must have the checksum 7, got'],
    ['another array', edited(stored, { 60: 0 }), '"a.npy" must have the checksum'],
    [
      'text',
      zipFile([{ name: 'a.txt', data: array([1]) }]),
      'must be arrays <name>.npy of different names, got "a.txt".',
    ],
    ['__proto__', zipFile([{ name: '__proto__.npy', data: array([1]) }]), 'got "__proto__.npy".'],
    [
      'two of a name',
      zipFile([
        { name: 'a.npy', data: array([1]) },
        { name: 'a.npy', data: array([2]) },
      ]),
      'of different names, got "a.npy".',
    ],
    [
      'no array',
      zipFile([{ name: 'a.npy', data: Uint8Array.of(1, 2, 3) }]),
      '"a.npy": file must begin with 93 and NUMPY',
    ],
  ])('refuses %s', async (_, bytes, message) => {
    await expect(parseNpz(bytes)).rejects.toThrow(FormatError)
    await expect(parseNpz(bytes)).rejects.toThrow(message)
  })

  it('refuses damage in deflated bytes', async () => {
    for (const at of [60, 75, 90, 105])
      await expect(parseNpz(edited(one, { [at]: 0xdeadbeef }))).rejects.toThrow(FormatError)
  })

  it('refuses files that lie in one another', async () => {
    // The second entry of the directory says that its file begins where the first one does.
    const two = zipFile([
      { name: 'a.npy', data: array([1]) },
      { name: 'b.npy', data: array([1]) },
    ])
    await expect(parseNpz(edited(two, { [entry + 42]: 0 }))).rejects.toThrow(
      'must not overlap, got "b.npy" in another.',
    )
  })

  it('unpacks no more than it may', async () => {
    const zeros = zipFile([
      { name: 'a.npy', data: npyFile({ descr: '<f8', shape: [1e5], values: new Array(1e5).fill(0) }), deflated: true },
    ])
    expect(zeros.length).toBeLessThan(2000)
    await expect(parseNpz(zeros, { limit: 1e5 })).rejects.toThrow(
      'arrays must have at most 100000 bytes together, got 800128.',
    )
    expect((await parseNpz(zeros)).a?.shape).toEqual([1e5])
    await expect(parseNpz(zeros, { limit: -1 })).rejects.toThrow(ValueError)
  })
})
