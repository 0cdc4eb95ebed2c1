import * as w from '@wengert/core'
import { binary, unary } from './elementwise.ts'
import { type InputOptions, input } from './inputs.ts'
import type { Row } from './programs.ts'

type Make = (shape: w.Shape, options?: Omit<InputOptions, 'dtype'>) => w.Tensor

const half: Make = (shape, options) => input(shape, { ...options, dtype: 'f16' })

/** The same numbers in f32. */
const single: Make = (shape, options) => w.tensor(half(shape, options).dataSync(), { shape: [...shape], dtype: 'f32' })

/** A program of f16 numbers; the CPU, which has none, computes the same in f32. */
const row = (name: string, f: (x: Make) => readonly w.Tensor[]): Row => [
  `${name} in f16`,
  () => f(half),
  () => f(single),
]

const wide = [-3, 3] as const

const indices = (values: readonly number[], shape: w.Shape): w.Tensor =>
  w.tensor([...values], { dtype: 'i32' }).reshape(shape)

/** Programs in f16, of odd and even lengths, as two elements share four bytes. */
export function* halves(): Generator<Row> {
  for (const [name, [f, range = wide]] of Object.entries(unary))
    yield row(name, (x) => [[], [1], [7], [0], [3, 5], [1032]].map((shape) => f(x(shape, { range }))))
  for (const [name, [f, range = wide]] of Object.entries(binary))
    yield row(name, (x) => [
      f(x([1031], { range }), x([1031], { range, seed: 1 })),
      f(x([4, 1], { range }), x([3, 1, 8], { range, seed: 1 })),
      f(x([5, 3], { range }).transpose(), x([3, 5], { range, seed: 1 })),
    ])
  yield row('a chain of functions', (x) => [
    w
      .tanh(
        x([3, 7])
          .mul(0.3)
          .add(x([7], { seed: 1 }))
          .square(),
      )
      .sub(0.1),
  ])
  for (const [name, f] of Object.entries({ sum: w.sum, max: w.max, min: w.min }))
    yield row(name, (x) => [
      ...[[0], [1], [2], [0, 2], [0, 1, 2]].map((axis) => f(x([3, 4, 5]), { axis })),
      f(x([5, 3]).transpose(), { axis: 0 }),
      f(x([4000]).mul(0.5)),
      f(x([5, 1031]), { axis: 0 }),
      f(x([31, 12]).mul(x([12], { seed: 1 })), { axis: 1 }),
    ])
  yield row('means of what sums to more than an f16 holds', (x) => [w.mean(x([70000], { range: [1, 3] }))])
  yield row('matmul', (x) => [
    ...[
      [1, 1, 1],
      [3, 5, 7],
      [8, 8, 8],
      [17, 33, 9],
      [64, 65, 66],
      [5, 0, 3],
    ].map(([m = 0, k = 0, n = 0]) => w.matmul(x([m, k]), x([k, n], { seed: 1 }))),
    w.matmul(x([5, 3]).transpose(), x([7, 5], { seed: 1 }).transpose()),
    w.matmul(x([8, 4]).transpose(), x([12, 8], { seed: 1 }).transpose()),
    w.matmul(x([2, 1, 3, 4]), x([5, 4, 2], { seed: 1 })),
  ])
  yield row('views, joins and look-ups', (x) => [
    x([4, 6]).slice([1, 0], [4, 6], [2, 3]),
    w.concat([x([2, 3]), x([3, 4], { seed: 1 }).transpose(), x([0, 3])]),
    w.pad(x([3]), [[1, 1]]),
    w.take(x([5, 3]), indices([4, 0, 4, 2], [2, 2])),
    w.takeAlong(x([3, 4]), indices([3, 0, 1, 1, 2, 2], [3, 2])),
  ])
  yield row('scatterAdd, running sums and sorting', (x) => [
    w.scatterAdd(x([4, 3]), indices([1, 3, 1, 1, 0], [5]), x([5, 3], { seed: 1 })),
    w.scatterAdd(
      x([3]),
      indices(
        Array.from({ length: 99 }, (_, i) => i % 3),
        [99],
      ),
      x([99], { seed: 1 }),
    ),
    w.cumSum(x([3, 301])),
    w.cumSum(x([5, 7]).transpose(), { axis: 0, reverse: true }),
    w.argSort(x([3, 100])),
    w.sort(x([7]), { descending: true }),
  ])
  for (const dtype of ['bool', 'i32', 'f32'] as const) {
    yield row(`cast to ${dtype}`, (x) => [x([101], { range: [-9, 9] }).cast(dtype)])
    const other = () => [input([101], { dtype }).cast('f16')]
    yield [`cast from ${dtype} to f16`, other, () => [input([101], { dtype }).cast('f32')]]
  }
  yield row('f16 beside f32', (x) => [x([9]).add(input([9], { seed: 1 })), input([3, 1]).mul(x([9]))])
  yield row('gradients', (x) => [
    w.grad((v: w.Tensor) => w.sum(w.softmax(v).square()))(x([3, 5])),
    w.grad((v: w.Tensor) => w.mean(w.logSumExp(v, { axis: 0 })))(x([5, 7])),
    ...w.grad(([a, b]: readonly w.Tensor[]) => w.mean(w.tanh(w.matmul(a as w.Tensor, b as w.Tensor)).cast('f32')))([
      x([3, 5]),
      x([5, 2], { seed: 1 }),
    ]),
    w.grad((v: w.Tensor) => w.sum(w.max(v.slice([1], [6])).mul(v)))(x([7])),
  ])
}
