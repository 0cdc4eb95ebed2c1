import { fc, test } from '@fast-check/vitest'
import { cpu } from '@wengert/backend-cpu'
import {
  compile,
  concat,
  grad,
  key,
  mapTree,
  normal,
  ones,
  planCount,
  sum,
  type Tensor,
  take,
  tensor,
  useBackend,
} from '@wengert/core'
import { checkGradients, checkLayer, checkPullback, laws, permutations, tensors } from '@wengert/gradcheck'
import { describeErrors, expectClose, value, values } from '@wengert/testing'
import { beforeAll, describe, expect, expectTypeOf, it } from 'vitest'
import {
  alibiBias,
  type KeyValueCache,
  type MultiHeadAttentionOptions,
  multiHeadAttention,
  type Params,
  rotaryEmbedding,
  scaledDotProductAttention,
  sequential,
} from '../index.ts'

const backend = cpu()
beforeAll(() => useBackend(backend))

const runs = { numRuns: 15 }

type Choice = Omit<MultiHeadAttentionOptions<boolean>, 'features' | 'heads'>

/** Layers of four features and two heads. */
const layers: Record<string, Choice> = {
  plain: {},
  causal: { causal: true },
  windowed: { causal: true, window: 2 },
  'windowed on both sides': { window: 2 },
  'multi-query': { keyValueHeads: 1, causal: true },
  'without bias': { bias: false },
  rotary: { rotary: { convention: 'interleaved' }, causal: true },
  alibi: { alibi: true, causal: true },
  'alibi on both sides': { alibi: true },
  'all at once': { keyValueHeads: 1, rotary: { rotaryDim: 2 }, alibi: true, window: 3, causal: true },
}

const make = (choice: Choice) =>
  multiHeadAttention({ features: 4, heads: 2, dtype: 'f64', weightInit: normal, ...choice })

/** Parameters with biases that are not 0. */
const paramsOf = (choice: Choice, seed = 1): Params<ReturnType<typeof make>> => {
  let n = 0
  return mapTree((p) => normal(key(seed * 100 + n++), p.shape, { dtype: 'f64' }), make(choice).init(key(0)))
}

const inputs = tensors([2, 4, 4], { min: -2, max: 2 })
const x0 = normal(key(9), [2, 3, 4], { dtype: 'f64' })

describe.each(Object.entries(layers))('multiHeadAttention, %s,', (_, choice) => {
  const layer = make(choice)
  const params = paramsOf(choice)

  it('has right gradients to order 2 and treats each row of a batch by itself', () => {
    const report = checkLayer(
      { ...layer, init: (k) => mapTree((p) => p.add(0.1), layer.init(k)) },
      x0.slice([0, 0, 0], [2, 2, 4]),
    )
    expect(report.batch?.rows).toBe(2)
  })

  test.prop([inputs, fc.constantFrom([4], [1, 3], [2, 2], [1, 1, 1, 1])], runs)(
    'gives piece by piece with a cache what it gives at once',
    (x, pieces) => {
      let cache = layer.cache({ batch: [2], capacity: 6 })
      let start = 0
      const parts = pieces.map((n) => {
        const [y, next] = layer.step(params, x.slice([0, start, 0], [2, start + n, 4]), cache)
        start += n
        cache = next
        return y
      })
      expect(value(cache.length)).toBe(4)
      const y = concat(parts, { axis: 1 })
      if (choice.causal) expectClose(y, layer.apply(params, x), 1e-11)
      // What is not causal sees the whole of what there is so far.
      else
        expectClose(
          parts.at(-1) as Tensor,
          layer.apply(params, x).slice([0, 4 - (pieces.at(-1) as number), 0], [2, 4, 4]),
          1e-11,
        )
    },
  )
})

describe('multiHeadAttention', () => {
  test.prop([inputs], runs)('is attention head by head', (x) => {
    const layer = make({ causal: true, rotary: {} })
    const { in_proj_weight, in_proj_bias, out_proj } = paramsOf({}) as ReturnType<typeof withBias>
    const rows = (start: number) =>
      x
        .reshape([8, 1, 4])
        .mul(in_proj_weight.slice([start, 0], [start + 2, 4]))
        .reshape([8, 2, 4])
    const part = (start: number) =>
      sum(rows(start), { axis: -1 })
        .add(in_proj_bias.slice([start], [start + 2]))
        .reshape([2, 4, 2])
    const heads = [0, 2].map((h) =>
      scaledDotProductAttention(rotaryEmbedding(part(h)), rotaryEmbedding(part(4 + h)), part(8 + h), { causal: true }),
    )
    const joined = concat(heads, { axis: -1 }).expandDims(2)
    const wanted = sum(joined.mul(out_proj.weight), { axis: -1 }).add(out_proj.bias)
    expectClose(layer.apply({ in_proj_weight, in_proj_bias, out_proj }, x), wanted, 1e-11)
  })

  test.prop([tensors([2, 3, 8], { min: -2, max: 2 }), fc.nat(5)], runs)(
    'shares keys and values as if their rows were repeated',
    (x, seed) => {
      const layer = (keyValueHeads: number) =>
        multiHeadAttention({ features: 8, heads: 4, keyValueHeads, weightInit: normal, dtype: 'f64' })
      const few = layer(2).init(key(seed))
      const bias = normal(key(seed + 1), [16], { dtype: 'f64' })
      // Queries are the first 8 rows, then each head has 2.
      const repeated = (p: Tensor): Tensor => {
        const head = (i: number) => take(p, tensor([8 + 2 * i, 9 + 2 * i], { dtype: 'i32' }))
        const queries = take(p, tensor(Int32Array.from({ length: 8 }, (_, i) => i)))
        return concat([queries, ...[0, 0, 1, 1, 2, 2, 3, 3].map(head)])
      }
      const many = { ...few, in_proj_weight: repeated(few.in_proj_weight), in_proj_bias: repeated(bias) }
      expectClose(layer(2).apply({ ...few, in_proj_bias: bias }, x), layer(4).apply(many, x), 1e-11)
    },
  )

  test.prop([inputs, fc.boolean()], runs)('takes alibi for a bias', (x, causal) => {
    const bias = alibiBias({ heads: 2, queryLength: 4, symmetric: !causal, dtype: 'f64' })
    expectClose(make({ causal, alibi: true }).apply(paramsOf({}), x), make({ causal }).apply(paramsOf({}), x, { bias }))
  })

  test.prop([inputs, fc.constantFrom('causal', 'windowed', 'all at once')], runs)(
    'never lets the future change the past',
    (x, name) => {
      const choice = layers[name] as Choice
      const past = (x: Tensor) => sum(make(choice).apply(paramsOf(choice), x).slice([0, 0, 0], [2, 2, 4]).square())
      const g = grad(past)(x)
      expect(values(g.slice([0, 2, 0], [2, 4, 4])).every((v) => v === 0)).toBe(true)
    },
  )

  test.prop([inputs, permutations(4)], runs)('keeps the order of positions without knowing it', (x, order) => {
    const f = (x: Tensor) => make({}).apply(paramsOf({}), x)
    const permuted = (x: Tensor) => take(x, order, { axis: 1 })
    laws.equivariant(f, (x: Tensor) => [permuted(x)], permuted, { tolerance: 1e-11 })(x)
  })

  it('knows the order with positions', () => {
    const swapped = take(x0, tensor([1, 0, 2], { dtype: 'i32' }), { axis: 1 })
    for (const choice of [{ rotary: {} }, { alibi: true }]) {
      const f = (x: Tensor) => values(make(choice).apply(paramsOf(choice), x)).slice(8, 12)
      expect(f(swapped)).not.toEqual(f(x0))
    }
  })

  test.prop([inputs, tensors([2, 3, 4])], runs)('does not see what padding holds', (x, junk) => {
    const mask = tensor([true, true, true, true, false, false, false]).reshape([1, 1, 1, 7])
    const padded = make({}).apply(paramsOf({}), concat([x, junk], { axis: 1 }), { mask })
    expectClose(padded.slice([0, 0, 0], [2, 4, 4]), make({}).apply(paramsOf({}), x), 1e-11)
  })

  test.prop([inputs, tensors([2, 3, 4])], { numRuns: 4 })('looks at a memory, with right gradients', (x, memory) => {
    const mask = tensor([true, false, true])
    const f = (params: ReturnType<typeof paramsOf>, x: Tensor, memory: Tensor) =>
      make({}).apply(params, x, { memory, mask })
    checkGradients(f, [paramsOf({}), x, memory])
    checkPullback(f, [paramsOf({}), x, memory])
    expectClose(make({}).apply(paramsOf({}), x, { memory: x }), make({}).apply(paramsOf({}), x), 1e-11)
    // The masked row of the memory has no influence, and the order of the others none either.
    const turned = take(memory, tensor([2, 1, 0], { dtype: 'i32' }), { axis: 1 })
    expectClose(f(paramsOf({}), x, turned), f(paramsOf({}), x, memory), 1e-11)
  })

  it('adds a bias to the scores of each head', () => {
    const layer = make({ alibi: true })
    const far = tensor([0, Number.NEGATIVE_INFINITY, 0])
    expectClose(
      layer.apply(paramsOf({}), x0, { bias: far }),
      layer.apply(paramsOf({}), x0, { mask: tensor([true, false, true]) }),
    )
    const one = tensor([0, -50])
      .reshape([2, 1, 1])
      .mul(tensor([1, 0, 0]))
    expect(values(layer.apply(paramsOf({}), x0, { bias: one }))).not.toEqual(values(layer.apply(paramsOf({}), x0)))
  })

  it('gives the bias of the output where a query sees nothing', () => {
    const params = paramsOf({}) as ReturnType<typeof withBias>
    const y = make({}).apply(params, x0, { mask: tensor([false]) })
    expectClose(y, params.out_proj.bias.broadcastTo([2, 3, 4]))
  })

  it('has gradients through a cache', () => {
    const layer = make({ causal: true, rotary: {} })
    const whole = (params: ReturnType<typeof paramsOf>) => sum(layer.apply(params, x0).square())
    const stepped = (params: ReturnType<typeof paramsOf>) => {
      const [a, cache] = layer.step(params, x0.slice([0, 0, 0], [2, 2, 4]), layer.cache({ batch: [2], capacity: 3 }))
      const [b] = layer.step(params, x0.slice([0, 2, 0], [2, 3, 4]), cache)
      return sum(concat([a, b], { axis: 1 }).square())
    }
    const [g, h] = [grad(whole)(paramsOf({})), grad(stepped)(paramsOf({}))] as ReturnType<typeof withBias>[]
    expectClose(g!.in_proj_weight, h!.in_proj_weight, 1e-10)
    expectClose(g!.out_proj.weight, h!.out_proj.weight, 1e-10)
  })

  it('plans a step once for all positions', () => {
    const layer = make({ causal: true, rotary: {}, dtype: 'f32' })
    const params = layer.init(key(3))
    const step = compile((x: Tensor, cache: KeyValueCache) => layer.step(params, x, cache))
    let cache = layer.cache({ capacity: 8 })
    let plans = 0
    for (let i = 0; i < 6; i++) {
      const [y, next] = step(normal(key(i), [1, 4]), cache) as [Tensor, KeyValueCache]
      values(y)
      cache = mapTree((leaf) => tensor(leaf.dataSync(), { shape: leaf.shape, dtype: leaf.dtype }), next)
      if (i === 2) plans = planCount(backend)
    }
    expect(plans).toBeGreaterThan(0)
    expect(planCount(backend)).toBe(plans)
  })

  it('drops weights only by a key', () => {
    const layer = make({ dropout: 0.5 })
    const run = (seed: number) => values(layer.apply(paramsOf({}), x0, { key: key(seed) }))
    expect(run(1)).toEqual(run(1))
    expect(run(1)).not.toEqual(run(2))
    expect(values(layer.apply(paramsOf({}), x0))).toEqual(values(make({}).apply(paramsOf({}), x0)))
  })

  it('starts in the layout of PyTorch, also in f32 and in a model', () => {
    const layer = multiHeadAttention({ features: 6, heads: 3, keyValueHeads: 1 })
    const { in_proj_weight, in_proj_bias, out_proj } = layer.init(key(0))
    const shapes = [in_proj_weight, in_proj_bias, out_proj.weight, out_proj.bias].map(({ shape }) => shape)
    expect(shapes).toEqual([[10, 6], [10], [6, 6], [6]])
    const bare = multiHeadAttention({ features: 6, heads: 3, bias: false })
    expectTypeOf<Params<typeof bare>>().toEqualTypeOf<{
      readonly in_proj_weight: Tensor
      readonly out_proj: { readonly weight: Tensor }
    }>()
    expect(Object.keys(bare.init(key(0)))).toEqual(['in_proj_weight', 'out_proj'])
    const model = sequential(layer, bare)
    const y = model.apply(model.init(key(1)), ones([2, 2, 5, 6]))
    expect([y.shape, y.dtype]).toEqual([[2, 2, 5, 6], 'f32'])
  })
})

const withBias = () => multiHeadAttention({ features: 4, heads: 2 }).init(key(0))
const layer = multiHeadAttention({ features: 4, heads: 2, causal: true })
const params = layer.init(key(0))

describeErrors('multiHeadAttention', {
  'multiHeadAttention: heads must be a divisor of features, 4, got 3.': () =>
    multiHeadAttention({ features: 4, heads: 3 }),
  'multiHeadAttention: keyValueHeads must be a divisor of heads, 4, got 3.': () =>
    multiHeadAttention({ features: 4, heads: 4, keyValueHeads: 3 }),
  'multiHeadAttention: rotaryDim must be even, since features turn in pairs, got 3.': () =>
    multiHeadAttention({ features: 6, heads: 2, rotary: {} }),
  'multiHeadAttention: rotaryDim must be at most the 2 features of a head, got 4.': () =>
    multiHeadAttention({ features: 4, heads: 2, rotary: { rotaryDim: 4 } }),
  'multiHeadAttention: dropout must be at least 0 and less than 1, got 1.': () =>
    multiHeadAttention({ features: 4, heads: 2, dropout: 1 }),
  'multiHeadAttention: window must be an integer of at least 1, got 0.': () =>
    multiHeadAttention({ features: 4, heads: 2, window: 0 }),
  'multiHeadAttention: x must have shape [...B, L, 4], got [3, 5] (...B = [], L = 3). Expected x [...B, L, 4], in_proj_weight [12, 4], out_proj.weight [4, 4], in_proj_bias [12], out_proj.bias [4].':
    () => layer.apply(params, ones([3, 5])),
  'multiHeadAttention: mask must have a shape that broadcasts to that of the scores, [2, 3, 3], got [2]. Give axes along which it is the same size 1.':
    () => layer.apply(params, ones([3, 4]), { mask: tensor([true, false]) }),
  'multiHeadAttention: bias must have a shape that broadcasts to that of the scores, [2, 1, 5], got [3]. Give axes along which it is the same size 1.':
    () => layer.step(params, ones([1, 4]), layer.cache({ capacity: 5 }), { bias: ones([3]) }),
  'multiHeadAttention: cache.length must be at most 1, so that 2 more fit into the 3 positions of the cache, got 2. Make a cache of greater capacity.':
    () => layer.step(params, ones([2, 4]), { ...layer.cache({ capacity: 3 }), length: tensor(2, { dtype: 'i32' }) }),
  'multiHeadAttention: capacity must be an integer of at least 1, got 0.': () => layer.cache({ capacity: 0 }),
})
