import * as w from '@wengert/core'
import { type InputOptions, input } from './inputs.ts'

/** What is computed on both backends; called once for each, since lines remember what was read. */
export type Program = () => readonly w.Tensor[]

/** A program by name. What the CPU must compute instead stands beside it where it lacks a dtype. */
export type Row = readonly [name: string, program: Program, oracle?: Program]

export const floats = ['f32', 'f64'] as const
const ragged: readonly w.Shape[] = [[], [1], [7], [0], [3, 5], [0, 3], [2, 1, 4], [257], [1031], [3, 1031], [1031, 3]]

// Every scalar function has a row, which the compiler sees to; the bools stand under logic, polygamma under digamma.

export const unary: Record<
  Exclude<w.UnaryScalar, 'not'> | 'digamma',
  readonly [f: (x: w.Tensor) => w.Tensor, range?: readonly [number, number]]
> = {
  neg: [(x) => x.neg()],
  abs: [(x) => x.abs()],
  sign: [w.sign],
  floor: [w.floor],
  round: [w.round],
  exp: [(x) => x.exp()],
  expm1: [w.expm1],
  log: [(x) => x.log(), [0.1, 5]],
  log1p: [w.log1p, [-0.8, 4]],
  sqrt: [(x) => x.sqrt(), [0, 9]],
  sin: [w.sin],
  cos: [w.cos],
  tan: [w.tan, [-1.4, 1.4]],
  asin: [w.asin, [-0.99, 0.99]],
  acos: [w.acos, [-0.99, 0.99]],
  atan: [w.atan],
  sinh: [w.sinh],
  cosh: [w.cosh],
  tanh: [w.tanh],
  asinh: [w.asinh],
  acosh: [w.acosh, [1.1, 5]],
  atanh: [w.atanh, [-0.9, 0.9]],
  sigmoid: [w.sigmoid],
  softplus: [w.softplus],
  erf: [w.erf],
  erfc: [w.erfc],
  erfInv: [w.erfInv, [-0.95, 0.95]],
  lgamma: [w.lgamma, [0.2, 6]],
  digamma: [w.digamma, [0.2, 6]],
  isFinite: [w.isFinite],
}

export const binary: Record<
  Exclude<w.BinaryScalar, 'and' | 'or' | 'polygamma'>,
  readonly [f: (a: w.Tensor, b: w.Tensor) => w.Tensor, range?: readonly [number, number]]
> = {
  add: [(a, b) => a.add(b)],
  sub: [(a, b) => a.sub(b)],
  mul: [(a, b) => a.mul(b)],
  div: [(a, b) => a.div(b), [0.5, 3]],
  pow: [(a, b) => a.pow(b), [0.5, 3]],
  maximum: [w.maximum],
  minimum: [w.minimum],
  atan2: [w.atan2],
  hypot: [w.hypot],
  equal: [(a, b) => a.equal(b)],
  notEqual: [(a, b) => a.notEqual(b)],
  less: [(a, b) => a.less(b)],
  lessEqual: [(a, b) => a.lessEqual(b)],
}

/** The same elements from a buffer with its axes in another order, every second element, back to front. */
export function strided(shape: w.Shape, options: InputOptions): w.Tensor {
  const turned = shape.toReversed()
  const wide = input([...turned.map((n) => 2 * n + 1)], options)
  const part = wide.slice(
    turned.map(() => 1),
    turned.map((n) => 2 * n + 1),
    turned.map(() => 2),
  )
  const back = turned.length > 0 ? w.flip(part, { axis: 0 }) : part
  return turned.length > 1 ? back.transpose(turned.map((_, i) => turned.length - 1 - i)) : back
}

function* maps(): Generator<Row> {
  for (const dtype of floats) {
    for (const [name, [f, range]] of Object.entries(unary))
      yield [`${name} in ${dtype}`, () => ragged.map((shape) => f(input(shape, { dtype, ...(range && { range }) })))]
    for (const [name, [f, range]] of Object.entries(binary)) {
      const options = { dtype, ...(range && { range }) }
      yield [
        `${name} in ${dtype}, broadcast and strided`,
        () => [
          f(input([3, 5], options), input([5], { ...options, seed: 1 })),
          f(input([4, 1, 3], options), input([2, 1], { ...options, seed: 1 })),
          f(input([], options), input([1031], { ...options, seed: 1 })),
          f(strided([5, 7], options), strided([7], { ...options, seed: 1 })),
          f(input([0, 3], options), input([3], { ...options, seed: 1 })),
        ],
      ]
    }
    yield [
      `a chain of 100 functions in ${dtype}`,
      () => {
        let x = input([1031], { dtype })
        for (let i = 0; i < 50; i++) x = w.sin(x.mul(1 + i / 100)).add(0.1)
        return [x]
      },
    ]
    yield [
      `a map of 20 inputs in ${dtype}`,
      () => [Array.from({ length: 20 }, (_, seed) => input([33], { dtype, seed })).reduce((a, b) => a.mul(0.5).add(b))],
    ]
    yield [
      `where in ${dtype}`,
      () => [w.where(input([3, 1], { dtype: 'bool' }), input([5], { dtype }), input([3, 5], { dtype, seed: 1 }))],
    ]
  }
  yield [
    'integer arithmetic',
    () => {
      const [a, b] = [input([100], { dtype: 'i32' }), input([100], { dtype: 'i32', seed: 1 })]
      const big = w.tensor([2147483647, -2147483648, 123456789], { dtype: 'i32' })
      return [
        a.add(b),
        a.sub(b),
        a.mul(b),
        a.neg(),
        a.abs(),
        w.maximum(a, b),
        a.less(b),
        big.add(1),
        big.mul(987654321),
      ]
    },
  ]
  yield [
    'logic',
    () => {
      const [a, b] = [input([100], { dtype: 'bool' }), input([100], { dtype: 'bool', seed: 1 })]
      return [a.and(b), a.or(b), a.not(), a.equal(b)]
    },
  ]
  for (const from of ['bool', 'i32', 'f32', 'f64'] as const)
    for (const to of ['bool', 'i32', 'f32', 'f64'] as const)
      yield [`cast from ${from} to ${to}`, () => [input([100], { dtype: from }).cast(to)]]
  yield ['casts saturate', () => [w.tensor([3e9, -3e9, 1.9, -1.9]).cast('i32')]]
}

function* reductions(): Generator<Row> {
  const axes = [[0], [1], [2], [0, 1], [1, 2], [0, 2], [0, 1, 2]]
  for (const dtype of ['i32', ...floats] as const)
    for (const [name, f] of [
      ['sum', w.sum],
      ['max', w.max],
      ['min', w.min],
    ] as const)
      yield [
        `${name} in ${dtype}`,
        () => [
          ...axes.map((axis) => f(input([3, 4, 5], { dtype }), { axis })),
          ...axes.map((axis) => f(strided([3, 4, 5], { dtype }), { axis })),
          f(input([1031], { dtype })),
          f(input([5, 1031], { dtype }), { axis: 0 }),
          f(input([1031, 5], { dtype }), { axis: 1 }),
          f(input([7], { dtype }).broadcastTo([3, 7]), { axis: 0 }),
          ...(name === 'sum' ? [f(input([0, 3], { dtype }), { axis: 0 }), f(input([3, 0], { dtype }))] : []),
        ],
      ]
}

/** Reductions of what elementwise functions make of several inputs: a backend meets them with the functions as a body. */
function* bodies(): Generator<Row> {
  const axes = [[0], [1], [2], [0, 1], [1, 2], [0, 2], [0, 1, 2]]
  const folds = { sum: w.sum, max: w.max, min: w.min }
  for (const dtype of ['i32', ...floats] as const) {
    const range = [-1.5, 1.5] as const
    const x = (shape: w.Shape, seed = 0) => input(shape, { dtype, seed, range })
    for (const [name, f] of Object.entries(folds))
      yield [
        `${name} of products in ${dtype}`,
        () => [
          ...axes.map((axis) => f(x([3, 4, 5]).mul(x([3, 4, 5], 1)), { axis })),
          ...axes.map((axis) =>
            f(
              strided([3, 4, 5], { dtype, range })
                .mul(x([3, 4, 5], 1))
                .sub(1),
              { axis },
            ),
          ),
          ...axes.map((axis) =>
            f(
              x([4, 1])
                .mul(x([3, 1, 5], 1))
                .add(x([], 2)),
              { axis },
            ),
          ),
          f(x([1031]).mul(x([1031], 1))),
          f(x([5, 1031]).mul(x([1031], 1)), { axis: 0 }),
          f(x([5, 1031]).mul(x([5, 1], 1)), { axis: 1 }),
          f(x([1031, 5]).mul(2), { axis: 1 }),
          f(x([1031, 5]).mul(x([5], 1)), { axis: 0 }),
          f(
            x([3, 5])
              .mul(x([3, 5], 1))
              .reshape([15]),
          ),
          f(
            x([3, 5])
              .add(x([3, 5], 1))
              .transpose(),
            { axis: 0 },
          ),
          f(w.full([7, 3], 2, { dtype }), { axis: 1 }),
          f(Array.from({ length: 12 }, (_, seed) => x([33], seed)).reduce((a, b) => a.sub(b))),
          ...(name === 'sum'
            ? [
                f(x([0, 3]).mul(x([3], 1)), { axis: 0 }),
                f(x([0, 3]).mul(x([3], 1)), { axis: 1 }),
                f(x([3, 0]).mul(x([3, 1], 1))),
              ]
            : []),
        ],
      ]
    yield [
      `counts of comparisons in ${dtype}`,
      () => [
        w.sum(x([7, 65]).less(x([65], 1)), { axis: 1 }),
        w.sum(x([65, 7]).less(x([7], 1)), { axis: 0 }),
        w.sum(x([300]).cast('i32').mul(715827883)),
        w.sum(w.where(x([9, 9]).less(0), x([9], 1), 3)),
      ],
    ]
  }
  for (const dtype of floats) {
    const x = (shape: w.Shape, seed = 0) => input(shape, { dtype, seed })
    yield [
      `sums of exponentials in ${dtype}`,
      () => [
        w.sum(x([31, 33]).exp(), { axis: 0 }),
        w.logSumExp(x([31, 33]), { axis: 1 }),
        w.softmax(x([3, 1031])),
        w.logSoftmax(x([1031, 3]), { axis: 0 }),
        w.variance(x([4, 5, 6]), { axis: [0, 2] }),
        w.grad((v: w.Tensor) => w.sum(w.logSumExp(v, { axis: 0 }).square()))(x([5, 7])),
      ],
    ]
    yield [
      `a sum of 150 functions in ${dtype}`,
      () => {
        let y = x([5, 210])
        for (let i = 0; i < 75; i++) y = w.sin(y.mul(1 + i / 100))
        return [w.sum(y, { axis: 0 }), w.sum(y, { axis: 1 })]
      },
    ]
  }
}

function* products(): Generator<Row> {
  for (const dtype of floats) {
    const matrix = (shape: w.Shape, seed: number) => input(shape, { dtype, seed })
    yield [
      `matmul in ${dtype}`,
      () => [
        ...[
          [1, 1, 1],
          [3, 5, 7],
          [4, 4, 4],
          [17, 33, 9],
          [64, 65, 66],
          [5, 0, 3],
          [0, 3, 4],
        ].map(([m = 0, k = 0, n = 0]) => w.matmul(matrix([m, k], 0), matrix([k, n], 1))),
        w.matmul(matrix([5, 3], 0).transpose(), matrix([7, 5], 1).transpose()),
        w.matmul(strided([6, 5], { dtype }), strided([5, 3], { dtype, seed: 1 })),
        w.matmul(matrix([2, 1, 3, 4], 0), matrix([5, 4, 2], 1)),
        w.matmul(matrix([4], 0), matrix([4], 1)),
      ],
    ]
    yield [
      `matmul of blocks in ${dtype}`,
      () =>
        [
          [true, false, true, false],
          [false, true, true, true],
          [false, false, false, false],
          [true, true, true, true],
        ].flatMap((flags) => {
          const kept = w.tensor(flags, { dtype: 'bool' })
          const mask = w.take(
            kept,
            w.tensor(
              Array.from({ length: 38 }, (_, i) => Math.floor(i / 10)),
              { dtype: 'i32' },
            ),
          )
          const rows = w.where(mask.expandDims(1), matrix([38, 21], 0), 0)
          const columns = w.where(mask, matrix([18, 38], 2), 0)
          const options = { of: 'columns', size: 10 } as const
          return [
            w.blockMatmul(rows, matrix([21, 12], 1), kept, { size: 10 }),
            w.blockMatmul(columns, matrix([38, 7], 3), kept, options),
            w.blockMatmul(rows.transpose(), matrix([12, 38], 4).transpose(), kept, options),
          ]
        }),
    ]
    yield [
      `routines in ${dtype}`,
      () => {
        const a = matrix([3, 5, 5], 0)
        const positive = w.matmul(a, a.transpose()).add(w.eye(5, { dtype }).mul(5))
        const b = matrix([3, 5, 2], 1)
        const { q, r } = w.qr(matrix([4, 6, 3], 2))
        const { values } = w.eigh(positive)
        return [w.cholesky(positive), w.solve(positive, b), w.triangularSolve(w.tril(positive), b), q, r, values]
      },
    ]
  }
}

function* arrangements(): Generator<Row> {
  for (const dtype of ['bool', 'i32', ...floats] as const) {
    const x = (shape: w.Shape, seed = 0) => input(shape, { dtype, seed })
    const indices = (values: readonly number[], shape: w.Shape) =>
      w.tensor([...values], { dtype: 'i32' }).reshape(shape)
    const same = (shape: w.Shape, seed = 0) => x(shape, seed).equal(x(shape, seed + 1))
    yield [
      `views and joins in ${dtype}`,
      () => [
        x([4, 6]).transpose().reshape([3, 8]),
        x([4, 6]).slice([1, 0], [4, 6], [2, 3]),
        w.flip(x([4, 6]), { axis: 1 }).reshape([24]),
        x([4, 1]).broadcastTo([2, 4, 3]).reshape([24]),
        w.concat([x([2, 3]), strided([4, 3], { dtype, seed: 1 }), x([0, 3])]),
        w.stack([x([5]), x([5], 1)], { axis: 1 }),
        w.concat([same([2, 2]), same([2, 3]), w.concat([same([1, 4]), same([1, 4], 1)])], { axis: 1 }),
      ],
    ]
    yield [
      `look-ups in ${dtype}`,
      () => [
        w.take(x([5, 3]), indices([4, 0, 4, 2], [2, 2])),
        w.take(strided([3, 5], { dtype }), indices([1, 1, 0], [3]), { axis: 1 }),
        w.takeAlong(x([3, 4]), indices([3, 0, 1, 1, 2, 2], [3, 2])),
      ],
    ]
    if (dtype === 'bool') continue
    yield [
      `scatterAdd, running sums and sorting in ${dtype}`,
      () => [
        w.scatterAdd(x([4, 3]), indices([1, 3, 1, 1, 0], [5]), x([5, 3], 1)),
        w.cumSum(x([3, 1031])),
        w.cumSum(strided([7, 5], { dtype }), { axis: 0, reverse: true }),
        w.argSort(x([3, 100])),
        w.argSort(w.tensor([2, 1, 2, 1, 1], { dtype }), { descending: true }),
        w.sort(strided([6, 7], { dtype }), { axis: 0 }),
      ],
    ]
    if (dtype === 'i32') continue
    yield [
      `padding in ${dtype}`,
      () => [
        w.grad((v: w.Tensor) => w.sum(v.slice([1, 0], [6, 5], [2, 3]).square()))(x([7, 5])),
        w.pad(
          x([2, 3]),
          [
            [0, 1],
            [1, 2],
          ],
          { value: 0.5 },
        ),
      ],
    ]
  }
}

function* draws(): Generator<Row> {
  const key = w.fold(w.key(7), 3)
  yield ['random words', () => [w.randomBits(key, [5]), w.randomBits(key, [1031]), w.randomBits(key, [0])]]
  yield ['uniform draws in f32', () => [w.uniform(key, [1031])]]
  yield ['uniform draws in f64', () => [w.uniform(key, [101], { dtype: 'f64' })]]
}

/** Programs with shared values, gradients and all kinds of kernels at once, chosen without a pattern. */
function* mixtures(): Generator<Row> {
  const moves: readonly ((a: w.Tensor, b: w.Tensor) => w.Tensor)[] = [
    (a, b) => a.add(b),
    (a, b) => a.mul(b),
    (a) => w.tanh(a),
    (a, b) => w.where(a.less(b), a, b.neg()),
    (a) => a.sub(w.max(a, { axis: -1, keepDims: true })),
    (a) => w.softmax(a),
    (a) => a.transpose().mul(2).transpose(),
    (a, b) => w.matmul(a, w.matmul(b.transpose(), a)).mul(0.05),
    (a) => w.sum(a, { axis: 0, keepDims: true }).mul(0.1).add(a),
    (a) => w.cumSum(a, { axis: 0 }).mul(0.3),
  ]
  for (let program = 0; program < 40; program++)
    yield [
      `mixture ${program}`,
      () => {
        const run = (x: w.Tensor): w.Tensor[] => {
          const values = [x]
          for (let step = 0; step < 12; step++) {
            const [which, first] = w.threefry(program, 1, 0, step)
            const [second] = w.threefry(program, 2, 0, step)
            const pick = (word: number) => values[word % values.length] as w.Tensor
            values.push((moves[which % moves.length] as (typeof moves)[number])(pick(first), pick(second)))
          }
          return values
        }
        const x = input([(program % 5) + 1, (program % 7) + 1], { seed: program })
        return [...run(x).slice(1), w.grad((v: w.Tensor) => w.sum(run(v).at(-1) as w.Tensor))(x)]
      },
    ]
}

/** Every program, by name. */
export function programs(): readonly Row[] {
  return [...maps(), ...reductions(), ...bodies(), ...products(), ...arrangements(), ...draws(), ...mixtures()]
}
