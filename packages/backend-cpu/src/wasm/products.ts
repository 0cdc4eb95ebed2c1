import { compile, type Features, features, type Memory } from './engine.ts'
import { gemm, type Tile } from './gemm.ts'

// Blocks that stay in the caches: of A in the second, a panel of B in the first. The first is a multiple of all tiles' rows.
const blockM = 96
const blockK = 256
const blockN = 2048

const bytesA = 4 * blockM * blockK
const bytesB = 4 * blockN * blockK

/** Bytes that a thread needs for packed blocks and one tile. */
export const roomBytes: number = bytesA + bytesB + 1024

/** The numbers of a product, in the order in which threads hand them on. */
export const productFields = ['a', 'rowA', 'columnA', 'b', 'rowB', 'columnB', 'c', 'rowC', 'm', 'k', 'n'] as const

/**
 * A product of f32 matrices, C[m, n] = A[m, k] B[k, n]: where each begins, and how far apart its rows and columns lie, in
 * bytes. The columns of C lie side by side.
 */
export type Product = Readonly<Record<(typeof productFields)[number], number>>

/** The function that computes products on a memory, with room for packed blocks at an address. */
export function productsOn(memory: Memory, room: number, { fused }: Features = features()): (product: Product) => void {
  // With one instruction to multiply and add the larger tile is faster; without it, engines run out of registers.
  const tile: Tile = { rows: fused ? 6 : 4, vectors: 2, fused }
  const { packA, packB, multiply } = compile(gemm(tile), memory) as Record<
    'packA' | 'packB' | 'multiply',
    (...args: number[]) => void
  >
  const packedB = room + bytesA
  const spare = packedB + bytesB
  return ({ a, rowA, columnA, b, rowB, columnB, c, rowC, m, k, n }) => {
    for (let j = 0; j < n; j += blockN)
      for (let q = 0; q < k; q += blockK) {
        const columns = Math.min(blockN, n - j)
        const depth = Math.min(blockK, k - q)
        packB(b + j * columnB + q * rowB, columnB, rowB, columns, depth, packedB)
        for (let i = 0; i < m; i += blockM) {
          const rows = Math.min(blockM, m - i)
          packA(a + i * rowA + q * columnA, rowA, columnA, rows, depth, room)
          multiply(room, packedB, rows, columns, depth, c + i * rowC + 4 * j, rowC, q > 0 ? 1 : 0, spare)
        }
      }
  }
}
