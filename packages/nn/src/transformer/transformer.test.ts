import { fc, test } from '@fast-check/vitest'
import { cpu } from '@wengert/backend-cpu'
import {
  concat,
  gelu,
  grad,
  key,
  mapTree,
  matmul,
  mean,
  normal,
  ones,
  relu,
  split,
  sum,
  type Tensor,
  take,
  tensor,
  useBackend,
} from '@wengert/core'
import { checkGradients, checkLayer, checkPullback, laws, permutations, tensors } from '@wengert/gradcheck'
import { describeErrors, expectClose, values } from '@wengert/testing'
import { beforeAll, describe, expect, expectTypeOf, it } from 'vitest'
import {
  type BlockNorm,
  multiHeadAttention,
  type Params,
  sequential,
  type TransformerBlockOptions,
  transformerDecoderBlock,
  transformerEncoderBlock,
} from '../index.ts'

beforeAll(() => useBackend(cpu()))

const runs = { numRuns: 10 }
const sizes = { features: 4, heads: 2, hidden: 5, dtype: 'f64' } as const
const inputs = tensors([2, 4, 4], { min: -2, max: 2 })
const [x0, memory0] = split(key(4)).map((k, i) => normal(k, [2, 3 + i, 4], { dtype: 'f64' })) as [Tensor, Tensor]

/** The same tree with normal numbers, so that no bias is 0 and no norm a mere identity. */
function shaken<P>(params: P): P {
  let n = 0
  return mapTree((p) => normal(key(100 + n++), p.shape, { dtype: 'f64' }), params)
}

interface Weighted {
  readonly weight: Tensor
  readonly bias?: Tensor
}

/** Normalization and a dense layer by their formulas. */
const plainNorm = (x: Tensor, { weight, bias }: Weighted, kind: BlockNorm = 'layerNorm'): Tensor => {
  const centred = kind === 'rmsNorm' ? x : x.sub(mean(x, { axis: -1, keepDims: true }))
  const spread = mean(centred.square(), { axis: -1, keepDims: true }).add(kind === 'rmsNorm' ? 1e-6 : 1e-5)
  const y = centred.div(spread.sqrt()).mul(weight)
  return bias ? y.add(bias) : y
}
const plainDense = (x: Tensor, { weight, bias }: Weighted): Tensor => {
  const y = matmul(x, weight.transpose())
  return bias ? y.add(bias) : y
}

const choices: Record<string, Partial<TransformerBlockOptions<boolean, BlockNorm>>> = {
  post: { activation: gelu },
  pre: { norm: 'pre', activation: gelu },
  'of a language model': {
    norm: 'pre',
    activation: gelu,
    causal: true,
    rotary: {},
    keyValueHeads: 1,
    window: 3,
  },
  'without biases': { bias: false, activation: gelu },
  'with rmsNorm and without biases': { normalization: 'rmsNorm', bias: false, norm: 'pre', activation: gelu },
}

describe.each(Object.entries(choices))('transformerEncoderBlock, %s,', (_, choice) => {
  const block = transformerEncoderBlock({ ...sizes, ...choice })
  const params = shaken(block.init(key(0)))

  it('has right gradients and treats each row of a batch by itself', () => {
    checkLayer({ ...block, init: () => params }, x0)
  })

  test.prop([inputs], runs)('is what its formula says', (x) => {
    const attend = (x: Tensor) => multiHeadAttention({ ...sizes, ...choice }).apply(params.self_attn, x)
    const feed = (x: Tensor) => plainDense(gelu(plainDense(x, params.linear1)), params.linear2)
    const norm = (x: Tensor, p: Weighted) => plainNorm(x, p, choice.normalization)
    if (choice.norm === 'pre') {
      const x1 = x.add(attend(norm(x, params.norm1)))
      expectClose(block.apply(params, x), x1.add(feed(norm(x1, params.norm2))), 1e-10)
    } else {
      const x1 = norm(x.add(attend(x)), params.norm1)
      expectClose(block.apply(params, x), norm(x1.add(feed(x1)), params.norm2), 1e-10)
    }
  })
})

describe('transformerEncoderBlock', () => {
  const causal = transformerEncoderBlock({ ...sizes, norm: 'pre', causal: true, rotary: {} })

  test.prop([inputs, permutations(4)], runs)('keeps the order of positions without knowing it', (x, order) => {
    const block = transformerEncoderBlock(sizes)
    const params = shaken(block.init(key(0)))
    const permuted = (x: Tensor) => take(x, order, { axis: 1 })
    laws.equivariant(
      (x: Tensor) => block.apply(params, x),
      (x: Tensor) => [permuted(x)],
      permuted,
      {
        tolerance: 1e-10,
      },
    )(x)
  })

  test.prop([inputs], runs)('never lets the future change the past, through several blocks', (x) => {
    const model = sequential(causal, causal, causal)
    const params = model.init(key(1))
    const g = grad((x: Tensor) => sum(model.apply(params, x).slice([0, 0, 0], [2, 2, 4]).square()))(x)
    expect(values(g.slice([0, 2, 0], [2, 4, 4])).every((v) => v === 0)).toBe(true)
  })

  test.prop([inputs, fc.constantFrom([1, 1, 1, 1], [3, 1], [2, 2])], runs)(
    'gives piece by piece with caches what it gives at once, through several blocks',
    (x, pieces) => {
      const params = [1, 2].map((seed) => causal.init(key(seed)))
      const whole = params.reduce((y, p) => causal.apply(p, y), x)
      const caches = params.map(() => causal.cache({ batch: [2], capacity: 5 }))
      let start = 0
      const parts = pieces.map((n) => {
        const piece = x.slice([0, start, 0], [2, start + n, 4])
        start += n
        return params.reduce((y, p, i) => {
          const [out, cache] = causal.step(p, y, caches[i] as (typeof caches)[0])
          caches[i] = cache
          return out
        }, piece)
      })
      expectClose(concat(parts, { axis: 1 }), whole, 1e-10)
    },
  )

  it('hides what a mask hides', () => {
    const block = transformerEncoderBlock(sizes)
    const params = shaken(block.init(key(0)))
    const padded = block.apply(params, concat([x0, memory0], { axis: 1 }), {
      mask: tensor([true, true, true, false, false, false, false]),
    })
    expectClose(padded.slice([0, 0, 0], [2, 3, 4]), block.apply(params, x0), 1e-11)
  })

  it('is random only by a key', () => {
    const block = transformerEncoderBlock({ ...sizes, dropout: 0.5 })
    const params = block.init(key(0))
    const run = (seed: number) => values(block.apply(params, x0, { key: key(seed) }))
    expect(run(1)).toEqual(run(1))
    expect(run(1)).not.toEqual(run(2))
    expect(values(block.apply(params, x0))).toEqual(values(transformerEncoderBlock(sizes).apply(params, x0)))
  })

  it('has no parameters that its options leave out, nor do their types', () => {
    const plain = transformerEncoderBlock({ features: 4, heads: 2, bias: false })
    const rms = transformerDecoderBlock({ features: 4, heads: 2, normalization: 'rmsNorm' })
    expectTypeOf<Params<typeof plain>['linear1']>().toEqualTypeOf<{ readonly weight: Tensor }>()
    expectTypeOf<Params<typeof plain>['norm1']>().toEqualTypeOf<{ readonly weight: Tensor }>()
    expectTypeOf<Params<typeof rms>['norm3']>().toEqualTypeOf<{ readonly weight: Tensor }>()
    expectTypeOf<Params<typeof rms>['linear1']>().toEqualTypeOf<{ readonly weight: Tensor; readonly bias: Tensor }>()
    const names: string[] = []
    mapTree(
      (leaf, path) => {
        names.push(path.join('.'))
        return leaf
      },
      plain.init(key(0)),
    )
    expect(names).toEqual([
      'self_attn.in_proj_weight',
      'self_attn.out_proj.weight',
      'linear1.weight',
      'linear2.weight',
      'norm1.weight',
      'norm2.weight',
    ])
    const params = rms.init(key(0))
    const { norm1, norm2, norm3, linear1, multihead_attn } = params
    const y = rms.apply(params, x0.cast('f32'), { memory: memory0.cast('f32') })
    expectClose(mean(y.square(), { axis: -1 }), 1, 1e-4)
    expect([norm1, norm2, norm3].map((norm) => Object.keys(norm))).toEqual([['weight'], ['weight'], ['weight']])
    expect([Object.keys(linear1), Object.keys(multihead_attn.out_proj)]).toEqual([
      ['weight', 'bias'],
      ['weight', 'bias'],
    ])
  })

  it('has the parameters of PyTorch, and its defaults', () => {
    const block = transformerEncoderBlock({ features: 4, heads: 2 })
    const params = block.init(key(0))
    const shapes = mapTree((p) => p, params)
    expect(Object.keys(shapes)).toEqual(['self_attn', 'linear1', 'linear2', 'norm1', 'norm2'])
    expect([params.linear1.weight.shape, params.linear2.weight.shape]).toEqual([
      [16, 4],
      [4, 16],
    ])
    const x = x0.cast('f32')
    expect(block.apply(params, x).dtype).toBe('f32')
    const told = transformerEncoderBlock({ features: 4, heads: 2, norm: 'post', activation: relu, hidden: 16 })
    expect(values(block.apply(params, x))).toEqual(values(told.apply(params, x)))
  })
})

describe.each<Partial<TransformerBlockOptions>>([{}, { norm: 'pre', rotary: {}, alibi: true, window: 3 }])(
  'transformerDecoderBlock with %j',
  (choice) => {
    const given = { ...sizes, ...choice, activation: gelu }
    const block = transformerDecoderBlock(given)
    const params = shaken(block.init(key(0)))

    it('has right gradients by parameters, input and memory', () => {
      const f = (p: typeof params, x: Tensor, memory: Tensor) => block.apply(p, x, { memory })
      checkGradients(f, [params, x0, memory0])
      checkPullback(f, [params, x0, memory0])
    })

    test.prop([inputs, inputs], runs)('is what its formula says', (x, memory) => {
      const self = (x: Tensor) => multiHeadAttention({ ...given, causal: true }).apply(params.self_attn, x)
      const cross = (x: Tensor) => multiHeadAttention(sizes).apply(params.multihead_attn, x, { memory })
      const feed = (x: Tensor) => plainDense(gelu(plainDense(x, params.linear1)), params.linear2)
      const { norm1, norm2, norm3 } = params
      const y = [
        [self, norm1],
        [cross, norm2],
        [feed, norm3],
      ] as const
      const wanted = y.reduce(
        (x, [f, norm]) => (choice.norm === 'pre' ? x.add(f(plainNorm(x, norm))) : plainNorm(x.add(f(x)), norm)),
        x,
      )
      expectClose(block.apply(params, x, { memory }), wanted, 1e-10)
      laws.exampleWise((x: Tensor, memory: Tensor) => block.apply(params, x, { memory }), { tolerance: 1e-10 })(
        x,
        memory,
      )
    })

    test.prop([inputs, inputs], runs)(
      'never lets the future change the past, and needs no more than a cache',
      (x, memory) => {
        const whole = block.apply(params, x, { memory })
        const g = grad((x: Tensor) => sum(block.apply(params, x, { memory }).slice([0, 0, 0], [2, 2, 4])))(x)
        expect(values(g.slice([0, 2, 0], [2, 4, 4])).every((v) => v === 0)).toBe(true)
        let cache = block.cache({ batch: [2], capacity: 4 })
        const parts = [0, 1, 2, 3].map((i) => {
          const [y, next] = block.step(params, x.slice([0, i, 0], [2, i + 1, 4]), cache, { memory })
          cache = next
          return y
        })
        expectClose(concat(parts, { axis: 1 }), whole, 1e-10)
      },
    )

    it('does not see what the mask of the memory hides', () => {
      const padded = concat([memory0, ones([2, 2, 4])], { axis: 1 })
      const memoryMask = tensor([true, true, true, true, false, false])
      expectClose(
        block.apply(params, x0, { memory: padded, memoryMask }),
        block.apply(params, x0, { memory: memory0 }),
        1e-11,
      )
    })
  },
)

const decoder = transformerDecoderBlock({ features: 4, heads: 2 })
describeErrors('transformer blocks', {
  'transformerDecoderBlock: context.memory must be a tensor, got undefined. Give it the output of the encoder, or take transformerEncoderBlock.':
    () => decoder.apply(decoder.init(key(0)), ones([3, 4])),
  "transformerEncoderBlock: norm must be 'pre' or 'post', got both.": () =>
    transformerEncoderBlock({ features: 4, heads: 2, norm: 'both' as 'pre' }),
  "transformerEncoderBlock: normalization must be 'layerNorm' or 'rmsNorm', got batchNorm.": () =>
    transformerEncoderBlock({ features: 4, heads: 2, normalization: 'batchNorm' as 'rmsNorm' }),
  'transformerEncoderBlock: hidden must be an integer of at least 1, got 0.': () =>
    transformerEncoderBlock({ features: 4, heads: 2, hidden: 0 }),
  'transformerDecoderBlock: features must be an integer of at least 1, got 0.': () =>
    transformerDecoderBlock({ features: 0, heads: 2 }),
  'multiHeadAttention: heads must be a divisor of features, 4, got 3.': () =>
    transformerEncoderBlock({ features: 4, heads: 3 }),
})
