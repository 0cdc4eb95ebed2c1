import { fc, test } from '@fast-check/vitest'
import { cpu } from '@wengert/backend-cpu'
import {
  gelu,
  key,
  leaves,
  matmul,
  normal,
  relu,
  ShapeError,
  softplus,
  type Tensor,
  TreeError,
  tanh,
  tensor,
  useBackend,
  ValueError,
} from '@wengert/core'
import { checkGradients, shapes, tensors } from '@wengert/gradcheck'
import { distance } from '@wengert/testing'
import { beforeAll, describe, expect, expectTypeOf, it } from 'vitest'
import {
  type Context,
  constant,
  dense,
  dropout,
  glorotNormal,
  type Layer,
  type Params,
  residual,
  sequential,
} from './index.ts'

beforeAll(() => useBackend(cpu()))

/** Layers that take three features and are smooth, so that finite differences hold anywhere. */
const layers: Record<string, { layer: Layer<unknown>; context?: Context }> = {
  dense: { layer: dense({ in: 3, out: 2, biasInit: normal }) },
  'dense without bias': { layer: dense({ in: 3, out: 2, bias: false }) },
  'dropout without key': { layer: dropout({ rate: 0.4 }) },
  'dropout by key': { layer: dropout({ rate: 0.4 }), context: { key: key(5) } },
  residual: { layer: residual(dense({ in: 3, out: 3 })) },
  sequential: { layer: sequential(dense({ in: 3, out: 4 }), tanh, dense({ in: 4, out: 2 }), softplus) },
  'a deep one': {
    layer: sequential(
      residual(sequential(dense({ in: 3, out: 4 }), gelu, dropout({ rate: 0.25 }), dense({ in: 4, out: 3 }))),
      dropout({ rate: 0.25 }),
      dense({ in: 3, out: 1, bias: false }),
    ),
    context: { key: key(6) },
  },
}

const rows = Object.entries(layers)

/** Batches of examples with three features. */
const batches = shapes({ maxRank: 2, maxSize: 3 }).chain((batch) => tensors([...batch, 3]))

const values = (tree: unknown): number[][] => leaves(tree).map((leaf) => [...leaf.dataSync()])

describe.each(rows)('%s', (_, { layer, context }) => {
  test.prop([batches, fc.nat(1000)])('gradients by parameters and input hold to order 2', (x, seed) => {
    checkGradients((params: unknown, x: Tensor) => layer.apply(params, x, context), [layer.init(key(seed)), x])
  })

  test.prop([shapes({ minRank: 1, maxRank: 1 }).chain(([n = 1]) => tensors([n, 2, 3]))])(
    'a batch equals its examples when nothing is random',
    (x) => {
      const params = layer.init(key(1))
      const whole = layer.apply(params, x)
      const size = whole.dataSync().length / (x.shape[0] as number)
      for (let i = 0; i < (x.shape[0] as number); i++) {
        const one = layer.apply(params, x.slice([i, 0, 0], [i + 1, 2, 3]).squeeze(0))
        expect(one.shape).toEqual(whole.shape.slice(1))
        expect(distance(one.dataSync(), whole.dataSync().slice(i * size, (i + 1) * size))).toBeLessThan(1e-12)
      }
    },
  )

  test.prop([fc.nat()])('the same key gives the same parameters and output', (seed) => {
    const x = tensor([[1, -2, 0.5]])
    const [a, b] = [layer.init(key(seed)), layer.init(key(seed))]
    expect(values(a)).toEqual(values(b))
    expect(values(layer.apply(a, x, context))).toEqual(values(layer.apply(b, x, context)))
  })
})

describe('dense', () => {
  it('computes x Wᵀ + b with the weight as [out, in]', () => {
    const params = {
      weight: tensor([
        [1, 2, 3],
        [4, 5, 6],
      ]),
      bias: tensor([10, 20]),
    }
    const y = dense({ in: 3, out: 2 }).apply(
      params,
      tensor([
        [1, 0, 0],
        [1, 1, 1],
      ]),
    )
    expect(y.shape).toEqual([2, 2])
    expect([...y.dataSync()]).toEqual([11, 24, 16, 35])
  })

  test.prop([shapes({ maxRank: 3, minSize: 0 })])('keeps every batch axis, also empty ones', (batch) => {
    const layer = dense({ in: 2, out: 5 })
    expect(layer.apply(layer.init(key(0)), normal(key(1), [...batch, 2])).shape).toEqual([...batch, 5])
  })

  test.prop([shapes({ minRank: 1, maxRank: 3 }).chain((batch) => tensors([...batch, 3]))])(
    'agrees with a matrix product for each example',
    (x) => {
      const layer = dense({ in: 3, out: 2, dtype: 'f64', bias: false })
      const params = layer.init(key(3))
      const expected = matmul(params.weight, x.expandDims(-1)).squeeze(-1)
      expect(distance(layer.apply(params, x).dataSync(), expected.dataSync())).toBeLessThan(1e-12)
    },
  )

  it('keeps the second moment of relu activations from layer to layer', () => {
    const blocks = Array.from({ length: 10 }, () => sequential(relu, dense({ in: 200, out: 200 })))
    const deep = sequential(...blocks)
    const y = Array.from(deep.apply(deep.init(key(7)), normal(key(8), [50, 200])).dataSync())
    const moment = y.reduce((total, v) => total + v * v, 0) / y.length
    expect(moment).toBeGreaterThan(0.5)
    expect(moment).toBeLessThan(2)
  })

  it('starts as told', () => {
    const layer = dense({ in: 4, out: 3, weightInit: constant(2), biasInit: constant(-1), dtype: 'f64' })
    const { weight, bias } = layer.init(key(0))
    expect([weight.shape, weight.dtype, bias.shape, bias.dtype]).toEqual([[3, 4], 'f64', [3], 'f64'])
    expect(values([weight, bias])).toEqual([Array(12).fill(2), Array(3).fill(-1)])
    expect(values(dense({ in: 2, out: 2, biasInit: normal }).init(key(0)).bias)[0]).not.toContain(0)
    expect(values(dense({ in: 2, out: 3, weightInit: glorotNormal }).init(key(0)))).toHaveLength(2)
  })

  it('has a bias in its parameters, and in their type, unless told otherwise', () => {
    expect(Object.keys(dense({ in: 1, out: 1 }).init(key(0)))).toEqual(['weight', 'bias'])
    expect(Object.keys(dense({ in: 1, out: 1, bias: false }).init(key(0)))).toEqual(['weight'])
    const switchable = (bias: boolean) => dense({ in: 1, out: 1, bias })
    expectTypeOf(dense({ in: 1, out: 1 }).init(key(0))).toEqualTypeOf<{
      readonly weight: Tensor
      readonly bias: Tensor
    }>()
    expectTypeOf(dense({ in: 1, out: 1, bias: false }).init(key(0))).toEqualTypeOf<{ readonly weight: Tensor }>()
    expectTypeOf<Params<ReturnType<typeof switchable>>>().toEqualTypeOf<
      { readonly weight: Tensor; readonly bias: Tensor } | { readonly weight: Tensor }
    >()
  })

  it('names every argument that does not fit', () => {
    const layer = dense({ in: 3, out: 2 })
    const params = layer.init(key(0))
    expect(() => layer.apply(params, normal(key(0), [3, 5]))).toThrow(ShapeError)
    expect(() => layer.apply(params, normal(key(0), [3, 5]))).toThrow(
      /^dense: x must have shape \[\.\.\.B, 3\], got \[3, 5\]/,
    )
    expect(() => layer.apply(params, tensor(1))).toThrow(/^dense: x must have shape \[\.\.\.B, 3\], got \[\]/)
    const others = dense({ in: 4, out: 4 }).init(key(0))
    expect(() => layer.apply(others, normal(key(0), [3]))).toThrow(
      /weight must have shape \[2, 3\], got \[4, 4\]; bias must have shape \[2\], got \[4\]/,
    )
  })

  it.each([0, -1, 1.5, Number.NaN])('does not take %s features', (n) => {
    expect(() => dense({ in: n, out: 1 })).toThrow(ValueError)
    expect(() => dense({ in: n, out: 1 })).toThrow(`dense: in must be an integer of at least 1, got ${n}.`)
    expect(() => dense({ in: 1, out: n })).toThrow(`dense: out must be an integer of at least 1, got ${n}.`)
  })
})

describe('sequential', () => {
  const model = sequential(
    dense({ in: 2, out: 3 }),
    relu,
    dropout({ rate: 0.1 }),
    dense({ in: 3, out: 1, bias: false }),
  )

  it('has one entry of parameters per layer, an empty one for a bare function', () => {
    type Expected = readonly [
      { readonly weight: Tensor; readonly bias: Tensor },
      readonly [],
      readonly [],
      { readonly weight: Tensor },
    ]
    expectTypeOf<Params<typeof model>>().toEqualTypeOf<Expected>()
    expectTypeOf<Params<typeof relu>>().toEqualTypeOf<readonly []>()
    const params = model.init(key(0))
    expectTypeOf(params).toEqualTypeOf<Expected>()
    expect(params.map((entry) => Object.keys(entry))).toEqual([['weight', 'bias'], [], [], ['weight']])
  })

  it('nests, in values and types', () => {
    const outer = sequential(model, residual(model))
    expectTypeOf<Params<typeof outer>>().toEqualTypeOf<readonly [Params<typeof model>, Params<typeof model>]>()
    const [a, b] = outer.init(key(0))
    expect(values(a)).not.toEqual(values(b))
  })

  it('applies layers in order', () => {
    const steps = sequential(
      (x) => x.add(1),
      (x) => x.mul(10),
    )
    expect([...steps.apply([[], []], tensor([1, 2])).dataSync()]).toEqual([20, 30])
  })

  it('of nothing is the identity', () => {
    const x = tensor([1])
    expect(sequential().apply(sequential().init(key(0)), x)).toBe(x)
  })

  it('gives layers of one kind different keys', () => {
    const twins = sequential(dense({ in: 2, out: 2 }), dense({ in: 2, out: 2 }))
    const [a, b] = twins.init(key(0))
    expect(values(a)[0]).not.toEqual(values(b)[0])
    const masks = sequential(dropout({ rate: 0.5 }))
    const x = tensor(new Float32Array(64).fill(1))
    const first = values(masks.apply([[]], x, { key: key(0) }))
    const nested = values(sequential(relu, dropout({ rate: 0.5 })).apply([[], []], x, { key: key(0) }))
    expect(first).not.toEqual(nested)
  })

  it('refuses parameters of another model', () => {
    const { init } = sequential(relu)
    // @ts-expect-error one entry is not four
    expect(() => model.apply(init(key(0)), tensor([1, 2]))).toThrow(TreeError)
    // @ts-expect-error one entry is not four
    expect(() => model.apply(init(key(0)), tensor([1, 2]))).toThrow(
      'sequential: params must be a list of 4, one entry per layer, got a list of 1. Use those from init(key).',
    )
  })
})

describe('residual', () => {
  it('adds the input', () => {
    const doubled = residual(sequential((x) => x.mul(2)))
    expect([...doubled.apply([[]], tensor([1, 2])).dataSync()]).toEqual([3, 6])
  })

  it('refuses a layer that changes the shape, even if it would broadcast', () => {
    const layer = residual(dense({ in: 3, out: 1 }))
    const apply = () => layer.apply(layer.init(key(0)), normal(key(0), [2, 3]))
    expect(apply).toThrow(ShapeError)
    expect(apply).toThrow('residual: layer must keep the shape of x, [2, 3], got [2, 1].')
  })
})
