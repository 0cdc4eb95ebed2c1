import { FunctionBuilder, type I32, type Local, type V128 } from './assembler.ts'
import { multiplyAdd, storeRow } from './gemm.ts'
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
  const xAt = f.local('i32')
  const at = Array.from({ length: rows }, () => f.local('i32'))
  const sums = at.map(() => f.local('v128'))
  const totals = at.map(() => f.local('v128'))
  inGroups(f, at, a, rowA, m, c, () => {
    f.set(xAt, x)
    for (const sum of totals) f.set(sum, f32x4.const(0))
    f.times(i32.shr(k, Math.log2(block)), () => addBlock(() => addVectors(i32.const(block))))
    addBlock(() => {
      addVectors(i32.and(k, i32.const(block - 1)))
      f.times(i32.and(k, i32.const(3)), () => addProducts(v128.load32Zero, 4))
    })
    storeRow(f, c, [total(totals.slice(0, 4)), total(totals.slice(4))], m)
  })
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
}

/**
 * Takes `left` vectors in groups: `body` finds where those of a group begin in `at`, from `first` on and `stride` apart, and at `to` where
 * their numbers are stored. All move on. Missing vectors repeat the last one.
 */
export function inGroups(
  f: FunctionBuilder,
  at: readonly Local<'i32'>[],
  first: Local<'i32'>,
  stride: I32,
  left: Local<'i32'>,
  to: Local<'i32'>,
  body: () => void,
): void {
  f.doWhile(
    () => {
      for (const [r, pointer] of at.entries()) {
        const before = at[r - 1]
        f.set(pointer, before ? i32.select(i32.add(before, stride), before, i32.ltS(i32.const(r), left)) : first)
      }
      body()
      f.advance(first, i32.mul(stride, i32.const(at.length)))
      f.advance(to, i32.const(4 * at.length))
      f.set(left, i32.sub(left, i32.const(at.length)))
    },
    () => i32.ltS(i32.const(0), left),
  )
}
