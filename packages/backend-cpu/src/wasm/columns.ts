import type { FunctionBuilder, Local, V128 } from './assembler.ts'
import { type Axis, nest, type Pointer, step } from './axes.ts'
import type { Lanes } from './body.ts'
import { i32 } from './instructions.ts'
import type { Sums, Totals } from './totals.ts'
import { v128 } from './vectors.ts'

/** Rows that a tile of columns takes before its totals go back to memory. */
const blockRows = 8

/** Vectors of a tile. */
const tile = 4

export interface Columns {
  readonly f: FunctionBuilder
  /** The axis of the outputs, and the reduced ones, the last of which goes down the columns. */
  readonly along: Axis
  readonly inner: readonly Axis[]
  readonly moving: readonly Pointer[]
  readonly vector: Lanes
  readonly sums: Sums
  /** Takes the next elements of a tile's vector into its totals. */
  readonly take: (totals: Totals, vector: number, lanes: Lanes) => void
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
 * Reduces columns some rows at a time, with totals in memory: memory is read nearly in order, where one tile of columns after the
 * other would come by each of its pages again and again. Every total meets its elements in their order.
 */
export function reduceColumns({ f, along, inner, moving, vector, sums, take, store, room }: Columns): void {
  const cursor = f.let(room)
  const outer = inner.slice(0, -1)
  const rows = inner.at(-1) as Axis
  const advance = (totals: Totals): void => f.advance(cursor, i32.const(16 * totals.length))
  const load = (start: Totals): Totals => start.map((_, i) => f.let(v128.load(cursor, 16 * i)))
  const keep = (totals: readonly V128[]): void => {
    for (const [i, total] of totals.entries()) f.run(v128.store(cursor, total, 16 * i))
  }
  const parts = (visit: (width: number, lanes: Lanes) => void): void => {
    const part = (width: number, lanes: Lanes, times: number): void => {
      if (times > 0) f.times(i32.const(times), () => visit(width, lanes))
    }
    f.set(cursor, room)
    part(tile, vector, Math.floor(along.size / (tile * vector)))
    part(1, vector, Math.floor((along.size % (tile * vector)) / vector))
    part(1, 1, along.size % vector)
  }

  const start = sums.begin(f)
  parts((width) => {
    for (let g = 0; g < width; g++) {
      keep(start)
      advance(start)
    }
  })
  const sweep = (count: number): void => {
    parts((width, lanes) => {
      const first = f.let(cursor)
      const totals = Array.from({ length: width }, () => {
        const loaded = load(start)
        advance(loaded)
        return loaded
      })
      nest(f, [{ ...rows, size: count }], moving, () => {
        for (const [g, total] of totals.entries()) take(total, g, lanes)
      })
      f.set(cursor, first)
      for (const total of totals) {
        keep(total)
        advance(total)
      }
      step(f, moving, along, width * lanes)
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
  parts((width, lanes) => {
    for (let g = 0; g < width; g++) {
      const totals = load(start)
      advance(totals)
      store(totals, lanes)
    }
  })
}
