import type { FunctionBuilder } from './assembler.ts'
import { dots } from './dots.ts'
import { compile, type Features, features, type Memory } from './engine.ts'
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

/** Rows of A times the bytes over which a block of B reaches, beyond which packing B takes less time than reading it as it lies. */
const farReaching = 2 ** 21

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
  const packedB = room + bytesA
  const columnsOfTile = tileColumns(tile)
  const [width, height] = [4 * columnsOfTile, 4 * tile.rows]
  return ({ a, rowA, columnA, tablesA, b, rowB, columnB, tablesB, c, rowC, m, k, n }) => {
    const tables = tablesA + tablesB
    if (m === 1 && tables === 0 && columnA === 4 && rowB === 4) {
      dot ??= compiled(dots(fused))
      dot(b, columnB, a, n, k, c)
      return
    }
    const packsA =
      tablesA || (n >= manyColumns[columnA === 4 ? 'along' : 'down'] && m > tile.rows) || (rowA !== 4 && columnA !== 4)
    for (let j = 0; j < n; j += blockN)
      for (let q = 0; q < k; q += blockK) {
        const columns = Math.min(blockN, n - j)
        const depth = Math.min(blockK, k - q)
        const packsB = tablesB || columnB !== 4 || (m > tile.rows && m * depth * Math.abs(rowB) > farReaching)
        const fromB = tablesB ? b : b + j * columnB + q * rowB
        if (packsB) {
          const [across, along] = [columnB + 4 * j * tablesB, rowB + 4 * q * tablesB]
          packed(tablesB, columnsOfTile, fromB, across, along, columns, columnsOfTile, depth, packedB)
        }
        const atB = packsB ? packedB : fromB
        const nextB = packsB ? width : rowB
        const panelB = packsB ? width * depth : width
        for (let i = 0; i < m; ) {
          const [rows, panels] = panelsOf(m - i, tile.rows)
          const fromA = tablesA ? a : a + i * rowA + q * columnA
          if (packsA) {
            const [across, along] = [rowA + 4 * i * tablesA, columnA + 4 * q * tablesA]
            packed(tablesA, tile.rows, fromA, across, along, rows * panels, rows, depth, room)
          }
          const atA = packsA ? room : fromA
          const besideA = packsA ? 4 : rowA
          const nextA = packsA ? height : columnA
          const panelA = packsA ? height * depth : rows * rowA
          const to = c + i * rowC + 4 * j
          heights[rows] ??= compiled(multiply(rows, tile))
          heights[rows](atA, besideA, nextA, panelA, panels, atB, nextB, panelB, depth, columns, to, rowC, +(q > 0))
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
