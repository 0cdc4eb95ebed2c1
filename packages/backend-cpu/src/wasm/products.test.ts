import { fc, test } from '@fast-check/vitest'
import { matmul, tensor } from '@wengert/core'
import { describe, expect, it } from 'vitest'
import { cpu } from './cpu.ts'
import { type Features, newMemory } from './engine.ts'
import { type Product, productsOn, roomBytes } from './products.ts'

const memory = newMemory()
memory.grow(200)
const numbers = new Float32Array(memory.buffer)
const room = memory.buffer.byteLength - roomBytes
const variants = ([true, false] as const).map((fused) => productsOn(memory, room, { simd: true, fused } as Features))
const [compute] = variants as [(product: Product) => void]

/** Elements between rows and columns of a matrix. */
type Strides = readonly [number, number]

const layouts: Readonly<Record<string, (rows: number, columns: number) => Strides>> = {
  rows: (_, columns) => [columns, 1],
  columns: (rows) => [1, rows],
  'rows apart': (_, columns) => [columns + 3, 1],
  'columns apart': (rows) => [1, rows + 5],
  scattered: (rows) => [2, 2 * rows + 1],
}
/** Where rows and columns lie that are no even steps apart. */
const inParts: Readonly<Record<string, (rows: number, columns: number) => readonly ((i: number) => number)[]>> = {
  'rows in parts': (_, columns) => [(i) => i * 3 * (columns + 1) + (i % 3), (j) => j + 5 * Math.floor(j / 6)],
  'columns in parts': (rows) => [(i) => i + 5 * Math.floor(i / 6), (j) => j * 3 * (rows + 1) + (j % 3)],
}
const layout = fc.constantFrom(...Object.keys(layouts), ...Object.keys(inParts))

const at = { a: 2 ** 18, b: 2 ** 19, c: 2 ** 20, tables: 2 ** 21 }
const places = new Int32Array(memory.buffer)

/** Puts a matrix into memory among numbers that are none; returns its address and strides in bytes, or the addresses of its tables. */
function lay(start: number, values: readonly number[], rows: number, columns: number, name: string) {
  const [down = 0, right = 0] = layouts[name]?.(rows, columns) ?? []
  const [row, column] = (inParts[name]?.(rows, columns) ?? [(i: number) => i * down, (j: number) => j * right]) as [
    (i: number) => number,
    (j: number) => number,
  ]
  numbers.fill(Number.NaN, start - 16, start + row(rows) + column(columns) + 16)
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) numbers[start + row(i) + column(j)] = values[i * columns + j] as number
  if (!inParts[name]) return { at: 4 * start, row: 4 * down, column: 4 * right, tables: 0 }
  const [first, second] = [at.tables + start, at.tables + start + 1024]
  for (let i = 0; i < rows; i++) places[first + i] = 4 * row(i)
  for (let j = 0; j < columns; j++) places[second + j] = 4 * column(j)
  return { at: 4 * start, row: 4 * first, column: 4 * second, tables: 1 }
}

const values = Array.from({ length: 200_000 }, (_, i) => Math.fround(Math.sin(1.7 * i + 0.3)))

interface Case {
  readonly m: number
  readonly k: number
  readonly n: number
  readonly layoutA?: string
  readonly layoutB?: string
}

/** A product whose rows in C stand 5 elements apart, with what then lies in C's place and around it. */
function product({ m, k, n, layoutA = 'rows', layoutB = 'rows' }: Case, by = compute): Float32Array {
  const a = lay(at.a, values, m, k, layoutA)
  const b = lay(at.b, values.slice(7), k, n, layoutB)
  const whole = numbers.subarray(at.c - 8, at.c + m * (n + 5) + 8)
  whole.fill(99)
  by({
    a: a.at,
    rowA: a.row,
    columnA: a.column,
    tablesA: a.tables,
    b: b.at,
    rowB: b.row,
    columnB: b.column,
    tablesB: b.tables,
    c: 4 * at.c,
    rowC: 4 * (n + 5),
    m,
    k,
    n,
  })
  return whole.slice()
}

function expected({ m, k, n }: Case): Float64Array {
  const whole = new Float64Array(m * (n + 5) + 16).fill(99)
  for (let i = 0; i < m; i++)
    for (let j = 0; j < n; j++) {
      let sum = 0
      for (let p = 0; p < k; p++) sum += (values[i * k + p] as number) * (values[p * n + j + 7] as number)
      whole[8 + i * (n + 5) + j] = sum
    }
  return whole
}

/** Largest difference; none is less than NaN. */
const distance = (x: ArrayLike<number>, y: ArrayLike<number>): number =>
  Array.from(x, (value, i) => Math.abs(value - (y[i] as number))).reduce((most, d) => Math.max(most, d), 0)

/** How far k products, each at most 1, may come out from their sum when they are added in f32 one after the other. */
const roundOff = (k: number): number => 1e-6 + 4e-8 * k ** 1.5

/** How many numbers are not the same. */
const differing = (x: Float32Array, y: Float32Array): number => x.filter((value, i) => !Object.is(value, y[i])).length

describe('products', () => {
  it('fill C and nothing else, for all heights and widths of tiles', () => {
    for (const by of variants)
      for (let m = 1; m <= 13; m++)
        for (let n = 1; n <= 18; n++) {
          const of = { m, k: 1 + ((m * n) % 7), n }
          expect(distance(product(of, by), expected(of)), `${m} ${n}`).toBeLessThan(1e-5)
        }
  })

  test.prop([
    fc.integer({ min: 2, max: 30 }),
    fc.oneof(fc.integer({ min: 1, max: 20 }), fc.constantFrom(255, 511, 512, 513, 515)),
    fc.oneof(fc.integer({ min: 1, max: 70 }), fc.constantFrom(255, 256, 300)),
    layout,
    layout,
  ])('have the same bits however operands lie', (m, k, n, layoutA, layoutB) => {
    for (const by of variants) {
      const plain = product({ m, k, n }, by)
      expect(differing(product({ m, k, n, layoutA, layoutB }, by), plain)).toBe(0)
      expect(distance(plain, expected({ m, k, n }))).toBeLessThan(roundOff(k))
    }
  })

  test.prop([fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 40 }), layout, layout])(
    'of one row agree however operands lie',
    (k, n, layoutA, layoutB) => {
      const of = { m: 1, k, n, layoutA, layoutB }
      for (const by of variants) expect(distance(product(of, by), expected(of))).toBeLessThan(roundOff(k))
    },
  )

  it('have the same bits in one piece and in pieces of any size', () => {
    const of = { m: 211, k: 40, n: 30 }
    const whole = product(of)
    const inPieces = product(of, (all) => {
      for (let i = 0, rows = 2; i < all.m; i += rows, rows = 2 + ((3 * rows + 4) % 17))
        for (let j = 0; j < all.n; j += 11)
          compute({
            ...all,
            a: all.a + i * all.rowA,
            b: all.b + j * all.columnB,
            c: all.c + i * all.rowC + 4 * j,
            m: Math.min(rows, all.m - i),
            n: Math.min(11, all.n - j),
          })
    })
    expect(differing(inPieces, whole)).toBe(0)
  })

  it('of more rows, columns and products than a block', () => {
    for (const of of [
      { m: 5, k: 3, n: 1100 },
      { m: 7, k: 1100, n: 20 },
      { m: 300, k: 520, n: 10 },
      { m: 1, k: 1100, n: 150 },
      { m: 1, k: 90, n: 1100 },
      { m: 2, k: 1029, n: 150 },
      { m: 3, k: 1030, n: 149, layoutB: 'columns' },
      { m: 8, k: 130, n: 1026, layoutB: 'columns apart' },
      { m: 1, k: 515, n: 30, layoutA: 'columns apart', layoutB: 'columns' },
    ])
      expect(distance(product(of), expected(of))).toBeLessThan(roundOff(of.k))
  })
})

describe('batches', () => {
  const [loops, wasm] = [cpu({ wasm: false }), cpu({ wasm: 'always' })]
  const axis = fc.constantFrom(1, 2, 3)
  const size = fc.integer({ min: 1, max: 9 })
  const order = fc.constantFrom<number[]>([0, 1, 2, 3], [1, 0, 2, 3], [0, 2, 1, 3], [0, 1, 3, 2], [2, 3, 0, 1])

  test.prop([axis, axis, fc.boolean(), fc.boolean(), size, size, size, order])(
    'agree with loops where axes are shared, and lie in any order',
    (outer, inner, sharesOuter, sharesInner, m, k, n, axes) => {
      // The axes of the array that `transpose` brings to [outer, inner, m, k].
      const shape = [0, 1, 2, 3].map((i) => [outer, inner, m, k][axes.indexOf(i)] as number)
      const a = tensor(values.slice(0, outer * inner * m * k))
        .reshape(shape)
        .transpose(axes)
      const batch = [sharesOuter ? 1 : outer, sharesInner ? 1 : inner]
      const b = tensor(
        values.slice(
          0,
          batch.reduce((x, y) => x * y, k * n),
        ),
      ).reshape([...batch, k, n])
      const [got, wanted] = [wasm, loops].map((backend) => matmul(a, b).dataSync({ backend })) as [
        Float32Array,
        Float32Array,
      ]
      expect(got.length).toBe(wanted.length)
      expect(distance(got, wanted)).toBeLessThan(1e-5)
    },
  )

  it.each([
    [49, 300, 40],
    [1, 700, 800],
    [2, 600, 900],
    [5, 515, 300],
  ])('have the bits of one thread by two, where a row is left over or there are few: [%i, %i] · [%i]', (m, k, n) => {
    const a = tensor(values.slice(0, m * k)).reshape([m, k])
    const numbers = Float32Array.from({ length: k * n }, (_, i) => values[i % values.length] as number)
    const lying = [tensor(numbers).reshape([n, k]).transpose(), tensor(numbers).reshape([k, n])]
    for (const b of lying) {
      const [one, two] = [1, 2].map((threads) => matmul(a, b).dataSync({ backend: cpu({ threads }) })) as [
        Float32Array,
        Float32Array,
      ]
      expect(differing(two, one)).toBe(0)
    }
  })
})
