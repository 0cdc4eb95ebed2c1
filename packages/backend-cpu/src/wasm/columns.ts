import type { FunctionBuilder, Local } from './assembler.ts'
import { type Axis, nest, type Pointer, step } from './axes.ts'
import type { Lanes } from './body.ts'
import { i32 } from './instructions.ts'
import type { Sums, Totals } from './totals.ts'
import { v128 } from './vectors.ts'

/** Rows whose elements totals take before they go back to memory. */
const blockRows = 4

export interface Columns {
  readonly f: FunctionBuilder
  /** The axis of the outputs, and the reduced ones, the last of which goes down the columns. */
  readonly along: Axis
  readonly inner: readonly Axis[]
  readonly moving: readonly Pointer[]
  readonly vector: Lanes
  readonly sums: Sums
  /** Takes a vector's elements of the next row, or of one so many rows ahead, into their totals. */
  readonly take: (totals: Totals, row: number, lanes: Lanes) => void
  /** Stores the totals of a vector, and moves on to the next outputs. */
  readonly store: (totals: Totals, lanes: Lanes) => void
  /** Where the totals are kept. */
  readonly room: Local<'i32'>
}

/** Registers of a total at most. */
const mostRegisters = 3

/** Bytes of room for the totals of so many columns. */
export function columnsRoom(columns: number, vector: Lanes): number {
  return 16 * mostRegisters * (Math.floor(columns / vector) + (columns % vector))
}

/**
 * Reduces columns some rows at a time, with totals in memory: memory is read in order, where one vector of columns after the
 * other would come by each of its pages again and again. Every total meets its elements in their order.
 */
export function reduceColumns({ f, along, inner, moving, vector, sums, take, store, room }: Columns): void {
  const cursor = f.let(room)
  const outer = inner.slice(0, -1)
  const rows = inner.at(-1) as Axis
  const start = sums.begin(f)
  const load = (): Totals => start.map((_, i) => f.let(v128.load(cursor, 16 * i)))
  const keep = (totals: Totals): void => {
    for (const [i, total] of totals.entries()) f.run(v128.store(cursor, total, 16 * i))
  }
  const vectors = (visit: (lanes: Lanes) => void): void => {
    f.set(cursor, room)
    for (const [lanes, times] of [
      [vector, Math.floor(along.size / vector)],
      [1, along.size % vector],
    ] as const)
      if (times > 0)
        f.times(i32.const(times), () => {
          visit(lanes)
          f.advance(cursor, i32.const(16 * start.length))
        })
  }

  vectors(() => keep(start))
  const sweep = (count: number): void => {
    vectors((lanes) => {
      const totals = load()
      for (let row = 0; row < count; row++) take(totals, row, lanes)
      keep(totals)
      step(f, moving, along, lanes)
    })
    step(f, moving, along, -along.size)
  }
  nest(f, outer, moving, () => {
    f.times(i32.const(Math.floor(rows.size / blockRows)), () => {
      sweep(blockRows)
      step(f, moving, rows, blockRows)
    })
    const rest = rows.size % blockRows
    if (rest > 0) sweep(rest)
    step(f, moving, rows, rest - rows.size)
  })
  vectors((lanes) => store(load(), lanes))
}
