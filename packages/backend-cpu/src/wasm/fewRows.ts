import { FunctionBuilder, type I32, type Local, type V128 } from './assembler.ts'
import { inGroups } from './dots.ts'
import { multiplyAdd, storeRow } from './gemm.ts'
import { i32 } from './instructions.ts'
import { turn } from './pack.ts'
import { f32x4, v128 } from './vectors.ts'

/** Vectors of sums: as many as keep a processor busy. */
const busy = 8

/**
 * `fewRows(a, b, columnB, k, n, m, c, rowC, add)` makes m rows of C = A B, at most four for each of `vectors`, or adds to them where `add`
 * is not 0. The elements of a column of B lie side by side. So A is packed in panels of four or eight rows, and takes the place of
 * the operand of which whole vectors are read: to turn it costs less than to turn B.
 */
export function fewRows(vectors: number, fused: boolean): FunctionBuilder {
  const i = 'i32'
  const f = new FunctionBuilder('run', [i, i, i, i, i, i, i, i, i] as const)
  const [a, b, columnB, k, n, m, c, rowC, add] = f.params
  const columns = busy / vectors
  const aAt = f.local(i)
  const at = Array.from({ length: columns }, () => f.local(i))
  const sums = at.map(() => Array.from({ length: vectors }, () => f.local('v128')))
  inGroups(f, at, b, columnB, n, c, () => {
    f.set(aAt, a)
    for (const sum of sums.flat()) f.set(sum, f32x4.const(0))
    f.times(i32.shr(k, 2), () => addProducts(4))
    f.times(i32.and(k, i32.const(3)), () => addProducts(1))
    store()
  })
  return f

  function addProducts(steps: number): void {
    for (let step = 0; step < steps; step++) {
      const line = Array.from({ length: vectors }, (_, v) => f.let(v128.load(aAt, 16 * (step * vectors + v))))
      for (const [j, sum] of sums.entries()) {
        const factor = f.let(v128.load32Splat(at[j] as I32, 4 * step))
        for (const [v, one] of sum.entries()) f.set(one, multiplyAdd(fused, line[v] as V128, factor, one))
      }
    }
    f.advance(aAt, i32.const(16 * vectors * steps))
    for (const pointer of at) f.advance(pointer, i32.const(4 * steps))
  }

  function store(): void {
    const to = f.let(c)
    for (let v = 0; v < vectors; v++) {
      const turned: V128[][] = []
      for (let j = 0; j < columns; j += 4) turned.push(turn(f, fourSums(j, v)))
      for (let row = 0; row < 4; row++) {
        const own = turned.map((four) => four[row] as Local<'v128'>)
        f.if(i32.ltS(i32.const(4 * v + row), m), () => {
          f.if(add, () => {
            for (const [p, part] of own.entries()) f.set(part, f32x4.add(part, v128.load(to, 16 * p)))
          })
          storeRow(f, f.let(to), own, n)
          f.advance(to, rowC)
        })
      }
    }
  }

  function fourSums(j: number, v: number): V128[] {
    return sums.slice(j, j + 4).map((sum) => sum[v] as V128)
  }
}
