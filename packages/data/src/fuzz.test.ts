/**
 * Damaged files of every format: each is refused by a FormatError, or read as data that the bytes can hold; and no reader makes arrays
 * much larger than the file. `WENGERT_RUNS=10000` tries 100,000 of each.
 */
import type * as Core from '@wengert/core'
import { sizeOf, type Tensor, type TypedArray } from '@wengert/core'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type * as Data from './index.ts'
import { npyFile, zipFile } from './testing/files.ts'

const numRuns = 10 * (fc.readConfigureGlobal().numRuns ?? 100)

/** Bytes of the arrays made since it was set to 0. */
let made = 0
const names = ['Uint8Array', 'Int32Array', 'Float32Array', 'Float64Array', 'ArrayBuffer'] as const
const originals = names.map((name) => [name, globalThis[name]] as const)

let data: typeof Data
let core: typeof Core
beforeAll(async () => {
  for (const [name, original] of originals)
    vi.stubGlobal(
      name,
      new Proxy(original as unknown as Uint8ArrayConstructor, {
        construct(target, args: [number], newTarget) {
          const array: { readonly byteLength: number; readonly buffer?: ArrayBuffer } = Reflect.construct(
            target,
            args,
            newTarget,
          )
          // A view of what is there makes nothing.
          if (array.buffer !== (args[0] as unknown)) made += array.byteLength
          return array
        },
      }),
    )
  // The readers, and core with them, are loaded anew with those arrays.
  vi.resetModules()
  data = await import('./index.ts')
  core = await import('@wengert/core')
})
afterAll(() => vi.unstubAllGlobals())

/** What a reader may take beside the file, for headers, messages and tables of its own. */
const slack = 2 ** 12

/** Each byte may become an i32, which is then copied. */
const factor = 12

type Values = Readonly<Record<string, readonly number[]>>

/** Reads; what is read must be as long as it says, fit into the file, and be what another reader `wants`, where there is one. */
async function expectDataOrError(size: number, read: () => unknown, wanted?: () => Values): Promise<void> {
  made = 0
  try {
    const found = await read()
    const values = Object.fromEntries(tensorsIn(found).map(([name, x]) => [name, Array.from(x.dataSync())]))
    for (const [name, x] of tensorsIn(found)) expect(values[name]?.length).toBe(sizeOf(x.shape))
    expect(Object.values(values).flat().length).toBeLessThanOrEqual(8 * size)
    expect(made).toBeLessThan(factor * size + slack)
    if (wanted) expect(values).toMatchObject(wanted())
  } catch (error) {
    if (!(error instanceof data.FormatError)) throw error
    expect(made).toBeLessThan(factor * size + slack)
    expect(error.message.length).toBeLessThan(1000)
  }
}

function tensorsIn(found: unknown): [name: string, x: Tensor][] {
  const tensors: [string, Tensor][] = []
  const tree = found && typeof found === 'object' && 'metadata' in found && 'tree' in found ? found.tree : found
  core.mapTree((x, path) => {
    tensors.push([path.join('.'), x])
    return x
  }, tree)
  return tensors
}

/** What a file of safetensors holds, by a reader that believes all that it says. */
function believed(file: Uint8Array): Values {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  const start = 8 + view.getUint32(0, true)
  const header: Record<string, { dtype: string; data_offsets: [number, number] }> = JSON.parse(
    new TextDecoder().decode(file.subarray(8, start)),
  )
  const readers: Record<string, [width: number, read: (at: number) => number]> = {
    F32: [4, (at) => view.getFloat32(at, true)],
    F64: [8, (at) => view.getFloat64(at, true)],
    BF16: [
      2,
      (at) => new Float32Array(Uint8Array.of(0, 0, file[at] as number, file[at + 1] as number).buffer)[0] as number,
    ],
    I8: [1, (at) => view.getInt8(at)],
    I64: [8, (at) => Number(view.getBigInt64(at, true))],
    BOOL: [1, (at) => view.getUint8(at)],
    U8: [1, (at) => view.getUint8(at)],
  }
  return Object.fromEntries(
    Object.entries(header)
      // Damage may name other dtypes.
      .filter(([name, { dtype }]) => name !== '__metadata__' && readers[dtype])
      .map(([name, { dtype, data_offsets }]) => {
        const [width, read] = readers[dtype] as (typeof readers)[string]
        const [begin, end] = data_offsets
        return [name, Array.from({ length: (end - begin) / width }, (_, i) => read(start + begin + i * width))]
      }),
  )
}

/** Some bytes exchanged, put in, taken out or repeated; numbers that ask for a lot among them. */
interface Damage {
  readonly at: number
  readonly remove: number
  readonly insert: readonly number[]
}

const huge = [
  [255],
  [255, 255, 255, 255],
  [0, 0, 0, 128],
  [255, 255, 255, 127, 0, 0, 0, 0],
  [0, 0, 0, 0, 0, 0, 240, 63],
]
const words = [
  '0',
  '1',
  '9'.repeat(15),
  '4294967296',
  '-1',
  '1e308',
  '"',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  "'",
  '(',
  ')',
  'F64',
  'I64',
  'BOOL',
  'True',
  '<f8',
  '>i8',
  '|b1',
  '\\u0000',
  '__proto__',
  '\n',
  '\r',
]
const damage = fc.array(
  fc.record<Damage>({
    at: fc.nat(),
    remove: fc.nat({ max: 9 }),
    insert: fc.oneof(
      fc.constantFrom(...huge),
      fc.constantFrom(...words).map((word) => Array.from(word, (character) => character.charCodeAt(0))),
      fc.array(fc.nat({ max: 255 }), { maxLength: 4 }),
    ),
  }),
  { minLength: 1, maxLength: 4 },
)

/** Damage keeps to the first bytes mostly, where headers are. */
function damaged(bytes: Uint8Array, edits: readonly Damage[], header = bytes.length): Uint8Array {
  const list = Array.from(bytes)
  for (const { at, remove, insert } of edits) {
    const reach = at % 4 === 0 ? list.length : Math.min(header, list.length)
    list.splice(at % (reach + 1), remove, ...insert)
  }
  return Uint8Array.from(list)
}

const shapes = fc.array(fc.nat({ max: 4 }), { maxLength: 3 })
const count = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1)

/** Numbers between pairs of quotes, brackets and commas, exchanged for other numbers: what damage byte by byte seldom does. */
const numbersExchanged = fc.array(
  fc.record({
    which: fc.nat(),
    by: fc.constantFrom(
      '0',
      '1',
      '2',
      '3',
      '8',
      '65536',
      '4294967295',
      '9007199254740991',
      '99999999999999999999',
      '-4',
      '2.5',
    ),
  }),
  { maxLength: 3 },
)

function exchanged(text: string, edits: readonly { readonly which: number; readonly by: string }[]): string {
  let changed = text
  for (const { which, by } of edits) {
    const found = [...changed.matchAll(/\d+/g)]
    const match = found[which % Math.max(1, found.length)]
    if (match) changed = changed.slice(0, match.index) + by + changed.slice(match.index + match[0].length)
  }
  return changed
}

const tries = (property: fc.IAsyncPropertyWithHooks<never> | fc.IAsyncProperty<unknown>): Promise<void> =>
  fc.assert(property as fc.IAsyncProperty<unknown>, { numRuns }) as Promise<void>

describe('a damaged file is read as far as it is right, or refused', () => {
  it('of safetensors', async () => {
    const entries = fc.array(
      fc.record({
        dtype: fc.constantFrom('F32', 'BF16', 'I64', 'BOOL', 'U8'),
        shape: shapes,
        name: fc.constantFrom('a', 'b', 'a.0', 'a.1', 'c.d', '0', '1'),
      }),
      { maxLength: 4 },
    )
    const widths = { F32: 4, BF16: 2, I64: 8, BOOL: 1, U8: 1 }
    await tries(
      fc.asyncProperty(entries, numbersExchanged, damage, fc.boolean(), async (list, edits, more, whole) => {
        let end = 0
        const header = list.map(({ dtype, shape, name }) => {
          const begin = end
          end += widths[dtype] * count(shape)
          return `"${name}":{"dtype":"${dtype}","shape":[${shape}],"data_offsets":[${begin},${end}]}`
        })
        const text = exchanged(`{${header.join(',')}}`, edits)
        const bytes = new Uint8Array(8 + text.length + end)
        new DataView(bytes.buffer).setUint32(0, text.length, true)
        bytes.set(new TextEncoder().encode(text), 8)
        for (let i = 8 + text.length; i < bytes.length; i++) bytes[i] = i % 2
        // Either numbers only, with a length that fits, or bytes anywhere.
        const file = whole ? bytes : damaged(bytes, more, 8 + text.length)
        await expectDataOrError(
          file.length,
          () => data.parseSafetensors(file),
          () => believed(file),
        )
      }),
    )
  })

  const npy = fc
    .tuple(
      fc.constantFrom('<f4', '>f8', '|u1', '<i8', '|b1', '>u2'),
      shapes,
      fc.boolean(),
      fc.integer({ min: 1, max: 3 }),
    )
    .map(([descr, shape, fortran, version]) =>
      npyFile({ descr, shape, values: new Array(count(shape)).fill(1), fortran, version }),
    )

  it('of NumPy', async () => {
    await tries(
      fc.asyncProperty(npy, numbersExchanged, damage, fc.boolean(), async (bytes, edits, more, whole) => {
        const start = bytes[6] === 1 ? 10 : 12
        const length = bytes.indexOf(10, start)
        const text = exchanged(String.fromCharCode(...bytes.subarray(start, length)).trimEnd(), edits).padEnd(
          length - start,
        )
        const changed = new Uint8Array(bytes)
        changed.set(new TextEncoder().encode(text).subarray(0, length - start), start)
        const file = whole ? changed : damaged(changed, more, length)
        await expectDataOrError(file.length, () => data.parseNpy(file))
      }),
    )
  })

  it('of NumPy, in an archive', async () => {
    await tries(
      fc.asyncProperty(
        fc.array(npy, { minLength: 1, maxLength: 2 }),
        fc.boolean(),
        damage,
        async (arrays, deflated, more) => {
          const bytes = zipFile(arrays.map((array, i) => ({ name: `${i}.npy`, data: array, deflated })))
          const file = damaged(bytes, more)
          // Deflated bytes are inflated piece by piece, in pieces of up to 64 KiB.
          await expectDataOrError(file.length + 2 ** 14, () => data.parseNpz(file))
        },
      ),
    )
  })

  it('of IDX', async () => {
    await tries(
      fc.asyncProperty(
        fc.constantFrom([8, 1], [9, 1], [11, 2], [12, 4], [13, 4], [14, 8]),
        shapes,
        damage,
        async ([type = 0, width = 0], shape, more) => {
          const head = [0, 0, type, shape.length, ...shape.flatMap((n) => [0, 0, 0, n])]
          const file = damaged(
            Uint8Array.from([...head, ...new Array(width * count(shape)).fill(1)]),
            more,
            head.length,
          )
          await expectDataOrError(file.length, () => data.parseIdx(file))
        },
      ),
    )
  })

  it('of comma-separated numbers, at once and in pieces', async () => {
    const rows = fc.array(fc.array(fc.double({ noNaN: true }), { minLength: 2, maxLength: 2 }), {
      minLength: 1,
      maxLength: 5,
    })
    await tries(
      fc.asyncProperty(rows, fc.boolean(), damage, async (numbers, header, more) => {
        const text = `${header ? '"a","b"\n' : ''}${numbers.map((row) => row.join(',')).join('\n')}\n`
        const file = damaged(new TextEncoder().encode(text), more)
        const table = { data: new Float64Array() as TypedArray }
        const tensors = (): Tensor[] => []
        await expectDataOrError(file.length, () => {
          const { rows, width, data: found, columns } = data.parseCsv(new TextDecoder().decode(file))
          expect([found.length, found.every(Number.isFinite), columns?.length ?? width]).toEqual([
            rows * width,
            true,
            width,
          ])
          table.data = found
          return tensors()
        })
        await expectDataOrError(file.length, async () => {
          const pieces = [file.subarray(0, file.length / 2), file.subarray(file.length / 2)]
          const streamed: number[] = []
          for await (const part of data.streamCsv(pieces, { rows: 2 })) streamed.push(...part.data)
          expect(streamed).toEqual([...table.data])
          return tensors()
        })
      }),
    )
  })
})
