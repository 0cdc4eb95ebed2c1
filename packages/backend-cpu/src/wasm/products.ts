import type { FunctionBuilder } from './assembler.ts'
import { combine } from './combine.ts'
import { dots } from './dots.ts'
import { compile, type Features, features, type Memory } from './engine.ts'
import { fewRows } from './fewRows.ts'
import { multiply, type Tile, tileColumns } from './gemm.ts'
import { pack } from './pack.ts'

// Blocks of A and B stay in the second cache, and a panel of each in the first. The first is a multiple of all tiles' rows.
const blockM = 96
const blockK = 512
const blockN = 512

const bytesA = 4 * blockM * blockK
const bytesB = 4 * blockN * blockK

/** Bytes that a thread needs for packed blocks. */
export const roomBytes: number = bytesA + bytesB

/** Columns of C from which on packing A takes less time than reading it as it lies, along its rows or down its columns. */
const manyColumns = { along: 256, down: 64 }

/** Bytes over which columns of A may reach to stay in the first cache, where they are read as they lie. */
const near = 2 ** 15

/** Rows of A times the bytes over which a block of B reaches, beyond which packing B takes less time than reading it as it lies. */
const farReaching = 2 ** 21

/** Rows of A up to which rows of B are combined, where its columns lie side by side, or A is turned rather than B, where its rows do. */
const few = { combined: 2, turned: 8 }

/** The numbers of a product, in the order in which threads hand them on. */
export const productFields = [
  'a',
  'rowA',
  'columnA',
  'tablesA',
  'b',
  'rowB',
  'columnB',
  'tablesB',
  'c',
  'rowC',
  'm',
  'k',
  'n',
] as const

/**
 * A product of f32 matrices, C[m, n] = A[m, k] B[k, n]: where each begins, and how far apart its rows and columns lie, in
 * bytes. The columns of C lie side by side. Where `tablesA` or `tablesB` is 1 and not 0, the operand's row and column are the
 * addresses of tables instead, of where each row and each column lies behind the beginning.
 */
export type Product = Readonly<Record<(typeof productFields)[number], number>>

/** The function that computes products on a memory, with room for packed blocks at an address. */
export function productsOn(memory: Memory, room: number, { fused }: Features = features()): (product: Product) => void {
  // With one instruction to multiply and add the larger tile is faster; without it, engines run out of registers.
  const tile: Tile = { rows: fused ? 6 : 4, vectors: 2, fused }
  // Each function is written when it is needed: most programs need few of them.
  const compiled = (f: FunctionBuilder): Call => compile([f], memory)[f.name] as Call
  const heights: Call[] = []
  const packs: readonly [steps: Call[], tables: Call[]] = [[], []]
  const packed = (tables: number, width: number, ...args: number[]): void => {
    const known = packs[tables as 0 | 1]
    known[width] ??= compiled(pack(width, tables === 1))
    known[width](...args)
  }
  let dot: Call | undefined
  const combines: Call[] = []
  const turned: Call[] = []
  const packedB = room + bytesA
  const columnsOfTile = tileColumns(tile)
  const [width, height] = [4 * columnsOfTile, 4 * tile.rows]
  /** Packs `count` rows of a block of A in panels of `rows`, which stand as if there were `width`. */
  const packA = (
    product: Product,
    i: number,
    q: number,
    count: number,
    rows: number,
    width: number,
    depth: number,
  ): void => {
    const { a, rowA, columnA, tablesA } = product
    const from = tablesA ? a : a + i * rowA + q * columnA
    packed(tablesA, width, from, rowA + 4 * i * tablesA, columnA + 4 * q * tablesA, count, rows, depth, room)
  }
  return (product) => {
    const { a, rowA, columnA, tablesA, b, rowB, columnB, tablesB, c, rowC, m, k, n } = product
    if (m === 1 && tablesA + tablesB === 0 && columnA === 4 && rowB === 4) {
      dot ??= compiled(dots(fused))
      dot(b, columnB, a, n, k, c)
      return
    }
    const isCombined = m <= few.combined && !tablesB && columnB === 4
    const isTurned = m <= few.turned && !tablesB && columnB !== 4 && rowB === 4
    const isNear = columnA !== 4 && Math.min(k, blockK) * Math.abs(columnA) <= near
    const packsA =
      tablesA ||
      (n >= manyColumns[columnA === 4 ? 'along' : 'down'] && m > tile.rows && !isNear) ||
      (rowA !== 4 && columnA !== 4)
    for (let j = 0; j < n; j += blockN)
      for (let q = 0; q < k; q += blockK) {
        const columns = Math.min(blockN, n - j)
        const depth = Math.min(blockK, k - q)
        const fromB = tablesB ? b : b + j * columnB + q * rowB
        const to = c + 4 * j
        const add = q > 0 ? 1 : 0
        if (isCombined) {
          if (tablesA) packA(product, 0, q, m, 4, 4, depth)
          const atA = tablesA ? room : a + q * columnA
          const besideA = tablesA ? 4 : rowA
          const nextA = tablesA ? 16 : columnA
          combines[m] ??= compiled(combine(m, fused))
          combines[m](atA, besideA, nextA, fromB, rowB, depth, columns, to, rowC, add, packedB)
          continue
        }
        if (isTurned) {
          const vectors = m > 4 ? 2 : 1
          packA(product, 0, q, m, 4 * vectors, 4 * vectors, depth)
          turned[vectors] ??= compiled(fewRows(vectors, fused))
          turned[vectors](room, fromB, columnB, depth, columns, m, to, rowC, add)
          continue
        }
        const packsB = tablesB || columnB !== 4 || (m > tile.rows && m * depth * Math.abs(rowB) > farReaching)
        if (packsB) {
          const across = columnB + 4 * j * tablesB
          const along = rowB + 4 * q * tablesB
          packed(tablesB, columnsOfTile, fromB, across, along, columns, columnsOfTile, depth, packedB)
        }
        const atB = packsB ? packedB : fromB
        const nextB = packsB ? width : rowB
        const panelB = packsB ? width * depth : width
        for (let i = 0; i < m; ) {
          const [rows, panels] = panelsOf(m - i, tile.rows)
          if (packsA) packA(product, i, q, rows * panels, rows, tile.rows, depth)
          const atA = packsA ? room : a + i * rowA + q * columnA
          const besideA = packsA ? 4 : rowA
          const nextA = packsA ? height : columnA
          const panelA = packsA ? height * depth : rows * rowA
          const atC = to + i * rowC
          heights[rows] ??= compiled(multiply(rows, tile))
          heights[rows](atA, besideA, nextA, panelA, panels, atB, nextB, panelB, depth, columns, atC, rowC, add)
          i += rows * panels
        }
      }
  }
}

type Call = (...args: number[]) => void

/** How high the next panels are, and how many: whole ones, but rather two of half the height than a very low one. */
function panelsOf(left: number, height: number): [rows: number, panels: number] {
  const rest = left % height
  const whole = (left - rest) / height - (rest > 0 && 2 * rest <= height ? 1 : 0)
  if (whole > 0) return [height, Math.min(whole, blockM / height)]
  const rows = left > height ? Math.ceil(left / 2) : left
  return [rows, 2 * rows === left ? 2 : 1]
}
