import { fc, test } from '@fast-check/vitest'
import { cpu } from '@wengert/backend-cpu'
import {
  type Backend,
  full,
  grad,
  key,
  logSumExp,
  matmul,
  normal,
  ones,
  stack,
  sum,
  type Tensor,
  take,
  tanh,
  tensor,
  valueAndGrad,
} from '@wengert/core'
import { checkCustomVjp, checkGradients, labels, laws, shapes, tensors } from '@wengert/gradcheck'
import { describeErrors, describeLoss, expectClose, runs, values } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { crossEntropy } from '../classification/crossEntropy.ts'
import { type LinearCrossEntropyOptions, linearCrossEntropy } from './linearCrossEntropy.ts'
import { linearLogSumExp } from './linearLogSumExp.ts'

const [V, D] = [5, 2]
const f64 = (data: number[], shape: number[]): Tensor => tensor(data, { shape, dtype: 'f64' })
const classes = (...data: number[]): Tensor => tensor(data, { dtype: 'i32' })

/** A layer with its tokens: what can be differentiated, and the labels. */
interface Sample {
  readonly layer: Layer
  readonly y: Tensor
}
type Layer = readonly [embeddings: Tensor, weight: Tensor, bias: Tensor]

const layers = (N: number, size = 2): fc.Arbitrary<Layer> => {
  const of = (shape: number[]): fc.Arbitrary<Tensor> => tensors(shape, { min: -size, max: size })
  return fc.tuple(of([N, D]), of([V, D]), of([V]))
}
const samples = fc
  .integer({ min: 1, max: 5 })
  .chain((N) => fc.record({ layer: layers(N), y: labels([N], V) })) as fc.Arbitrary<Sample>
const widths = fc.integer({ min: 1, max: V + 1 })
const caps = fc.option(fc.constantFrom(0.5, 2, 30), { nil: undefined })

const fused =
  (y: Tensor, options: LinearCrossEntropyOptions = {}) =>
  ([embeddings, weight, bias]: Layer): Tensor =>
    linearCrossEntropy(embeddings, weight, y, { ...options, bias })

function logitsOf([embeddings, weight, bias]: Layer, softcap?: number): Tensor {
  const z = matmul(embeddings, weight.transpose()).add(bias)
  return softcap === undefined ? z : tanh(z.div(softcap)).mul(softcap)
}

/** Gradient of Σ weightᵢ Lᵢ, with weights that differ. */
function gradients(loss: (layer: Layer) => Tensor, layer: Layer): Layer {
  const N = layer[0].shape[0] as number
  const weights = f64(
    Array.from({ length: N }, (_, i) => i - 1.5),
    [N],
  )
  return grad((l: Layer) => sum(loss(l).mul(weights)))(layer)
}

function expectSame(actual: Layer, wanted: Layer): void {
  actual.forEach((x, i) => {
    expectClose(x, wanted[i] as Tensor)
  })
}

const weight = f64([1, 0.5, -0.25, 2, 0, -1, 0.75, -0.5, 1.5, 0.25], [V, D])
const bias = f64([0.5, -1, 0, 0.25, 1], [V])
const ofTokens = (embeddings: Tensor, y: Tensor): Tensor =>
  linearCrossEntropy(embeddings, weight.cast(embeddings.dtype), y, {
    bias: bias.cast(embeddings.dtype),
    blockVocabulary: 2,
  })
const tokens = shapes({ minRank: 1, maxRank: 2, maxSize: 3 }).chain((batch) =>
  fc.tuple(tensors([...batch, D]), labels(batch, V)),
)

describeLoss(ofTokens, {
  name: 'linearCrossEntropy',
  args: tokens,
  share: 0.5,
  laws: {
    'is at least 0': laws.bounded(ofTokens, { min: -1e-12 }),
    'is crossEntropy of the layer’s output': (embeddings, y) =>
      expectClose(ofTokens(embeddings, y), crossEntropy(matmul(embeddings, weight.transpose()).add(bias), y)),
  },
})

describe('linearCrossEntropy', () => {
  test.prop([samples, widths, caps], runs(0.5))(
    'has value and gradient of crossEntropy for blocks of any size',
    ({ layer, y }, blockVocabulary, softcap) => {
      const options = { blockVocabulary, ...(softcap && { softcap }) }
      const dense = (l: Layer): Tensor => crossEntropy(logitsOf(l, softcap), y)
      expectClose(fused(y, options)(layer), dense(layer))
      expectSame(gradients(fused(y, options), layer), gradients(dense, layer))
    },
  )

  test.prop([layers(3), labels([3], V), widths, caps], runs(0.1))(
    'has a rule that agrees with its function, and second derivatives',
    (layer, y, blockVocabulary, softcap) => {
      const options = { blockVocabulary, zLoss: 0.1, ...(softcap && { softcap }) }
      const loss = (...l: readonly Tensor[]): Tensor => fused(y, options)(l as unknown as Layer)
      checkGradients(loss, layer, { order: 2 })
      expect(checkCustomVjp(loss, layer).rules).toBe(1)
    },
  )

  test.prop([samples, fc.constantFrom(0.01, 1)], runs(0.25))(
    'adds the square of log Σ exp z by zLoss',
    ({ layer, y }, zLoss) => {
      const dense = (l: Layer): Tensor =>
        crossEntropy(logitsOf(l), y).add(logSumExp(logitsOf(l), { axis: -1 }).square().mul(zLoss))
      const loss = fused(y, { zLoss, blockVocabulary: 3 })
      expectClose(loss(layer), dense(layer))
      expectSame(gradients(loss, layer), gradients(dense, layer))
    },
  )

  test.prop([samples, fc.integer({ min: -3, max: 3 })], runs(0.25))(
    'does not change when all biases are shifted',
    ({ layer: [e, c, b], y }, shift) => {
      expectClose(fused(y)([e, c, b.add(shift)]), fused(y)([e, c, b]))
    },
  )

  test.prop(
    [samples, fc.shuffledSubarray([0, 1, 2, 3, 4], { minLength: V }), fc.constantFrom(null, 0.125)],
    runs(0.25),
  )('follows a permutation of the vocabulary, filtered too', ({ layer: [e, c], y }, order, filterEps) => {
    // Biases far apart, so that no two classes have one mean logit.
    const b = f64([0, 20, 40, 60, 80], [V])
    const permuted = (x: Tensor): Tensor => take(x, classes(...order))
    const moved = classes(...[...values(y)].map((label) => order.indexOf(label)))
    const options = { filterEps, blockVocabulary: 2, blockTokens: 2 }
    const [ofE, ofC, ofB] = gradients(fused(y, options), [e, c, b])
    const there: Layer = [e, permuted(c), permuted(b)]
    expectClose(fused(moved, options)(there), fused(y, options)([e, c, b]))
    expectSame(gradients(fused(moved, options), there), [ofE, permuted(ofC), permuted(ofB)])
  })

  test.prop([layers(4), labels([4], V), fc.nat({ max: 3 }), fc.constantFrom(null, 0.125)], runs(0.25))(
    'treats an ignored token as one that is not there, whatever it holds',
    ([e, c, b], y, at, filterEps) => {
      const options = { filterEps, blockVocabulary: 2, blockTokens: 2 }
      const rest = [0, 1, 2, 3].filter((i) => i !== at)
      const data = [...values(e)].map((v, i) => (Math.floor(i / D) === at ? Number.NaN : v))
      const truth = classes(...[...values(y)].map((v, i) => (i === at ? -100 : v)))
      const objective =
        (labels: Tensor, o = {}) =>
        (l: Layer): Tensor =>
          sum(fused(labels, { ...options, ...o })(l))
      const holed: Layer = [f64(data, [4, D]), c, b]
      const dropped: Layer = [take(e, classes(...rest)), c, b]
      const loss = fused(truth, { ...options, ignoreIndex: -100 })(holed)
      expect(values(loss)[at]).toBe(0)
      expectClose(take(loss, classes(...rest)), fused(take(y, classes(...rest)), options)(dropped))
      const [ofE, ...ofLayer] = grad(objective(truth, { ignoreIndex: -100 }))(holed)
      const [wantedE, ...wanted] = grad(objective(take(y, classes(...rest))))(dropped)
      expectClose(take(ofE, classes(...rest)), wantedE)
      expect([...values(take(ofE, classes(at)))]).toEqual([0, 0])
      ofLayer.forEach((x, i) => {
        expectClose(x, wanted[i] as Tensor)
      })
    },
  )

  it('is finite where a bias of −∞ rules a class out', () => {
    const e = f64([1, 2], [1, D])
    const out = f64([0, Number.NEGATIVE_INFINITY, 0, 0, 0], [V])
    for (const blockVocabulary of [1, 2, 5]) {
      const found = gradients(fused(classes(0), { blockVocabulary }), [e, weight, out])
      const wanted = gradients((l) => crossEntropy(logitsOf(l), classes(0)), [e, weight, out])
      expectSame(found, wanted)
    }
  })

  it.each([null, 0.01])('takes no tokens at all, and none that count, with filterEps %s', (filterEps) => {
    const e = full([3, D], 1, { dtype: 'f64' })
    for (const [tokens, y] of [[e.slice([0, 0], [0, D]), classes()] as const, [e, classes(-1, -1, -1)] as const]) {
      const loss = (c: Tensor): Tensor => linearCrossEntropy(tokens, c, y, { filterEps, ignoreIndex: -1 })
      expect([...values(loss(weight))]).toEqual([...values(y)].map(() => 0))
      expect(values(grad((c: Tensor) => sum(loss(c)))(weight)).every((v) => v === 0)).toBe(true)
    }
  })

  it.each([null, 0.01])('is 0 of a single class, with filterEps %s', (filterEps) => {
    const layer: Layer = [f64([1, 2, 3, 4], [2, D]), weight.slice([0, 0], [1, D]), bias.slice([0], [1])]
    const loss = fused(classes(0, 0), { filterEps })
    expect([...values(loss(layer))]).toEqual([0, 0])
    for (const x of gradients(loss, layer)) expect(values(x).every((v) => v === 0)).toBe(true)
  })

  it('marks computed labels out of range by NaN', () => {
    const e = ones([2, D], { dtype: 'f64' })
    const y = classes(3, 4).add(1)
    expect([...values(linearCrossEntropy(e, weight, y))].map(Number.isNaN)).toEqual([false, true])
    expect(values(linearCrossEntropy(e, weight, y, { ignoreIndex: V }))[1]).toBe(0)
  })
})

/** The most bytes that a backend holds beside inputs and gradients for one value and gradient. */
function peakBytes(loss: (layer: readonly [Tensor, Tensor]) => Tensor, N: number, K: number): number {
  const inner = cpu()
  let most = 0
  const alloc: Backend['alloc'] = (dtype, size) => {
    const buffer = inner.alloc(dtype, size)
    most = Math.max(most, inner.memory().bytes)
    return buffer
  }
  const backend = { ...inner, alloc } as Backend
  const drawn = (seed: number, rows: number): Tensor =>
    tensor(normal(key(seed), [rows, 4]).dataSync({ backend: inner }), { shape: [rows, 4] })
  const [value, [ofE, ofC]] = valueAndGrad(loss)([drawn(1, N), drawn(2, K)] as const)
  stack([value, sum(ofE), sum(ofC)]).dataSync({ backend })
  return most - 4 * 4 * (N + K)
}

it('takes memory for a block of logits, not for all', () => {
  const [N, K] = [64, 4096]
  const y = tensor(new Int32Array(N))
  const ofBlocks = peakBytes(([e, c]) => sum(linearCrossEntropy(e, c, y, { blockVocabulary: 64 })), N, K)
  const ofAll = peakBytes(([e, c]) => sum(crossEntropy(matmul(e, c.transpose()), y)), N, K)
  expect(ofAll).toBeGreaterThan(4 * N * K)
  expect(ofBlocks).toBeLessThan(0.2 * 4 * N * K)
})

describe('linearLogSumExp', () => {
  test.prop([samples, widths, caps], runs(0.5))(
    'is logSumExp of the layer’s output, with its gradient',
    ({ layer }, blockVocabulary, softcap) => {
      const options = { blockVocabulary, ...(softcap && { softcap }) }
      const loss = ([e, c, b]: Layer): Tensor => linearLogSumExp(e, c, { ...options, bias: b })
      const dense = (l: Layer): Tensor => logSumExp(logitsOf(l, softcap), { axis: -1 })
      expectClose(loss(layer), dense(layer))
      expectSame(gradients(loss, layer), gradients(dense, layer))
    },
  )

  it('keeps the batch axes', () => {
    expect(linearLogSumExp(ones([2, 3, D]), weight).shape).toEqual([2, 3])
    expect(linearLogSumExp(ones([D]), weight).shape).toEqual([])
  })
})

describeErrors('linearCrossEntropy', {
  'linearCrossEntropy: labels must be class indices from 0 to 4, got 5 at [1]. The logits have 5 classes.': () =>
    linearCrossEntropy(ones([2, D]), weight, classes(0, 5)),
  'linearCrossEntropy: weight must have at least one row, got [0, 2].': () =>
    linearCrossEntropy(ones([2, D]), ones([0, D]), classes(0, 0)),
  'linearCrossEntropy: softcap must be a finite number greater than 0, got 0.': () =>
    linearCrossEntropy(ones([2, D]), weight, classes(0, 0), { softcap: 0 }),
  'linearCrossEntropy: zLoss must be a finite number of at least 0, got -1.': () =>
    linearCrossEntropy(ones([2, D]), weight, classes(0, 0), { zLoss: -1 }),
  'linearCrossEntropy: ignoreIndex must be an integer, got 0.5.': () =>
    linearCrossEntropy(ones([2, D]), weight, classes(0, 0), { ignoreIndex: 0.5 }),
  "linearCrossEntropy: filterEps must be at least 0, 'auto' or null, got -1.": () =>
    linearCrossEntropy(ones([2, D]), weight, classes(0, 0), { filterEps: -1 }),
  'linearCrossEntropy: blockVocabulary must be an integer of at least 1, got 0.': () =>
    linearCrossEntropy(ones([2, D]), weight, classes(0, 0), { blockVocabulary: 0 }),
  'linearCrossEntropy: blockTokens must be an integer of at least 1, got 1.5.': () =>
    linearCrossEntropy(ones([2, D]), weight, classes(0, 0), { blockTokens: 1.5 }),
  "linearLogSumExp: embeddings must be f32 or f64, got i32 [2]. Cast it, e.g. embeddings.cast('f32').": () =>
    linearLogSumExp(classes(0, 1), weight),
})
