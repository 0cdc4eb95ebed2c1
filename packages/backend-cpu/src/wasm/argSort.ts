import { type ArgSortKernel, sizeOf } from '@wengert/core'
import { FunctionBuilder, type I32, type Local, type V128 } from './assembler.ts'
import { i32, i64, memory } from './instructions.ts'
import type { LinearRun } from './linear.ts'
import { f32x4, i32x4, v128 } from './vectors.ts'

/** Rows up to this length are sorted by insertion: counting buckets costs more. */
const short = 64

/** Bytes of a pair: its position, and above it a key. As unsigned integers pairs are in order, and no two are equal. */
const pairBytes = 8

/** Bytes of the counters of a digit, which is a byte of the key. */
const counterBytes = 4 * 256
const counted = 4 * counterBytes

/** Pairs come four at a time. */
const listBytes = (n: number): number => pairBytes * (n + 4)

/** Bytes of scratch. */
export function argSortScratch({ input }: ArgSortKernel): number {
  return counted + 2 * listBytes(input.shape.at(-1) ?? 1)
}

/**
 * `run(out, input, rows, n, flip, scratch)`: positions of the elements of each row in ascending order where the bits of `flip` are
 * zeros, in descending order where they are ones. Rows are sorted one after the other, by way of pairs in `scratch`.
 */
export function argSortFunction(dtype: 'f32' | 'i32'): FunctionBuilder {
  const word = 'i32' as const
  const f = new FunctionBuilder('run', [word, word, word, word, word, word])
  const [out, input, rows, n, flip, scratch] = f.params
  const list = f.let(i32.add(scratch, i32.const(counted + pairBytes)))
  const other = f.let(i32.add(list, i32.shl(i32.add(n, i32.const(4)), 3)))
  const flips = f.let(i32x4.splat(flip))
  f.times(rows, () => {
    writePairs(f, list, input, n, (numbers) => keysOf(f, dtype, numbers, flips))
    f.if(
      i32.leS(n, i32.const(short)),
      () => {
        insert(f, list, n)
        writePositions(f, list, n, out)
      },
      () => sortByDigits(f, { list, other, counters: scratch, n, out }),
    )
    f.advance(input, i32.shl(n, 2))
    f.advance(out, i32.shl(n, 2))
  })
  return f
}

/** Four keys, in the order of the numbers as unsigned integers; NaN has the greatest either way. */
function keysOf(f: FunctionBuilder, dtype: 'f32' | 'i32', numbers: V128, flips: V128): V128 {
  const top = f.constant(i32x4.const(-0x80000000))
  if (dtype === 'i32') return v128.xor(v128.xor(numbers, top), flips)
  // Adding 0 makes −0 the 0 that it equals.
  const x = f.let(f32x4.add(numbers, f.constant(f32x4.const(0))))
  const key = v128.xor(v128.xor(x, v128.or(i32x4.shr(x, 31), top)), flips)
  return v128.or(key, f32x4.ne(x, x))
}

function writePairs(f: FunctionBuilder, list: I32, input: I32, n: I32, keysOf: (numbers: V128) => V128): void {
  const [from, to] = [f.let(input), f.let(list)]
  const positions = f.let(i32x4.of(0, 1, 2, 3))
  f.times(i32.shr(i32.add(n, i32.const(3)), 2), () => {
    const keys = f.let(keysOf(v128.load(from)))
    f.run(v128.store(to, i32x4.shuffle(positions, keys, 0, 4, 1, 5)))
    f.run(v128.store(to, i32x4.shuffle(positions, keys, 2, 6, 3, 7), 16))
    f.set(positions, i32x4.add(positions, i32x4.const(4)))
    f.advance(from, i32.const(16))
    f.advance(to, i32.const(32))
  })
}

function writePositions(f: FunctionBuilder, list: I32, n: I32, out: I32): void {
  const [from, to] = [f.let(list), f.let(out)]
  f.times(n, () => {
    f.run(i32.store(to, i32.load(from)))
    f.advance(from, i32.const(pairBytes))
    f.advance(to, i32.const(4))
  })
}

function insert(f: FunctionBuilder, list: I32, n: I32): void {
  // Less than all, so that the way down ends there.
  const before = f.let(i32.sub(list, i32.const(pairBytes)))
  f.run(i32.store(before, i32.const(0)))
  f.run(i32.store(before, i32.const(0), 4))
  const next = f.let(list)
  const at = f.local('i32')
  const [pair, lower] = [f.local('i64'), f.local('i64')]
  f.times(i32.sub(n, i32.const(1)), () => {
    f.set(pair, i64.load(next, pairBytes))
    f.set(at, next)
    f.set(lower, i64.load(at))
    f.if(i64.ltU(pair, lower), () =>
      f.doWhile(
        () => {
          f.run(i64.store(at, lower, pairBytes))
          f.advance(at, i32.const(-pairBytes))
          f.set(lower, i64.load(at))
        },
        () => i64.ltU(pair, lower),
      ),
    )
    f.run(i64.store(at, pair, pairBytes))
    f.advance(next, i32.const(pairBytes))
  })
}

interface Lists {
  readonly list: Local<'i32'>
  readonly other: Local<'i32'>
  readonly counters: Local<'i32'>
  readonly n: Local<'i32'>
  readonly out: Local<'i32'>
}

/** Sorts by one byte of the keys after the other, the least significant first; those that all keys share are left out. */
function sortByDigits(f: FunctionBuilder, { list, other, counters, n, out }: Lists): void {
  const [from, to, pair, slot, place] = [f.let(list), f.let(other), f.local('i32'), f.local('i32'), f.local('i32')]
  const setSlot = (digit: number): void =>
    f.set(slot, i32.add(counters, i32.add(i32.shl(i32.load8U(pair, 4 + digit), 2), i32.const(digit * counterBytes))))
  const each = (body: () => void): void => {
    f.set(pair, from)
    f.times(n, () => {
      body()
      f.advance(pair, i32.const(pairBytes))
    })
  }
  f.run(memory.fill(counters, i32.const(0), i32.const(counted)))
  each(() => {
    for (let digit = 0; digit < 4; digit++) {
      setSlot(digit)
      f.run(i32.store(slot, i32.add(i32.load(slot), i32.const(1))))
    }
  })
  for (let digit = 0; digit < 4; digit++) {
    // What comes last is written without its key.
    const isLast = digit === 3
    f.set(pair, from)
    setSlot(digit)
    f.if(
      i32.ltS(i32.load(slot), n),
      () => {
        f.set(place, isLast ? out : to)
        f.set(slot, i32.add(counters, i32.const(digit * counterBytes)))
        const many = f.local('i32')
        f.times(i32.const(256), () => {
          f.set(many, i32.load(slot))
          f.run(i32.store(slot, place))
          f.advance(place, i32.shl(many, isLast ? 2 : 3))
          f.advance(slot, i32.const(4))
        })
        each(() => {
          setSlot(digit)
          f.set(place, i32.load(slot))
          f.run(i32.store(slot, i32.add(place, i32.const(isLast ? 4 : pairBytes))))
          f.run(isLast ? i32.store(place, i32.load(pair)) : i64.store(place, i64.load(pair)))
        })
        if (isLast) return
        f.set(place, from)
        f.set(from, to)
        f.set(to, place)
      },
      () => {
        if (isLast) writePositions(f, from, n, out)
      },
    )
  }
}

/** Runs the function on the rows of a kernel. */
export function onArgSort({ input, descending }: ArgSortKernel, call: (...args: number[]) => void): LinearRun {
  const n = input.shape.at(-1) ?? 1
  const [rows, flip] = [sizeOf(input.shape) / n, descending ? -1 : 0]
  return ([at = 0, scratch = 0], _, out) => call(out, at, rows, n, flip, scratch)
}
