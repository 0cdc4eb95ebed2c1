import { type MatmulKernel, sizeOf } from '@wengert/core'
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
export function prepareGemm({ batch, m, k, n, a, b }: MatmulKernel, { threads, one, all }: Multiplier): LinearRun {
  const batches = sizeOf(batch)
  const left = matrices(a)
  const right = matrices(b)
  const [rowA, columnA] = a.strides.slice(-2).map((stride) => 4 * stride) as [number, number]
  const [rowB, columnB] = b.strides.slice(-2).map((stride) => 4 * stride) as [number, number]
  const each = (x: number, y: number, out: number, visit: (product: Product) => void): void => {
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
  if (threads === 1 || batches * m * k * n < worthSharing)
    return ([x, y], _, out) => each(x as number, y as number, out, one)
  return ([x, y], _, out) => {
    const products: Product[] = []
    each(x as number, y as number, out, (product) =>
      products.push(...(batches < threads ? parts(product, threads) : [product])),
    )
    all(products)
  }
}

/** A product as several, each of some rows or of some columns of C. Every element is added up as in the whole. */
function parts(product: Product, count: number): Product[] {
  const { a, rowA, b, columnB, c, rowC, m, n } = product
  const byRows = m >= n
  // Whole tiles, whatever their size.
  const share = Math.ceil((byRows ? m : n) / count / 24) * 24
  const found: Product[] = []
  for (let from = 0; from < (byRows ? m : n); from += share)
    found.push(
      byRows
        ? { ...product, a: a + from * rowA, c: c + from * rowC, m: Math.min(share, m - from) }
        : { ...product, b: b + from * columnB, c: c + 4 * from, n: Math.min(share, n - from) },
    )
  return found
}
