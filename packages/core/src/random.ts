import { checkCount, checkOption, checkOptions } from './check.ts'
import type { DType } from './dtype.ts'
import { DTypeError, describe, ValueError } from './errors.ts'
import { defineOp } from './op.ts'
import { erfInv } from './ops/math.ts'
import { scalar, source } from './ops/source.ts'
import { checkShape, type Shape } from './shape.ts'
import { line, type Tensor } from './tensor.ts'

/**
 * A random key: 64 bits that fix every number drawn with it. Keys are plain values; use each for one draw, and
 * make more with `split` or `fold`.
 */
export interface Key {
  readonly k0: number
  readonly k1: number
}

/** A key from a seed, an integer from 0 to 2⁵³ − 1. */
export function key(seed: number): Key {
  checkOption('key', 'seed', seed, Number.isSafeInteger(seed) && seed >= 0, 'an integer from 0 to 2^53 - 1')
  return { k0: Math.floor(seed / 2 ** 32), k1: seed >>> 0 }
}

/** `count` independent keys from one. */
export function split(from: Key, count = 2): Key[] {
  checkKey('split', from)
  checkCount('split', 'count', count, 1)
  return Array.from({ length: count }, (_, i) => derive(from, 0xffffffff, i))
}

/** The key numbered `index` below another, e.g. one for each step of training. */
export function fold(from: Key, index: number): Key {
  checkKey('fold', from)
  checkOption('fold', 'index', index, Number.isSafeInteger(index) && index >= 0, 'an integer from 0 to 2^53 - 1')
  return derive(from, 0x80000000 + Math.floor(index / 2 ** 32), index >>> 0)
}

/** Checks that a key is one: a seed in its place would count as 0. */
function checkKey(fn: string, from: Key): void {
  if (!Number.isInteger(from?.k0) || !Number.isInteger(from.k1))
    throw new ValueError(`${fn}: from must be a key, got ${describe(from)}. Make one with key(seed).`)
}

// The high bit of the counter keeps keys of keys apart from the blocks that draws use.
function derive(from: Key, c0: number, c1: number): Key {
  const [k0, k1] = threefry(from.k0, from.k1, c0, c1)
  return { k0, k1 }
}

/**
 * Threefry-2x32 with 20 rounds: two random words from a key and a counter, all 32-bit unsigned.
 * Source: Salmon et al., Parallel random numbers: as easy as 1, 2, 3 (2011).
 */
export function threefry(k0: number, k1: number, c0: number, c1: number): [number, number] {
  const k2 = 0x1bd11bda ^ k0 ^ k1
  let x0 = (c0 + k0) | 0
  let x1 = (c1 + k1) | 0
  for (let group = 0; group < 5; group++) {
    const odd = (group & 1) === 1
    x0 = (x0 + x1) | 0
    x1 = (odd ? (x1 << 17) | (x1 >>> 15) : (x1 << 13) | (x1 >>> 19)) ^ x0
    x0 = (x0 + x1) | 0
    x1 = (odd ? (x1 << 29) | (x1 >>> 3) : (x1 << 15) | (x1 >>> 17)) ^ x0
    x0 = (x0 + x1) | 0
    x1 = (odd ? (x1 << 16) | (x1 >>> 16) : (x1 << 26) | (x1 >>> 6)) ^ x0
    x0 = (x0 + x1) | 0
    x1 = (odd ? (x1 << 24) | (x1 >>> 8) : (x1 << 6) | (x1 >>> 26)) ^ x0
    const next = group + 1
    x0 = (x0 + (next % 3 === 0 ? k0 : next % 3 === 1 ? k1 : k2)) | 0
    x1 = (x1 + ((next + 1) % 3 === 0 ? k0 : (next + 1) % 3 === 1 ? k1 : k2) + next) | 0
  }
  return [x0 >>> 0, x1 >>> 0]
}

const randomOp = /* @__PURE__ */ defineOp(
  'random',
  { kind: 'kernel', inputs: 'scalar', build: (y) => ({ kind: 'random', dtype: y.dtype, shape: y.shape }) },
  null,
)

function draw(fn: string, from: Key, shape: Shape, dtype: DType): Tensor {
  checkKey(fn, from)
  return line(randomOp, [scalar(from.k0 | 0, 'i32'), scalar(from.k1 | 0, 'i32')], [...shape], dtype)
}

export interface DrawOptions {
  /** Element type, f32 or f64. @default 'f32' */
  readonly dtype?: DType
}

/** Checks what every draw of floats is told: its shape and its dtype. */
export function checkDraw(fn: string, shape: Shape, dtype: DType): void {
  checkShape(fn, shape)
  if (dtype !== 'f32' && dtype !== 'f64') throw new DTypeError(`${fn}: dtype must be f32 or f64, got ${String(dtype)}.`)
}

/** The dtype of a draw that has no other options, checked with them. */
export function checkDrawing(fn: string, shape: Shape, options: DrawOptions): DType {
  const { dtype = 'f32' } = checkOptions(fn, options, "dtype: 'f32'")
  checkDraw(fn, shape, dtype)
  return dtype
}

export interface UniformOptions extends DrawOptions {
  /** Least value, included. @default 0 */
  readonly low?: number
  /** Greatest value, excluded (rounding may reach it). @default 1 */
  readonly high?: number
}

/** Uniform draws on [low, high). The same key and shape give the same bits on every backend. */
export function uniform(from: Key, shape: Shape, options: UniformOptions = {}): Tensor {
  const { low = 0, high = 1, dtype = 'f32' } = checkOptions('uniform', options, 'low: -1, high: 1')
  checkDraw('uniform', shape, dtype)
  if (!(Number.isFinite(low) && Number.isFinite(high) && low <= high))
    throw new ValueError(`uniform: low and high must be finite with low ≤ high, got ${low} and ${high}.`)
  const unit = draw('uniform', from, shape, dtype)
  return low === 0 && high === 1 ? unit : unit.mul(high - low).add(low)
}

/** Random 32-bit words as i32. */
export function randomBits(from: Key, shape: Shape): Tensor {
  checkShape('randomBits', shape)
  return draw('randomBits', from, shape, 'i32')
}

/** Standard normal draws, by the inverse of the distribution function from one uniform each. */
export function normal(from: Key, shape: Shape, options: DrawOptions = {}): Tensor {
  const dtype = checkDrawing('normal', shape, options)
  // The middle of each step of the uniform, so that neither −1 nor 1 can come out; exact in f32.
  const steps = dtype === 'f32' ? 2 ** 24 : 2 ** 53
  const symmetric = draw('normal', from, shape, dtype)
    .mul(2)
    .sub(1 - 1 / steps)
  return erfInv(symmetric).mul(Math.SQRT2)
}

/** True with probability p, as bool. */
export function bernoulli(from: Key, p: number, shape: Shape): Tensor {
  checkOption('bernoulli', 'p', p, p >= 0 && p <= 1, 'a probability from 0 to 1')
  checkShape('bernoulli', shape)
  return draw('bernoulli', from, shape, 'f32').less(p)
}

/** The integers 0 … n − 1 in random order, as i32 [n]. Every order is equally likely. */
export function permutation(from: Key, n: number): Tensor {
  checkKey('permutation', from)
  checkCount('permutation', 'n', n, 0)
  const order = Int32Array.from({ length: n }, (_, i) => i)
  let counter = 0
  for (let i = n - 1; i > 0; i--) {
    const range = i + 1
    // Words beyond the last whole multiple of the range would favour small numbers.
    const limit = 2 ** 32 - (2 ** 32 % range)
    let word: number
    do word = threefry(from.k0, from.k1, 0, counter++)[0]
    while (word >= limit)
    const j = word % range
    const held = order[i] as number
    order[i] = order[j] as number
    order[j] = held
  }
  return source(order, [n], 'i32')
}
