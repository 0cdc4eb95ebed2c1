import { FunctionBuilder, type I32, type Local, type V128 } from './assembler.ts'
import { i32 } from './instructions.ts'
import { f32x4, i32x4, v128 } from './vectors.ts'

/** The tile of C that the inner loop computes at once, in registers: `rows` × `vectors` vectors. */
export interface Tile {
  readonly rows: number
  readonly vectors: number
  /** Multiply and add in one instruction. */
  readonly fused: boolean
}

/** Elements of a row of a tile. */
export function tileColumns({ vectors }: Tile): number {
  return 4 * vectors
}

/** Bytes of an element. */
const size = 4

// The functions of a product of f32 matrices, C[m, n] = A[m, k] B[k, n].

/**
 * `multiply(a, rowA, columnA, panelA, panels, b, rowB, panelB, k, n, c, rowC, add)` makes `panels` times `rows` rows of C, or
 * adds to them where `add` is not 0. Addresses and what lies between rows, columns and panels count bytes. The elements of A's
 * rows lie side by side, or those of its columns; of B those of a panel's row.
 */
export function multiply(rows: number, tile: Tile): FunctionBuilder {
  const columns = tileColumns(tile)
  const i = 'i32'
  const f = new FunctionBuilder('run', [i, i, i, i, i, i, i, i, i, i, i, i, i] as const)
  const [a, rowA, columnA, panelA, panels, b, rowB, panelB, k, n, c, rowC, add] = f.params
  const [bPanel, cPanel, left] = [f.let(b), f.let(c), f.let(n)]
  const [aPanel, aAt, bAt, row] = [f.local(i), f.local(i), f.local(i), f.local(i)]
  const at = Array.from({ length: rows }, () => f.local(i))
  f.doWhile(
    () => {
      const few = i32.leS(left, i32.const(4))
      f.if(
        few,
        () => allRows(1),
        () => allRows(tile.vectors),
      )
      f.advance(bPanel, panelB)
      f.advance(cPanel, i32.const(size * columns))
      f.set(left, i32.sub(left, i32.const(columns)))
    },
    () => i32.ltS(i32.const(0), left),
  )
  return f

  /** All panels of A with some vectors of B. */
  function allRows(vectors: number): void {
    const sums = Array.from({ length: rows }, () => Array.from({ length: vectors }, () => f.local('v128')))
    f.set(aPanel, a)
    f.set(row, cPanel)
    f.times(panels, () => {
      f.set(bAt, bPanel)
      for (const sum of sums.flat()) f.set(sum, f32x4.const(0))
      f.if(
        i32.eq(rowA, i32.const(size)),
        () => {
          f.set(aAt, aPanel)
          addProducts(
            sums,
            (r) => v128.load32Splat(aAt, size * r),
            () => f.advance(aAt, columnA),
          )
        },
        () => {
          setRows(aPanel, rowA)
          const element = (r: number, step: number): V128 => v128.load32Splat(at[r] as I32, size * step)
          addProducts(sums, element, (step, steps) => {
            if (step === steps - 1) for (const pointer of at) f.advance(pointer, i32.const(size * steps))
          })
        },
      )
      setRows(row, rowC)
      store(sums)
      f.advance(row, i32.mul(rowC, i32.const(rows)))
      f.advance(aPanel, panelA)
    })
  }

  function setRows(first: I32, stride: I32): void {
    for (const [r, pointer] of at.entries()) f.set(pointer, r === 0 ? first : i32.add(at[r - 1] as I32, stride))
  }

  /** Adds the products of all columns of A and rows of B. Four at a time save a fifth of the time. */
  function addProducts(
    sums: readonly Local<'v128'>[][],
    element: (row: number, step: number) => V128,
    nextColumn: (step: number, steps: number) => void,
  ): void {
    const taking = (steps: number) => (): void => {
      for (let step = 0; step < steps; step++) {
        const line = sums[0]?.map((_, v) => f.let(v128.load(bAt, 16 * v))) as V128[]
        // One row after the other, so that no more than 15 vectors are alive: a host may have 16.
        for (const [r, sum] of sums.entries()) {
          const factor = f.let(element(r, step))
          for (const [v, one] of sum.entries()) f.set(one, multiplyAdd(tile.fused, factor, line[v] as V128, one))
        }
        f.advance(bAt, rowB)
        nextColumn(step, steps)
      }
    }
    f.times(i32.shr(k, 2), taking(4))
    f.times(i32.and(k, i32.const(3)), taking(1))
  }

  /** Stores what lies inside of C: all vectors of a row but the last are whole. */
  function store(sums: readonly Local<'v128'>[][]): void {
    const places = sums.flatMap((sum, r) => sum.map((one, v) => ({ one, v, to: at[r] as Local<'i32'> })))
    f.if(add, () => {
      for (const { one, v, to } of places) f.set(one, f32x4.add(one, v128.load(to, 16 * v)))
    })
    const last = (sums[0]?.length as number) - 1
    for (const { one, v, to } of places) if (v < last) f.run(v128.store(to, one, 16 * v))
    const ends = places.filter(({ v }) => v === last)
    f.if(
      i32.leS(i32.const(4 * (last + 1)), left),
      () => {
        for (const { one, v, to } of ends) f.run(v128.store(to, one, 16 * v))
      },
      () => {
        storePart(
          f,
          ends.map(({ one, v, to }) => ({ to, vector: one, offset: 16 * v })),
          left,
        )
      },
    )
  }
}

/** a·b + sum, in one instruction or in two. */
export function multiplyAdd(fused: boolean, a: V128, b: V128, sum: V128): V128 {
  return fused ? f32x4.relaxedMadd(a, b, sum) : f32x4.add(sum, f32x4.mul(a, b))
}

/** Stores the first `count` elements of one vector or two, more than none and at most all; where not all, `to` moves on. */
export function storeRow(f: FunctionBuilder, to: Local<'i32'>, row: readonly Local<'v128'>[], count: I32): void {
  const [low, high] = row as [Local<'v128'>, Local<'v128'>?]
  f.if(
    i32.leS(i32.const(4 * row.length), count),
    () => {
      for (const [v, vector] of row.entries()) f.run(v128.store(to, vector, 16 * v))
    },
    () => {
      if (high)
        f.if(i32.and(count, i32.const(4)), () => {
          f.run(v128.store(to, low))
          f.set(low, high)
          f.advance(to, i32.const(16))
        })
      storePart(f, [{ to, vector: low, offset: 0 }], count)
    },
  )
}

interface Place {
  readonly to: Local<'i32'>
  readonly vector: Local<'v128'>
  readonly offset: number
}

/** Stores the first elements of vectors, as many as the last two bits of `count` say. */
export function storePart(f: FunctionBuilder, places: readonly Place[], count: I32): void {
  f.if(i32.and(count, i32.const(2)), () => {
    for (const { to, vector, offset } of places) {
      f.run(v128.store64Lane(to, vector, 0, offset))
      f.set(vector, i32x4.shuffle(vector, vector, 2, 3, 2, 3))
      f.advance(to, i32.const(2 * size))
    }
  })
  f.if(i32.and(count, i32.const(1)), () => {
    for (const { to, vector, offset } of places) f.run(v128.store32Lane(to, vector, 0, offset))
  })
}
