import type { ScatterAddKernel } from '@wengert/core'
import { FunctionBuilder, type I32 } from './assembler.ts'
import type { Entries } from './entries.ts'
import { f32, f64, i32, memory } from './instructions.ts'
import type { LinearRun } from './linear.ts'
import { f32x4, f64x2, i32x4, v128 } from './vectors.ts'

/** How updates are added: i32 in the output; f32 in f64, by totals of the `places` that are met, or of `all` there are. */
type Form = 'i32' | 'f32 places' | 'f32 all'

/**
 * `run(out, updates, indices, outer, n, m, columns, width, apart, totals)`: in each of `outer` blocks, m rows of `columns` updates of
 * `width` elements, each added to the row of the output that its index names, in order; `apart` bytes lie between the indices of two
 * blocks. `totals` is scratch. Those of all places are rounded in vectors that may reach over the end of the output.
 */
export function scatterAddFunction(form: Form): FunctionBuilder {
  const word = 'i32' as const
  const f = new FunctionBuilder('run', [word, word, word, word, word, word, word, word, word, word])
  const [out, updates, indices, outer, n, m, columns, width, apart, totals] = f.params
  const bytes = f.let(i32.shl(width, 2))
  const row = f.let(i32.mul(columns, bytes))
  const [block, read] = [f.let(i32.mul(row, n)), f.let(i32.mul(row, m))]
  const count = f.let(i32.mul(m, columns))
  const [fours, rest] = [f.let(i32.shr(width, 2)), f.let(i32.and(width, i32.const(3)))]
  const [at, update, column, place, from, to] = [
    f.local(word),
    f.local(word),
    f.local(word),
    f.local(word),
    f.local(word),
    f.local(word),
  ]
  // Where the totals of a place begin, for places that are met: where those of its last update would.
  const heads = f.let(i32.add(totals, i32.shl(read, 1)))
  const head = (): I32 => i32.add(heads, i32.shl(place, 2))
  const inOutput = (): I32 => i32.add(out, i32.mul(place, bytes))
  const inTotals = (): I32 =>
    form === 'f32 all' ? i32.add(totals, i32.shl(i32.mul(place, bytes), 1)) : i32.load(head())
  /** Visits the updates whose index is inside, with the number of their `place` in the block. */
  const each = (visit: () => void): void => {
    f.set(at, indices)
    f.set(update, updates)
    f.set(column, i32.const(0))
    f.times(count, () => {
      f.set(place, i32.load(at))
      f.if(i32.ltU(place, n), () => {
        f.set(place, i32.add(i32.mul(place, columns), column))
        visit()
      })
      f.advance(at, i32.const(4))
      f.advance(update, bytes)
      f.advance(column, i32.const(1))
      f.set(column, i32.select(column, i32.const(0), i32.ltS(column, columns)))
    })
  }
  /** From `from` to `to`, by vectors and what is left one by one; elements have so many bytes in either. */
  const copy = (read: number, written: number, four: () => void, one: () => void): void => {
    for (const [lanes, times, body] of [
      [4, fours, four],
      [1, rest, one],
    ] as const)
      f.times(times, () => {
        body()
        f.advance(from, i32.const(lanes * read))
        f.advance(to, i32.const(lanes * written))
      })
  }
  const clearPlaces = (): void =>
    each(() => {
      f.set(to, i32.add(totals, i32.shl(i32.sub(update, updates), 1)))
      f.run(i32.store(head(), to))
      copy(
        0,
        8,
        () => f.run([...v128.store(to, i32x4.const(0)), ...v128.store(to, i32x4.const(0), 16)]),
        () => f.run(f64.store(to, f64.const(0))),
      )
    })
  const addIntegers = (): void =>
    each(() => {
      f.set(from, update)
      f.set(to, inOutput())
      copy(
        4,
        4,
        () => f.run(v128.store(to, i32x4.add(v128.load(to), v128.load(from)))),
        () => f.run(i32.store(to, i32.add(i32.load(to), i32.load(from)))),
      )
    })
  const addFloats = (): void =>
    each(() => {
      f.set(from, update)
      f.set(to, inTotals())
      const two = (half: 0 | 1): number[] => {
        const sum = f64x2.add(v128.load(to, 16 * half), f64x2.promoteLow(v128.load64Zero(from, 8 * half)))
        return v128.store(to, sum, 16 * half)
      }
      copy(
        4,
        8,
        () => f.run([...two(0), ...two(1)]),
        () => f.run(f64.store(to, f64.add(f64.load(to), f64.promote(f32.load(from))))),
      )
    })
  const roundFour = (): void => {
    const [low, high] = [f32x4.demote(v128.load(from)), f32x4.demote(v128.load(from, 16))]
    f.run(v128.store(to, i32x4.shuffle(low, high, 0, 1, 4, 5)))
  }
  const roundPlaces = (): void =>
    each(() => {
      f.set(from, inTotals())
      f.set(to, inOutput())
      copy(8, 4, roundFour, () => f.run(f32.store(to, f64.toF32(f64.load(from)))))
    })
  const roundAll = (): void => {
    f.set(from, totals)
    f.set(to, out)
    f.times(i32.shr(i32.add(block, i32.const(15)), 4), () => {
      roundFour()
      f.advance(from, i32.const(32))
      f.advance(to, i32.const(16))
    })
  }
  if (form !== 'f32 all') f.run(memory.fill(out, i32.const(0), i32.mul(outer, block)))
  f.times(outer, () => {
    if (form === 'i32') addIntegers()
    else if (form === 'f32 places') {
      clearPlaces()
      addFloats()
      roundPlaces()
    } else {
      f.run(memory.fill(totals, i32.const(0), i32.shl(block, 1)))
      addFloats()
      roundAll()
    }
    f.advance(updates, read)
    f.advance(out, block)
    f.advance(indices, apart)
  })
  return f
}

/** Which function adds the updates of a kernel; null for dtypes that have none. */
export function scatterAddForm({ dtype, n, updates }: ScatterAddKernel): Form | null {
  if (dtype !== 'f32') return dtype === 'i32' ? dtype : null
  return 2 * (updates.shape[1] as number) <= n ? 'f32 places' : 'f32 all'
}

/** Bytes of scratch. */
export function scatterAddScratch({ n, updates }: ScatterAddKernel, { columns }: Entries, form: Form): number {
  const [, m = 0, inner = 0] = updates.shape
  if (form === 'i32') return 0
  return form === 'f32 all' ? 8 * n * inner + 32 : 8 * m * inner + 4 * n * columns
}

/** Runs the function on the blocks of a kernel, with its indices in order and room for totals. */
export function onScatterAdd(
  { n, updates }: ScatterAddKernel,
  { columns, width, apart }: Entries,
  call: (...args: number[]) => void,
): LinearRun {
  const [outer = 0, m = 0] = updates.shape
  const sizes = [outer, n, m, columns, width, 4 * apart]
  return ([from = 0, at = 0, totals = 0], _, out) => call(out, from, at, ...sizes, totals)
}
