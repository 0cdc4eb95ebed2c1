import { fc, test } from '@fast-check/vitest'
import { cpu } from '@wengert/backend-cpu'
import { key, normal, ones, type Tensor, tensor, useBackend, zeros } from '@wengert/core'
import { checkLayer, laws, tensors } from '@wengert/gradcheck'
import { describeErrors, expectClose, rowwise, values } from '@wengert/testing'
import { beforeAll, describe, expect, expectTypeOf, it } from 'vitest'
import { groupNorm, type Layer, layerNorm, type Params, rmsNorm } from '../index.ts'

beforeAll(() => useBackend(cpu()))

/** Standardized numbers, in plain arithmetic. */
function standard(row: readonly number[], eps: number): number[] {
  const mean = row.reduce((total, v) => total + v, 0) / row.length
  const variance = row.reduce((total, v) => total + (v - mean) ** 2, 0) / row.length
  return row.map((v) => (v - mean) / Math.sqrt(variance + eps))
}

const f64 = (data: readonly number[], shape: readonly number[]): Tensor => tensor(Float64Array.from(data), { shape })
const weight = f64([0.5, -2, 3], [3])
const bias = f64([1, 0, -4], [3])
const x = normal(key(1), [4, 3], { dtype: 'f64' })

describe('layerNorm', () => {
  test.prop([tensors([2, 2, 3])])('is the formula, row by row', (x) => {
    const data = values(x)
    const wanted = [0, 3, 6, 9].flatMap((at) =>
      standard(data.slice(at, at + 3), 1e-5).map((v, i) => v * (values(weight)[i] ?? 0) + (values(bias)[i] ?? 0)),
    )
    expectClose(layerNorm({ features: 3 }).apply({ weight, bias }, x), f64(wanted, [2, 2, 3]), 1e-9)
  })

  it('normalizes several axes together as if they were one', () => {
    const x = normal(key(3), [4, 2, 3], { dtype: 'f64' })
    const many = layerNorm({ features: [2, 3], affine: false }).apply([], x)
    expectClose(many.reshape([4, 6]), layerNorm({ features: 6, affine: false }).apply([], x.reshape([4, 6])))
  })

  it('does not see a shift or a scale of its input', () => {
    const f = (x: Tensor): Tensor => layerNorm({ features: 3, eps: 0, affine: false }).apply([], x)
    laws.allOf(laws.shiftInvariant(f, { tolerance: 1e-11 }), laws.homogeneous(f, { degree: 0, tolerance: 1e-11 }))(x)
    laws.permutationEquivariant(f, { axis: 1 })(x)
  })

  test.prop([fc.double({ min: -1e3, max: 1e3, noNaN: true })])('keeps its digits in f32 far from 0', (shift) => {
    const layer = layerNorm({ features: 64 })
    const x = normal(key(2), [64])
    const params = layer.init(key(0))
    expectClose(layer.apply(params, x.add(Math.fround(shift))), layer.apply(params, x), 2e-3)
    expect(layer.apply(params, x).dtype).toBe('f32')
  })

  it('gives 0 where all features are equal', () => {
    expect(values(layerNorm({ features: 3, affine: false }).apply([], ones([2, 3])))).toEqual(Array(6).fill(0))
  })

  it('has the parameters of its options', () => {
    const plain = layerNorm({ features: 3, affine: false })
    const scaled = layerNorm({ features: 3, bias: false })
    expectTypeOf<Params<typeof plain>>().toEqualTypeOf<readonly []>()
    expectTypeOf<Params<typeof scaled>>().toEqualTypeOf<{ readonly weight: Tensor }>()
    expect(plain.init(key(0))).toEqual([])
    expect(Object.keys(scaled.init(key(0)))).toEqual(['weight'])
    const { weight, bias } = layerNorm({ features: [2, 1], dtype: 'f64' }).init(key(0))
    expect([weight.shape, weight.dtype, values(weight), values(bias)]).toEqual([[2, 1], 'f64', [1, 1], [0, 0]])
  })

  describeErrors('layerNorm', {
    'layerNorm: x must have shape [...B, 3], got [2]; bias must have shape [3], got [4] (...B = []). Expected x [...B, 3], weight [3], bias [3].':
      () => layerNorm({ features: 3 }).apply({ weight: zeros([3]), bias: zeros([4]) }, zeros([2])),
    'layerNorm: features must be an integer of at least 1, got 0.': () => layerNorm({ features: [2, 0] }),
    'layerNorm: features must be a size or a list of sizes, got []. A number normalizes the last axis.': () =>
      layerNorm({ features: [] }),
    'layerNorm: eps must be at least 0 and finite, got -1.': () => layerNorm({ features: 1, eps: -1 }),
  })
})

describe('rmsNorm', () => {
  test.prop([tensors([2, 2, 3])])('has a mean square of 1, apart from eps', (x) => {
    const root = rowwise((row) => Math.sqrt(row.reduce((total, v) => total + v * v, 0) / 3 + 1e-6), x)
    const y = rmsNorm({ features: 3 }).apply({ weight }, x)
    expectClose(y, x.div(root.expandDims(-1)).mul(weight), 1e-9)
  })

  it('does not see a scale of its input, and keeps its direction', () => {
    const f = (x: Tensor): Tensor => rmsNorm({ features: 3, eps: 0, affine: false }).apply([], x)
    laws.homogeneous(f, { degree: 0, tolerance: 1e-12 })(x)
    laws.permutationEquivariant(f, { axis: 1 })(x)
    expect(values(f(x)).map(Math.sign)).toEqual(values(x).map(Math.sign))
  })

  it('is layerNorm without its mean', () => {
    const centered = f64([-1, -2, 3], [3])
    const [rms, layer] = [rmsNorm({ features: 3, eps: 1e-5 }), layerNorm({ features: 3, bias: false })]
    expectClose(rms.apply({ weight }, centered), layer.apply({ weight }, centered))
  })

  it('gives 0 for 0, and keeps f32', () => {
    const y = rmsNorm({ features: 3 }).apply(rmsNorm({ features: 3 }).init(key(0)), zeros([3]))
    expect([y.dtype, ...values(y)]).toEqual(['f32', 0, 0, 0])
  })

  describeErrors('rmsNorm', {
    'rmsNorm: weight must have shape [3], got [2] (...B = []). Expected x [...B, 3], weight [3].': () =>
      rmsNorm({ features: 3 }).apply({ weight: zeros([2]) }, zeros([3])),
    'rmsNorm: eps must be at least 0 and finite, got NaN.': () => rmsNorm({ features: 1, eps: Number.NaN }),
  })
})

describe('groupNorm', () => {
  test.prop([tensors([2, 4, 3])])('standardizes the channels of a group and space together', (x) => {
    const data = values(x)
    const wanted = [0, 6, 12, 18].flatMap((at) => standard(data.slice(at, at + 6), 1e-5))
    expectClose(groupNorm({ features: 4, groups: 2, affine: false }).apply([], x), f64(wanted, [2, 4, 3]), 1e-9)
  })

  it('is layerNorm of channels and space with one group, apart from weight and bias', () => {
    const x = normal(key(4), [2, 4, 3, 5], { dtype: 'f64' })
    const one = groupNorm({ features: 4, groups: 1, affine: false }).apply([], x)
    expectClose(one, layerNorm({ features: [4, 3, 5], affine: false }).apply([], x))
    const each = groupNorm({ features: 4, groups: 4, affine: false }).apply([], x)
    expectClose(each, layerNorm({ features: [3, 5], affine: false }).apply([], x))
  })

  it('scales and shifts channels, and knows no order in space', () => {
    const layer = groupNorm({ features: 3, groups: 1 })
    const x = normal(key(5), [2, 3, 4], { dtype: 'f64' })
    const plain = groupNorm({ features: 3, groups: 1, affine: false }).apply([], x)
    const y = layer.apply({ weight, bias }, x)
    expectClose(y, plain.mul(weight.reshape([3, 1])).add(bias.reshape([3, 1])))
    laws.permutationEquivariant((x: Tensor) => layer.apply({ weight, bias }, x), { axis: 2 })(x)
  })

  describeErrors('groupNorm', {
    'groupNorm: groups must be a divisor of the 4 features, got 3.': () => groupNorm({ features: 4, groups: 3 }),
    'groupNorm: x must have shape [B, 4, ...S], got [4]. Channels are axis 1.': () =>
      groupNorm({ features: 4, groups: 2, affine: false }).apply([], zeros([4])),
  })
})

/** With random parameters, so that each of them matters. */
const stirred = <P extends object>(layer: Layer<P>): Layer<P> => ({
  ...layer,
  init: (from) =>
    Object.fromEntries(
      Object.entries(layer.init(from) as Record<string, Tensor>).map(([name, { shape }], i) => [
        name,
        normal(key(i), shape, { dtype: 'f64' }),
      ]),
    ) as P,
})

describe('normalizations obey what a layer must', () => {
  it.each<[string, Layer<object>, Tensor]>([
    ['layerNorm', stirred(layerNorm({ features: 3 }) as Layer<object>), x],
    [
      'layerNorm of two axes',
      stirred(layerNorm({ features: [2, 2], bias: false }) as Layer<object>),
      x.reshape([3, 2, 2]),
    ],
    ['rmsNorm', stirred(rmsNorm({ features: 3 }) as Layer<object>), x],
    ['groupNorm', stirred(groupNorm({ features: 2, groups: 1 }) as Layer<object>), x.reshape([2, 2, 3])],
  ])('%s', (_, layer, input) => {
    expect(checkLayer(layer, input)).toMatchObject({ idle: [], gradients: { order: 2 } })
  })
})
