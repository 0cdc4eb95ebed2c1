import { FunctionBuilder, type I32, type Local, type V128 } from './assembler.ts'
import { multiplyAdd, storePart } from './gemm.ts'
import { i32, memory } from './instructions.ts'
import { f32x4, v128 } from './vectors.ts'

/** Elements of A that are kept in registers: as many rows of B are read side by side, of one row of A. */
const factors = 8

/**
 * `combine(a, rowA, columnA, b, rowB, k, n, c, rowC, add, room)` makes `rows` rows of C = A B, one or two, or adds to them where `add` is
 * not 0. Each is a sum of B's rows, which are read from end to end: memory likes that better than some columns down all rows.
 * Sums stand in `room` until they are whole.
 */
export function combine(rows: number, fused: boolean): FunctionBuilder {
  const i = 'i32'
  const f = new FunctionBuilder('run', [i, i, i, i, i, i, i, i, i, i, i] as const)
  const [a, rowA, columnA, b, rowB, k, n, c, rowC, add, room] = f.params
  const vectors = f.let(i32.shr(i32.add(n, i32.const(3)), 2))
  const bytes = f.let(i32.shl(vectors, 4))
  const sums = Array.from({ length: rows }, () => f.local(i))
  const steps = factors / rows
  f.run(memory.fill(room, i32.const(0), i32.mul(bytes, i32.const(rows))))
  f.times(i32.shr(k, Math.log2(steps)), () => addRows(steps))
  f.times(i32.and(k, i32.const(steps - 1)), () => addRows(1))
  toFirstColumn()
  for (const sum of sums) {
    store(sum, f.let(c))
    f.advance(c, rowC)
  }
  return f

  function toFirstColumn(): void {
    for (const [r, sum] of sums.entries()) f.set(sum, r === 0 ? room : i32.add(sums[r - 1] as I32, bytes))
  }

  /** Adds the next rows of B to all sums. */
  function addRows(steps: number): void {
    toFirstColumn()
    const lines = Array.from({ length: steps }, () => {
      const line = f.let(b)
      f.advance(b, rowB)
      return line
    })
    const known = lines.map(() => {
      const factor = sums.map((_, r) => f.let(v128.load32Splat(r === 0 ? a : i32.add(a, rowA))))
      f.advance(a, columnA)
      return factor
    })
    const taking = (count: number) => (): void => {
      for (let v = 0; v < count; v++) {
        const vector = sums.map((sum) => f.let(v128.load(sum, 16 * v)))
        for (const [s, line] of lines.entries()) {
          const own = f.let(v128.load(line, 16 * v))
          for (const [r, one] of vector.entries()) f.set(one, multiplyAdd(fused, known[s]?.[r] as V128, own, one))
        }
        for (const [r, one] of vector.entries()) f.run(v128.store(sums[r] as I32, one, 16 * v))
      }
      for (const pointer of [...sums, ...lines]) f.advance(pointer, i32.const(16 * count))
    }
    f.times(i32.shr(vectors, 2), taking(4))
    f.times(i32.and(vectors, i32.const(3)), taking(1))
  }

  function store(sum: Local<'i32'>, to: Local<'i32'>): void {
    const whole = (): Local<'v128'> => {
      const vector = f.let(v128.load(sum))
      f.if(add, () => f.set(vector, f32x4.add(vector, v128.load(to))))
      return vector
    }
    f.times(i32.shr(n, 2), () => {
      f.run(v128.store(to, whole()))
      for (const pointer of [sum, to]) f.advance(pointer, i32.const(16))
    })
    storePart(f, [{ to, vector: whole(), offset: 0 }], n)
  }
}
