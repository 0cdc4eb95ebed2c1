import { type MatmulKernel, type MatrixOperand, matrixAxes, sizeOf } from '@wengert/core'
import { matrices } from '../matmul.ts'
import { positions } from '../positions.ts'
import type { Odometer } from '../strided.ts'
import { Desk, deskBytes, type Start } from './desk.ts'
import type { Heap } from './heap.ts'
import { startThread } from './hostThreads.ts'
import type { LinearRun } from './linear.ts'
import { type Product, productsOn, roomBytes } from './products.ts'

/** Multiplications below which it takes longer to wake a thread than to do its share. */
const worthSharing = 2 ** 19

/** Numbers that are read behind a table, at most: those of a panel. */
const beyond = 8

/** Computes products, on several threads where there are several of them. */
export interface Multiplier {
  readonly threads: number
  one(product: Product): void
  all(products: readonly Product[]): void
}

/** The multiplier of a heap, whose threads start here; null where there is no room for their blocks. */
export function multiplierOn(heap: Heap, threads: number): Multiplier | null {
  const { memory } = heap
  const room = heap.take(roomBytes)
  if (room === null) return null
  const one = productsOn(memory, room)
  const at = threads > 1 ? heap.take(deskBytes) : null
  if (at === null) return { threads: 1, one, all: (products) => products.forEach(one) }
  const desk = new Desk(memory, at)
  desk.clear()
  for (let i = 1; i < threads; i++) {
    const own = heap.take(roomBytes)
    if (own !== null) startThread({ memory, desk: at, room: own } satisfies Start)
  }
  return { threads, one, all: (products) => desk.finish(products, one) }
}

/** A batch of products of f32 matrices, and the bytes that a run of it needs. */
export function prepareGemm(
  kernel: MatmulKernel,
  { threads, one, all }: Multiplier,
  { memory }: Heap,
): { readonly run: LinearRun; readonly scratch: number } {
  const merged = asRows(kernel)
  // One column is one row of the product of both operands transposed, and the same in memory.
  const isColumn = merged.n === 1
  const product = isColumn ? turned(merged) : merged
  const { batch, m, k, n } = product
  const batches = sizeOf(batch)
  const positions: number[] = []
  const left = sideOf(product.a, product, positions)
  const right = sideOf(product.b, product, positions)
  const tables = Int32Array.from(positions)
  const each = (inputs: readonly number[], out: number, visit: (product: Product) => void): void => {
    const [x, y] = (isColumn ? [inputs[1], inputs[0]] : inputs) as [number, number]
    const scratch = inputs[2] ?? 0
    if (tables.length > 0) new Int32Array(memory.buffer, scratch, tables.length).set(tables)
    left.matrices.reset()
    right.matrices.reset()
    for (let p = 0; p < batches; p++, left.matrices.next(), right.matrices.next())
      visit({
        a: x + 4 * (product.a.offset + left.matrices.position),
        rowA: left.row + left.tables * scratch,
        columnA: left.column + left.tables * scratch,
        tablesA: left.tables,
        b: y + 4 * (product.b.offset + right.matrices.position),
        rowB: right.row + right.tables * scratch,
        columnB: right.column + right.tables * scratch,
        tablesB: right.tables,
        c: out + 4 * p * m * n,
        rowC: 4 * n,
        m,
        k,
        n,
      })
  }
  const run: LinearRun = (inputs, _, out) => {
    if (threads === 1 || batches * m * k * n < worthSharing) {
      each(inputs, out, one)
      return
    }
    const products: Product[] = []
    each(inputs, out, (product) => products.push(...(batches < threads ? parts(product, threads) : [product])))
    all(products)
  }
  return { run, scratch: tables.byteLength }
}

/** The matrices of an operand, and how many bytes lie between their rows and columns; or, with `tables` 1, where their tables begin. */
interface Side {
  readonly matrices: Odometer
  readonly row: number
  readonly column: number
  readonly tables: 0 | 1
}

/** Adds tables of where rows and columns lie to others, if it takes several axes to say that. */
function sideOf(operand: MatrixOperand, kernel: MatmulKernel, tables: number[]): Side {
  const { batch, rows, columns } = matrixAxes(operand, kernel)
  const isEven = operand.shape.length === kernel.batch.length + 2
  const step = (axes: typeof rows): number => {
    if (isEven) return 4 * (axes.strides[0] as number)
    const at = 4 * tables.length
    for (const position of positions(axes)) tables.push(4 * position)
    for (let i = 0; i < beyond; i++) tables.push(0)
    return at
  }
  return { matrices: matrices(batch), row: step(rows), column: step(columns), tables: isEven ? 0 : 1 }
}

/** The last axes of a batch as more rows of a, where b is the same along them and the rows lie evenly or in several axes. */
function asRows(kernel: MatmulKernel): MatmulKernel {
  const { batch, m, a, b } = kernel
  const axis = batch.length - 1
  const size = batch[axis]
  if (size === undefined || (size > 1 && b.strides[axis] !== 0)) return kernel
  const less = { ...kernel, batch: batch.slice(0, axis), m: size * m, b: without(b, axis) }
  const [step = 0, row = 0] = a.strides.slice(axis)
  const { rowAxes = 1 } = a
  if (a.shape.length > batch.length + 2) return asRows({ ...less, a: { ...a, rowAxes: rowAxes + 1 } })
  if (size > 1 && m > 1 && step !== m * row) return kernel
  const rows = { ...a, shape: a.shape.with(axis + 1, size * m), strides: a.strides.with(axis + 1, m > 1 ? row : step) }
  return asRows({ ...less, a: without(rows, axis) })
}

function without<T extends MatrixOperand>(operand: T, axis: number): T {
  return { ...operand, shape: operand.shape.toSpliced(axis, 1), strides: operand.strides.toSpliced(axis, 1) }
}

/** The transposed product. */
function turned(kernel: MatmulKernel): MatmulKernel {
  const { m, n, a, b } = kernel
  const transposed = (operand: MatrixOperand): MatrixOperand => {
    const { batch, rows, columns } = matrixAxes(operand, kernel)
    return {
      ...operand,
      shape: [...batch.shape, ...columns.shape, ...rows.shape],
      strides: [...batch.strides, ...columns.strides, ...rows.strides],
      rowAxes: columns.shape.length,
    }
  }
  return { ...kernel, m: n, n: m, a: transposed(b), b: transposed(a) }
}

/**
 * A product as several, each of some rows or of some columns of C. Every element is added up as in the whole, so none is of a single
 * row unless the whole is: that is added up in its own way.
 */
function parts(product: Product, count: number): Product[] {
  const { a, rowA, tablesA, b, columnB, tablesB, c, rowC, m, n } = product
  const byRows = m >= n
  const total = byRows ? m : n
  // Whole tiles, whatever their size.
  const share = Math.ceil(total / count / 24) * 24
  const found: Product[] = []
  for (let from = 0, size = 0; from < total; from += size) {
    size = total - from > share + 1 ? share : total - from
    const part = byRows ? { c: c + from * rowC, m: size } : { c: c + 4 * from, n: size }
    const moved = byRows
      ? tablesA
        ? { rowA: rowA + 4 * from }
        : { a: a + from * rowA }
      : tablesB
        ? { columnB: columnB + 4 * from }
        : { b: b + from * columnB }
    found.push({ ...product, ...part, ...moved })
  }
  return found
}
