import { type MatmulKernel, type Operand, sizeOf } from '@wengert/core'
import { matrices } from '../matmul.ts'
import { Desk, deskBytes, type Start } from './desk.ts'
import type { Heap } from './heap.ts'
import { startThread } from './hostThreads.ts'
import type { LinearRun } from './linear.ts'
import { type Product, productsOn, roomBytes } from './products.ts'

/** Multiplications below which it takes longer to wake a thread than to do its share. */
const worthSharing = 2 ** 19

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

/** A batch of products of f32 matrices. */
export function prepareGemm(kernel: MatmulKernel, { threads, one, all }: Multiplier): LinearRun {
  const merged = asRows(kernel)
  // One column is one row of the product of both operands transposed, and the same in memory.
  const isColumn = merged.n === 1
  const { batch, m, k, n, a, b } = isColumn ? turned(merged) : merged
  const batches = sizeOf(batch)
  const left = matrices(a)
  const right = matrices(b)
  const [rowA, columnA] = a.strides.slice(-2).map((stride) => 4 * stride) as [number, number]
  const [rowB, columnB] = b.strides.slice(-2).map((stride) => 4 * stride) as [number, number]
  const each = (inputs: readonly number[], out: number, visit: (product: Product) => void): void => {
    const [x, y] = (isColumn ? [inputs[1], inputs[0]] : inputs) as [number, number]
    left.reset()
    right.reset()
    for (let p = 0; p < batches; p++, left.next(), right.next())
      visit({
        a: x + 4 * (a.offset + left.position),
        rowA,
        columnA,
        b: y + 4 * (b.offset + right.position),
        rowB,
        columnB,
        c: out + 4 * p * m * n,
        rowC: 4 * n,
        m,
        k,
        n,
      })
  }
  if (threads === 1 || batches * m * k * n < worthSharing) return (inputs, _, out) => each(inputs, out, one)
  return (inputs, _, out) => {
    const products: Product[] = []
    each(inputs, out, (product) => products.push(...(batches < threads ? parts(product, threads) : [product])))
    all(products)
  }
}

/** The last axes of a batch as more rows of a, where b is the same along them and the rows lie evenly. */
function asRows(kernel: MatmulKernel): MatmulKernel {
  const { batch, m, k, a, b } = kernel
  const size = batch.at(-1)
  const [step = 0, row = 0, column = 0] = a.strides.slice(-3)
  if (size === undefined || (size > 1 && (b.strides.at(-3) !== 0 || (m > 1 && step !== m * row)))) return kernel
  const outer = batch.slice(0, -1)
  const strides = (x: Operand, rows: readonly number[]): number[] => [...x.strides.slice(0, -3), ...rows]
  return asRows({
    ...kernel,
    batch: outer,
    m: size * m,
    a: { ...a, shape: [...outer, size * m, k], strides: strides(a, [m > 1 ? row : step, column]) },
    b: { ...b, shape: [...outer, ...b.shape.slice(-2)], strides: strides(b, b.strides.slice(-2)) },
  })
}

/** The transposed product. */
function turned({ m, n, a, b, ...rest }: MatmulKernel): MatmulKernel {
  const transposed = ({ shape, strides, ...operand }: Operand): Operand => ({
    ...operand,
    shape: [...shape.slice(0, -2), ...shape.slice(-2).reverse()],
    strides: [...strides.slice(0, -2), ...strides.slice(-2).reverse()],
  })
  return { ...rest, m: n, n: m, a: transposed(b), b: transposed(a) }
}

/**
 * A product as several, each of some rows or of some columns of C. Every element is added up as in the whole, so none is of a single
 * row unless the whole is: that is added up in its own way.
 */
function parts(product: Product, count: number): Product[] {
  const { a, rowA, b, columnB, c, rowC, m, n } = product
  const byRows = m >= n
  const total = byRows ? m : n
  // Whole tiles, whatever their size.
  const share = Math.ceil(total / count / 24) * 24
  const found: Product[] = []
  for (let from = 0, size = 0; from < total; from += size) {
    size = total - from > share + 1 ? share : total - from
    found.push(
      byRows
        ? { ...product, a: a + from * rowA, c: c + from * rowC, m: size }
        : { ...product, b: b + from * columnB, c: c + 4 * from, n: size },
    )
  }
  return found
}
