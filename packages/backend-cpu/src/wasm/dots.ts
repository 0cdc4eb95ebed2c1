import { FunctionBuilder, type I32, type Local, type V128 } from './assembler.ts'
import { multiplyAdd, storePart } from './gemm.ts'
import { i32 } from './instructions.ts'
import { turn } from './pack.ts'
import { f32x4, v128 } from './vectors.ts'

/** Rows at once: as many sums as keep a processor busy. */
const rows = 8

/** Elements of a row that are summed by themselves: long sums of f32 lose digits. */
const block = 256

/**
 * The product of a matrix whose rows lie side by side and a vector: `dots(a, rowA, x, m, k, c)` makes the m numbers
 * C[i] = Σₚ A[i, p] x[p], block by block, in four sums that are added in the end. `rowA` is the bytes from one row to the next.
 */
export function dots(fused: boolean): FunctionBuilder {
  const f = new FunctionBuilder('run', ['i32', 'i32', 'i32', 'i32', 'i32', 'i32'] as const)
  const [a, rowA, x, m, k, c] = f.params
  const left = f.let(m)
  const row = f.let(a)
  const to = f.let(c)
  const xAt = f.local('i32')
  const at = Array.from({ length: rows }, () => f.local('i32'))
  const sums = at.map(() => f.local('v128'))
  const totals = at.map(() => f.local('v128'))
  f.doWhile(
    () => {
      f.set(xAt, x)
      for (const [r, pointer] of at.entries()) {
        // Missing rows repeat the last one.
        const before = at[r - 1] ?? row
        f.set(pointer, r === 0 ? row : i32.select(i32.add(before, rowA), before, i32.ltS(i32.const(r), left)))
      }
      for (const sum of totals) f.set(sum, f32x4.const(0))
      f.times(i32.shr(k, Math.log2(block)), () => addBlock(() => addVectors(i32.const(block))))
      addBlock(() => {
        addVectors(i32.and(k, i32.const(block - 1)))
        f.times(i32.and(k, i32.const(3)), () => addProducts(v128.load32Zero, 4))
      })
      store(total(totals.slice(0, 4)), total(totals.slice(4)))
      f.advance(row, i32.mul(rowA, i32.const(rows)))
      f.advance(to, i32.const(4 * rows))
      f.set(left, i32.sub(left, i32.const(rows)))
    },
    () => i32.ltS(i32.const(0), left),
  )
  return f

  function addBlock(add: () => void): void {
    for (const sum of sums) f.set(sum, f32x4.const(0))
    add()
    for (const [r, sum] of totals.entries()) f.set(sum, f32x4.add(sum, sums[r] as V128))
  }

  function addVectors(elements: I32): void {
    f.times(i32.shr(elements, 2), () => addProducts(v128.load, 16))
  }

  function addProducts(load: (at: I32) => V128, bytes: number): void {
    const factor = f.let(load(xAt))
    for (const [r, sum] of sums.entries()) f.set(sum, multiplyAdd(fused, load(at[r] as I32), factor, sum))
    for (const pointer of [...at, xAt]) f.advance(pointer, i32.const(bytes))
  }

  /** The sums of four vectors' elements, as one vector. */
  function total(vectors: readonly V128[]): Local<'v128'> {
    const [p, q, r, s] = turn(f, vectors) as [V128, V128, V128, V128]
    return f.let(f32x4.add(f32x4.add(p, q), f32x4.add(r, s)))
  }

  /** Stores what lies inside of C. */
  function store(low: Local<'v128'>, high: Local<'v128'>): void {
    f.if(
      i32.leS(i32.const(rows), left),
      () => {
        f.run(v128.store(to, low))
        f.run(v128.store(to, high, 16))
      },
      () => {
        f.if(i32.and(left, i32.const(4)), () => {
          f.run(v128.store(to, low))
          f.set(low, high)
          f.advance(to, i32.const(16))
        })
        storePart(f, [{ to, vector: low, offset: 0 }], left)
      },
    )
  }
}
