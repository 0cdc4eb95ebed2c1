import { type Layout, type MatmulKernel, matrixAxes, type Program, sizeOf, type TypedArray } from '@wengert/core'
import type { CpuBuffer } from './cpu.ts'
import { positions } from './positions.ts'
import { mergeAxes, Odometer } from './strided.ts'

/** Rows and columns that the inner loop computes at once, in local variables. */
const tile = 4

let packedA = new Float64Array(0)
let packedB = new Float64Array(0)
const sums = new Float64Array(tile * tile)

/**
 * Multiplies 4×4 tiles. Both operands are first packed as f64 in the order the inner loop reads them, padded with zeros to
 * whole tiles, so that loop is the same for every dtype, layout and size.
 */
export function prepareMatmul(kernel: MatmulKernel): Program<CpuBuffer> {
  const { batch, m, k, n, a, b } = kernel
  const batches = sizeOf(batch)
  const axesA = matrixAxes(a, kernel)
  const axesB = matrixAxes(b, kernel)
  const left = matrices(axesA.batch)
  const right = matrices(axesB.batch)
  const tilesA = Math.ceil(m / tile)
  const tilesB = Math.ceil(n / tile)
  // Made by the first run: these loops may stand in for generated code, and never run.
  let tables: readonly [rowsA: Int32Array, columnsA: Int32Array, rowsB: Int32Array, columnsB: Int32Array] | null = null
  const run: Program<CpuBuffer>['run'] = ([x, y], _, [output]) => {
    if (packedA.length < tilesA * tile * k) packedA = new Float64Array(tilesA * tile * k)
    if (packedB.length < tilesB * tile * k) packedB = new Float64Array(tilesB * tile * k)
    const out = (output as CpuBuffer).data
    tables ??= [positions(axesA.rows), positions(axesA.columns), positions(axesB.rows), positions(axesB.columns)]
    const [rowsA, columnsA, rowsB, columnsB] = tables
    left.reset()
    right.reset()
    for (let p = 0; p < batches; p++, left.next(), right.next()) {
      pack(packedA, (x as CpuBuffer).data, a.offset + left.position, rowsA, columnsA)
      pack(packedB, (y as CpuBuffer).data, b.offset + right.position, columnsB, rowsB)
      for (let i = 0; i < tilesA; i++)
        for (let j = 0; j < tilesB; j++) {
          multiplyTile(i * tile * k, j * tile * k, k)
          const rows = Math.min(tile, m - i * tile)
          const columns = Math.min(tile, n - j * tile)
          for (let r = 0; r < rows; r++) {
            const at = (p * m + i * tile + r) * n + j * tile
            for (let c = 0; c < columns; c++) out[at + c] = sums[r * tile + c] as number
          }
        }
    }
  }
  return { run }
}

/** Walks over the matrices of a batch. */
export function matrices({ shape, strides }: Pick<Layout, 'shape' | 'strides'>): Odometer {
  return new Odometer(mergeAxes(shape, strides))
}

/** Packs vectors in groups of four: element p of the four stands together. */
function pack(into: Float64Array, data: TypedArray, from: number, vectors: Int32Array, steps: Int32Array): void {
  const k = steps.length
  let to = 0
  for (let first = 0; first < vectors.length; first += tile) {
    const whole = Math.min(tile, vectors.length - first)
    for (let v = 0; v < whole; v++) {
      const at = from + (vectors[first + v] as number)
      for (let p = 0, o = to + v; p < k; p++, o += tile) into[o] = data[at + (steps[p] as number)] as number
    }
    for (let v = whole; v < tile; v++) for (let p = 0, o = to + v; p < k; p++, o += tile) into[o] = 0
    to += tile * k
  }
}

/** The inner loop: sixteen sums over k, from packed groups at `i` and `j`. */
function multiplyTile(i: number, j: number, k: number): void {
  const a = packedA
  const b = packedB
  let s00 = 0
  let s01 = 0
  let s02 = 0
  let s03 = 0
  let s10 = 0
  let s11 = 0
  let s12 = 0
  let s13 = 0
  let s20 = 0
  let s21 = 0
  let s22 = 0
  let s23 = 0
  let s30 = 0
  let s31 = 0
  let s32 = 0
  let s33 = 0
  for (let p = 0; p < k; p++, i += 4, j += 4) {
    const b0 = b[j] as number
    const b1 = b[j + 1] as number
    const b2 = b[j + 2] as number
    const b3 = b[j + 3] as number
    const a0 = a[i] as number
    s00 += a0 * b0
    s01 += a0 * b1
    s02 += a0 * b2
    s03 += a0 * b3
    const a1 = a[i + 1] as number
    s10 += a1 * b0
    s11 += a1 * b1
    s12 += a1 * b2
    s13 += a1 * b3
    const a2 = a[i + 2] as number
    s20 += a2 * b0
    s21 += a2 * b1
    s22 += a2 * b2
    s23 += a2 * b3
    const a3 = a[i + 3] as number
    s30 += a3 * b0
    s31 += a3 * b1
    s32 += a3 * b2
    s33 += a3 * b3
  }
  sums[0] = s00
  sums[1] = s01
  sums[2] = s02
  sums[3] = s03
  sums[4] = s10
  sums[5] = s11
  sums[6] = s12
  sums[7] = s13
  sums[8] = s20
  sums[9] = s21
  sums[10] = s22
  sums[11] = s23
  sums[12] = s30
  sums[13] = s31
  sums[14] = s32
  sums[15] = s33
}
