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

it('options by the names of other libraries are refused', () => {
  for (const name of ['dim', 'dims', 'axes', 'keepdim', 'keepdims'])
    expect(() => w.sum(x, { axis: 0, [name]: 1 })).toThrow(
      new w.ValueError(`sum: options must have names such as axis and keepDims, got ${name}.`),
    )
  expect(() => w.softmax(x, { dim: 0 } as never)).toThrow(w.ValueError)
})

it('a tensor is asked for where there is none', () => {
  const expected = (fn: string, got: string) =>
    new w.DTypeError(`${fn}: indices must be a tensor, got ${got}. Wrap data with tensor(…).`)
  expect(() => w.take(x, 0 as never)).toThrow(expected('take', '0'))
  expect(() => w.take(x, [0, 1] as never)).toThrow(expected('take', 'an array'))
  expect(() => w.takeAlong(x, null as never)).toThrow(expected('takeAlong', 'null'))
  expect(() => w.scatterAdd(x, undefined as never, x)).toThrow(expected('scatterAdd', 'undefined'))
})

const k = w.key(1)
const image = w.ones([1, 1, 4, 4])
const weight = w.ones([1, 1, 2, 2])

/** Functions called with something else in the place of their options, which would be ignored, and what they say to write. */
const misplaced: readonly (readonly [fn: string, example: string, call: (given: never) => unknown])[] = [
  ['tensor', 'shape: [2, 3]', (given) => w.tensor([1, 2], given)],
  ['full', "dtype: 'f32'", (given) => w.full([2], 1, given)],
  ['zeros', "dtype: 'f32'", (given) => w.zeros([2], given)],
  ['ones', "dtype: 'f32'", (given) => w.ones([2], given)],
  ['arange', 'start: 0, step: 1', (given) => w.arange(0, given)],
  ['linspace', "dtype: 'f32'", (given) => w.linspace(0, 1, 3, given)],
  ['eye', 'columns: 3', (given) => w.eye(3, given)],
  ['oneHot', "dtype: 'f32'", (given) => w.oneHot(indices, 2, given)],
  ['clip', 'min: 0, max: 1', (given) => w.clip(x, given)],
  ['gelu', 'approximate: true', (given) => w.gelu(x, given)],
  ['leakyRelu', 'slope: 0.01', (given) => w.leakyRelu(x, given)],
  ['elu', 'alpha: 1', (given) => w.elu(x, given)],
  ['celu', 'alpha: 1', (given) => w.celu(x, given)],
  ['diagonal', 'offset: 1', (given) => w.diagonal(x, given)],
  ['diag', 'offset: 1', (given) => w.diag(x, given)],
  ['trace', 'offset: 1', (given) => w.trace(x, given)],
  ['tril', 'offset: 1', (given) => w.tril(x, given)],
  ['triu', 'offset: 1', (given) => w.triu(x, given)],
  ['pad', 'value: 0', (given) => w.pad(w.ones([1]), [[1, 1]], given)],
  ['conv1d', 'stride: 1', (given) => w.conv1d(image.squeeze(0), weight.squeeze(0), given)],
  ['conv2d', 'stride: 1', (given) => w.conv2d(image, weight, given)],
  ['maxPool2d', 'stride: 1', (given) => w.maxPool2d(image, 3, given)],
  ['avgPool1d', 'stride: 1', (given) => w.avgPool1d(x, 2, given)],
  ['blockMatmul', 'size: 2', (given) => w.blockMatmul(x, x, w.tensor([true]), given)],
  ['triangularSolve', 'lower: true', (given) => w.triangularSolve(x, x, given)],
  ['uniform', 'low: -1, high: 1', (given) => w.uniform(k, [2], given)],
  ['normal', "dtype: 'f32'", (given) => w.normal(k, [2], given)],
  ['truncatedNormal', 'low: -2, high: 2', (given) => w.truncatedNormal(k, [2], given)],
  ['exponential', "dtype: 'f32'", (given) => w.exponential(k, [2], given)],
  ['gumbel', "dtype: 'f32'", (given) => w.gumbel(k, [2], given)],
  ['gamma', "dtype: 'f32'", (given) => w.gamma(k, 1, [2], given)],
  ['randomInt', 'high: 6', (given) => w.randomInt(k, [2], given)],
  ['choice', 'replace: false', (given) => w.choice(k, 5, [2], given)],
  ['valueAndGrad', 'aux: true', (given) => w.valueAndGrad((y: w.Tensor) => [w.sum(y), 0], given)],
]

it.each(misplaced)('%s says which options it takes', (fn, example, call) => {
  const expected = (got: string) =>
    new w.ValueError(`${fn}: options must be an object, got ${got}. Write ${fn}(…, { ${example} }).`)
  expect(() => call(2 as never)).toThrow(expected('2'))
  expect(() => call('i32' as never)).toThrow(expected('i32'))
  expect(() => call([2] as never)).toThrow(expected('an array'))
  expect(() => call(null as never)).toThrow(expected('null'))
})

const list = [1, 2] as unknown as w.Tensor

it.each<[string, () => unknown]>([
  ['sum: x', () => w.sum(list)],
  ['mean: x', () => w.mean(list)],
  ['prod: x', () => w.prod(list)],
  ['any: x', () => w.any(list)],
  ['all: x', () => w.all(list)],
  ['weightedMean: x', () => w.weightedMean(list, x)],
  ['weightedMean: weights', () => w.weightedMean(x, list)],
  ['cumSum: x', () => w.cumSum(list)],
  ['flip: x', () => w.flip(list)],
  ['roll: x', () => w.roll(list, 1)],
  ['tile: x', () => w.tile(list, [2])],
  ['pad: x', () => w.pad(list, [[1, 1]])],
  ['take: x', () => w.take(list, indices)],
  ['takeAlong: x', () => w.takeAlong(list, indices)],
  ['scatterAdd: x', () => w.scatterAdd(list, indices, x)],
  ['scatterAdd: updates', () => w.scatterAdd(x, indices, list)],
  ['concat: tensors[1]', () => w.concat([x, list])],
  ['stack: tensors[0]', () => w.stack([list, x])],
  ['tril: x', () => w.tril(list)],
  ['diag: x', () => w.diag(list)],
  ['oneHot: indices', () => w.oneHot(list, 2)],
  ['einsum: operand 1', () => w.einsum('ij,j->i', x, list)],
  ['stopGradient: x', () => w.stopGradient(list)],
  ['logSigmoid: x', () => w.logSigmoid(list)],
  ['categorical: logits', () => w.categorical(k, list)],
  ['blockMatmul: kept', () => w.blockMatmul(x, x, list, { size: 2 })],
])('%s must be a tensor', (argument, call) => {
  expect(call).toThrow(w.DTypeError)
  expect(call).toThrow(`${argument} must be a tensor, got an array. Wrap data with tensor(…).`)
})

it.each<[string, () => unknown]>([
  ['zeros: shape', () => w.zeros(3 as never)],
  ['tensor: shape', () => w.tensor([1, 2, 3], { shape: 3 as never })],
  ['uniform: shape', () => w.uniform(k, 3 as never)],
  ['broadcastTo: shape', () => w.tensor(1).broadcastTo(3 as never)],
  ['reshape: shape', () => x.reshape(3 as never)],
  ['transpose: permutation', () => x.transpose(3 as never)],
  ['slice: start', () => x.slice(3 as never)],
  ['slice: end', () => x.slice([0, 0], 3 as never)],
  ['tile: repeats', () => w.tile(x, 3 as never)],
])('%s must be an array', (argument, call) => {
  expect(call).toThrow(new w.ShapeError(`${argument} must be an array of integers, got 3.`))
})

it('a key is asked for where there is a seed', () => {
  const expected = (fn: string) => new w.ValueError(`${fn}: from must be a key, got 42. Make one with key(seed).`)
  const seed = 42 as unknown as w.Key
  expect(() => w.normal(seed, [2])).toThrow(expected('normal'))
  expect(() => w.uniform(seed, [2])).toThrow(expected('uniform'))
  expect(() => w.randomBits(seed, [2])).toThrow(expected('randomBits'))
  expect(() => w.bernoulli(seed, 0.5, [2])).toThrow(expected('bernoulli'))
  expect(() => w.permutation(seed, 2)).toThrow(expected('permutation'))
  expect(() => w.split(seed)).toThrow(expected('split'))
  expect(() => w.fold(seed, 1)).toThrow(expected('fold'))
})

it('what else is no argument is refused by name', () => {
  const expected: Record<string, () => unknown> = {
    'full: value must be a number, got undefined.': () => w.full([2], undefined as never),
    'full: value must consist of 32-bit integers for dtype i32, got 0.5 at position 0.': () =>
      w.full([2], 0.5, { dtype: 'i32' }),
    'tensor: dtype must be one of bool, i32, f16, f32, f64, got toString.': () =>
      w.tensor([1], { dtype: 'toString' as never }),
    'sum: axis must be an integer from -2 to 1 for a tensor of rank 2, got null.': () =>
      w.sum(x, { axis: null as never }),
    'concat: tensors must be an array, got a Tensor.': () => w.concat(x as never),
    "einsum: equation must be a string, got a Tensor. Write einsum('ij,jk->ik', …).": () => w.einsum(x as never, x),
    'maxPool2d: kernel must be an integer of at least 1 or 2 of them, got undefined.': () =>
      w.maxPool2d(image, undefined as never),
    'valueAndGrad: the function must return [loss, aux] with { aux: true }, got a Tensor.': () =>
      w.valueAndGrad((y: w.Tensor) => w.sum(y) as never, { aux: true })(x),
  }
  for (const [message, call] of Object.entries(expected)) {
    expect(call).toThrow(message)
    expect(call).toThrow(w.WengertError)
  }
})
