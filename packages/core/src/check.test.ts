import { describe, expect, it } from 'vitest'
import * as w from './index.ts'

const x = w.tensor([
  [3, 1],
  [2, 4],
])
const indices = w.tensor([[0], [1]], { dtype: 'i32' })

/** Every function that takes an axis as an option, called with something else in the place of its options. */
const takesAxis: Record<string, (options: never) => unknown> = {
  sum: (options) => w.sum(x, options),
  max: (options) => w.max(x, options),
  min: (options) => w.min(x, options),
  mean: (options) => w.mean(x, options),
  variance: (options) => w.variance(x, options),
  std: (options) => w.std(x, options),
  prod: (options) => w.prod(x, options),
  norm: (options) => w.norm(x, options),
  any: (options) => w.any(x.less(2), options),
  all: (options) => w.all(x.less(2), options),
  argMax: (options) => w.argMax(x, options),
  argMin: (options) => w.argMin(x, options),
  logSumExp: (options) => w.logSumExp(x, options),
  softmax: (options) => w.softmax(x, options),
  logSoftmax: (options) => w.logSoftmax(x, options),
  cosineSimilarity: (options) => w.cosineSimilarity(x, x, options),
  flip: (options) => w.flip(x, options),
  roll: (options) => w.roll(x, 1, options),
  take: (options) => w.take(x, indices, options),
  takeAlong: (options) => w.takeAlong(x, indices, options),
  scatterAdd: (options) => w.scatterAdd(x, indices.reshape([2]), x, options),
  concat: (options) => w.concat([x, x], options),
  stack: (options) => w.stack([x, x], options),
  argSort: (options) => w.argSort(x, options),
  sort: (options) => w.sort(x, options),
  topK: (options) => w.topK(x, 1, options),
  cumSum: (options) => w.cumSum(x, options),
  cumProd: (options) => w.cumProd(x, options),
  cumMax: (options) => w.cumMax(x, options),
  logCumSumExp: (options) => w.logCumSumExp(x, options),
}

describe.each(Object.entries(takesAxis))('%s', (name, call) => {
  it.each<[given: unknown, got: string, axis: string]>([
    [0, '0', '0'],
    [-1, '-1', '-1'],
    [[0, 1], 'an array', '[0, 1]'],
    [null, 'null', '0'],
    ['mean', 'mean', '0'],
    [true, 'true', '0'],
    [x, 'a Tensor', '0'],
    [() => 0, 'a function', '0'],
  ])('refuses %s in the place of its options', (given, got, axis) => {
    expect(() => call(given as never)).toThrow(
      new w.ValueError(`${name}: options must be an object, got ${got}. Write ${name}(…, { axis: ${axis} }).`),
    )
  })

  it('takes options, those without a prototype too, and none', () => {
    call({ axis: 0 } as never)
    call(Object.assign(Object.create(null), { axis: 0 }) as never)
    call(undefined as never)
  })
})

it('a tensor is asked for where there is none', () => {
  const expected = (fn: string, got: string) =>
    new w.DTypeError(`${fn}: indices must be a tensor, got ${got}. Wrap data with tensor(…).`)
  expect(() => w.take(x, 0 as never)).toThrow(expected('take', '0'))
  expect(() => w.take(x, [0, 1] as never)).toThrow(expected('take', 'an array'))
  expect(() => w.takeAlong(x, null as never)).toThrow(expected('takeAlong', 'null'))
  expect(() => w.scatterAdd(x, undefined as never, x)).toThrow(expected('scatterAdd', 'undefined'))
})
