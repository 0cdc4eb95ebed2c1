import type { FloatScalar } from '../wgsl/accuracy.ts'

const largest = 3.4028234663852886e38
const leastNormal = 2 ** -126

/** Where kinks, ties, overflows and flushes are; all of them f32. */
export const specials: readonly number[] = [
  ...[
    0,
    1e-45,
    1e-40,
    leastNormal,
    1e-30,
    2 ** -24,
    2 ** -12,
    1e-3,
    0.1,
    0.25,
    0.5,
    0.75,
    1 - 2 ** -24,
    1,
    1 + 2 ** -23,
    1.5,
  ],
  ...[
    2,
    2.5,
    3,
    3.5,
    4,
    7,
    10,
    16,
    17,
    33,
    87,
    88,
    88.7,
    89,
    103,
    104,
    710,
    1e4,
    65536,
    2 ** 23 - 0.5,
    2 ** 23,
    2 ** 24,
  ],
  ...[2 ** 31, 2 ** 32, 1e10, 1e20, 1e30, 2 ** 127, largest, Number.POSITIVE_INFINITY, Number.NaN],
].flatMap((x) => [Math.fround(x), -Math.fround(x)])

/** Magnitudes evenly spaced by their logarithms over all normal numbers, with both signs. */
function* logarithmic(n: number): Generator<number> {
  for (let i = 0; i < n; i++) {
    const x = Math.min(2 ** (-126 + (254 * i) / (n - 1)), largest)
    yield i % 2 === 0 ? x : -x
  }
}

function* linear(n: number, from: number, to: number): Generator<number> {
  for (let i = 0; i < n; i++) yield from + ((to - from) * i) / (n - 1)
}

/** Every f32 within `n` steps of a number other than 0. */
function* neighbours(n: number, centre: number): Generator<number> {
  const value = Float32Array.of(centre)
  const word = new Int32Array(value.buffer)
  const first = (word[0] as number) - n
  for (let i = 0; i <= 2 * n; i++) {
    word[0] = first + i
    yield value[0] as number
  }
}

type Interval = readonly [from: number, to: number]

/** Where each function of one argument bends; the rest of the axis is sampled thinly. */
const intervals: Readonly<Partial<Record<FloatScalar, readonly Interval[]>>> = {
  floor: [[-10, 10]],
  round: [[-10, 10]],
  exp: [[-105, 90]],
  expm1: [[-20, 90]],
  log: [[0, 10]],
  log1p: [[-1, 3]],
  sqrt: [[0, 4]],
  sin: [[-300, 300]],
  cos: [[-300, 300]],
  tan: [[-300, 300]],
  asin: [[-1, 1]],
  acos: [[-1, 1]],
  atan: [[-5, 5]],
  sinh: [[-90, 90]],
  cosh: [[-90, 90]],
  tanh: [[-10, 10]],
  asinh: [[-5, 5]],
  acosh: [[1, 100]],
  atanh: [[-1, 1]],
  sigmoid: [[-105, 105]],
  softplus: [[-105, 105]],
  erf: [[-5, 5]],
  erfc: [[-5, 11]],
  erfInv: [[-1, 1]],
  lgamma: [
    [0, 3],
    [0, 12],
    [3, 100],
    [0, 1e4],
  ],
}

/** Zeros, branch points of the approximations, and numbers next to which much cancels. */
const points = [1, 0.5, 1.5, 2, 2.5, 8, Math.PI / 2, Math.PI, 100 * Math.PI, 1e4, 0.84, 0.29]

function unary(op: FloatScalar): number[] {
  const dense = [[-1, 1], [-1e4, 1e4], ...(intervals[op] ?? [])].flatMap(([from = 0, to = 0]) => [
    ...linear(16384, from, to),
  ])
  const close = points.flatMap((x) => [...neighbours(200, x), ...neighbours(200, -x)])
  return [...specials, ...logarithmic(32768), ...dense, ...close]
}

/** Point `i` of a sequence that fills [0, 1) in any number of dimensions evenly: multiples of irrational numbers. */
function fraction(i: number, dimension: number): number {
  const step = [0.7548776662466927, 0.5698402909980532, 0.6710436067037893, 0.5497004779019703][dimension] as number
  return (0.5 + i * step) % 1
}

type Pair = readonly [a: number, b: number]

/** Pairs of numbers on [0, 1), each with a sign, as pairs of arguments. */
function pairs(n: number, make: (u: number, v: number, s: number, t: number) => Pair): Pair[] {
  return Array.from({ length: n }, (_, i) => {
    const sign = (dimension: number): number => (fraction(i, dimension) < 0.5 ? -1 : 1)
    return make(fraction(i, 0), fraction(i, 1), sign(2), sign(3))
  })
}

/** A normal number, evenly spread by its logarithm. */
const anywhere = (u: number): number => 2 ** (-126 + 253.99 * u)

/** Bases with exponents that bring the power anywhere into the range and somewhat beyond. */
const powers = (base: (u: number, s: number) => number): Pair[] =>
  pairs(16384, (u, v, s) => {
    const x = Math.fround(base(u, s))
    return [x, (-155 + 310 * v) / Math.log2(x)]
  })

function binary(op: FloatScalar): Pair[] {
  if (op === 'polygamma') return positivePolygamma()
  const crossed = specials.flatMap((a) => specials.map((b): Pair => [a, b]))
  if (op === 'pow')
    return [
      ...crossed,
      ...powers(anywhere),
      ...powers((u, s) => 1 + s * 2 ** (-24 + 23 * u)),
      ...pairs(16384, (u, v) => [2 ** (16 * u - 8), 8 * v - 4]),
      ...pairs(8192, (u, v, s) => [s * Math.floor(1 + 30 * u), Math.floor(24 * v) - 12]),
      ...pairs(8192, (u, v, s, t) => [s * anywhere(u), t * anywhere(v)]),
    ]
  return [
    ...crossed,
    ...pairs(32768, (u, v, s, t) => [s * anywhere(u), t * anywhere(v)]),
    ...pairs(32768, (u, v, s, t) => [s * u, t * v]),
  ]
}

function positivePolygamma(): Pair[] {
  const close = [1, 1.4616321, 2, 8].flatMap((x) => [...neighbours(500, x)])
  const few = [...specials.map(Math.abs), ...linear(4096, 1e-3, 12), ...linear(1024, 12, 100)]
  const many = [...few, ...Array.from(logarithmic(8192), Math.abs), ...linear(16384, 0.5, 12), ...close]
  return [0, 1, 2, 3, 5, 8, 15].flatMap((order) => (order < 2 ? many : few).map((x): Pair => [order, x]))
}

/** The arguments to measure a function at, in all at least 2¹⁶: one array for each of them, in f32. */
export function samples(op: FloatScalar): Float32Array[] {
  if (isBinary(op)) return columns(binary(op))
  const xs = unary(op)
  return [Float32Array.from(op === 'lgamma' ? xs.filter((x) => !(x < 0)) : xs)]
}

/** The same below 0 for the two functions that have poles there. */
export function samplesBelowZero(op: 'lgamma' | 'polygamma'): Float32Array[] {
  const xs = [
    ...linear(32768, -12, 0),
    ...linear(16384, -1000, 0),
    ...Array.from(logarithmic(16384), (x) => -Math.abs(x)),
  ]
  if (op === 'lgamma') return [Float32Array.from(xs)]
  const few = [...linear(4096, -12, 0), ...linear(1024, -1000, 0)]
  return columns([0, 1, 2, 3, 5, 8].flatMap((order) => (order < 2 ? xs : few).map((x): Pair => [order, x])))
}

const binaries: ReadonlySet<FloatScalar> = new Set<FloatScalar>([
  'add',
  'sub',
  'mul',
  'div',
  'pow',
  'atan2',
  'hypot',
  'polygamma',
  'maximum',
  'minimum',
])

function isBinary(op: FloatScalar): boolean {
  return binaries.has(op)
}

function columns(list: readonly Pair[]): Float32Array[] {
  return [Float32Array.from(list, ([a]) => a), Float32Array.from(list, ([, b]) => b)]
}
