import { test } from '@fast-check/vitest'
import { cpu } from '@wengert/backend-cpu'
import { grad, key, normal, sum, type Tensor, tensor, useBackend, zeros } from '@wengert/core'
import { checkGradients, checkLayer, laws, tensors } from '@wengert/gradcheck'
import { describeErrors, expectClose, values } from '@wengert/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import { batchNorm } from '../index.ts'

beforeAll(() => useBackend(cpu()))

const f64 = (data: readonly number[]): Tensor => tensor(Float64Array.from(data))
const params = { weight: f64([0.5, -2]), bias: f64([1, 3]) }
const state = { running_mean: f64([0.3, -1]), running_var: f64([2, 0.25]) }
const layer = batchNorm({ features: 2, dtype: 'f64' })
const training = { training: true }
const x = normal(key(1), [3, 2, 4], { dtype: 'f64' })

/** Numbers of each channel of [B, 2, S]. */
function channels(x: Tensor): number[][] {
  const [, , size = 0] = x.shape
  return [0, 1].map((channel) => values(x).filter((_, i) => Math.floor(i / size) % 2 === channel))
}

const meanOf = (list: readonly number[]): number => list.reduce((total, v) => total + v, 0) / list.length
const squares = (list: readonly number[]): number => list.reduce((total, v) => total + (v - meanOf(list)) ** 2, 0)

describe('batchNorm while training', () => {
  test.prop([tensors([3, 2, 4])])('standardizes channels over batch and space', (x) => {
    const [y] = layer.apply(params, x, state, training)
    const before = channels(x)
    channels(y).forEach((list, channel) => {
      const given = before[channel] as number[]
      const deviation = Math.sqrt(squares(given) / given.length + 1e-5)
      const [w, b] = [values(params.weight)[channel] as number, values(params.bias)[channel] as number]
      expectClose(f64(list), f64(given.map((v) => ((v - meanOf(given)) / deviation) * w + b)), 1e-9)
    })
  })

  test.prop([tensors([3, 2, 4])])('moves its statistics towards those of the batch', (x) => {
    const [, next] = layer.apply(params, x, state, training)
    const list = channels(x)
    const wantedMean = list.map((given, i) => 0.9 * (values(state.running_mean)[i] as number) + 0.1 * meanOf(given))
    const wantedVar = list.map(
      (given, i) => 0.9 * (values(state.running_var)[i] as number) + (0.1 * squares(given)) / 11,
    )
    expectClose(next.running_mean, f64(wantedMean), 1e-9)
    expectClose(next.running_var, f64(wantedVar), 1e-9)
  })

  it('takes over the statistics of a batch with momentum 1, by which it then comes near to its training output', () => {
    const keen = batchNorm({ features: 2, momentum: 1 })
    const x = normal(key(2), [2000, 2], { dtype: 'f64' })
    const [y, next] = keen.apply(params, x, state, training)
    expectClose(keen.apply(params, x, next)[0], y, 1e-2)
    const [, same] = batchNorm({ features: 2, momentum: 0 }).apply(params, x, state, training)
    expectClose(same.running_var, state.running_var)
  })

  it('knows no order in the batch, nor a shift or scale of it', () => {
    const f = (x: Tensor): Tensor => batchNorm({ features: 2, eps: 0 }).apply(params, x, state, training)[0]
    laws.permutationEquivariant(f)(x)
    laws.allOf(laws.shiftInvariant(f, { tolerance: 1e-11 }), laws.homogeneous(f, { degree: 0, tolerance: 1e-11 }))(x)
  })

  it('has gradients through the statistics of the batch, to order 2, and none through what it returns', () => {
    checkGradients((p: typeof params, x: Tensor) => layer.apply(p, x, state, training)[0], [params, x])
    const moved = grad((x: Tensor) => {
      const [, next] = layer.apply(params, x, state, training)
      return sum(next.running_mean).add(sum(next.running_var))
    })(x)
    expect(values(moved)).toEqual(Array(24).fill(0))
  })
})

describe('batchNorm after training', () => {
  it('is an affine map by the statistics given, which it returns as they are', () => {
    const [y, same] = layer.apply(params, x, state)
    expect(same).toBe(state)
    const shape = [2, 1]
    const normalized = x.sub(state.running_mean.reshape(shape)).div(state.running_var.add(1e-5).sqrt().reshape(shape))
    expectClose(y, normalized.mul(params.weight.reshape(shape)).add(params.bias.reshape(shape)))
  })

  it('treats each example by itself, and obeys what a layer must', () => {
    const fixed = { init: () => params, apply: (p: typeof params, x: Tensor) => layer.apply(p, x, state)[0] }
    expect(checkLayer(fixed, x)).toMatchObject({ parameters: 4, idle: [], batch: { rows: 3 } })
  })
})

it('batchNorm starts as the identity, apart from eps', () => {
  const fresh = batchNorm({ features: 2, eps: 0 })
  const x = normal(key(3), [5, 2])
  const [y] = fresh.apply(fresh.init(key(0)), x, fresh.initState())
  expectClose(y, x)
  expect(y.dtype).toBe('f32')
  const bare = batchNorm({ features: 2, eps: 0, affine: false })
  expectClose(bare.apply(bare.init(key(0)), x, bare.initState())[0], x)
})

describeErrors('batchNorm', {
  'batchNorm: x must have shape [B, 2, ...S], got [4, 3]. Channels are axis 1.': () =>
    layer.apply(params, zeros([4, 3]), state),
  'batchNorm: x must have at least 2 numbers per channel while training, got shape [1, 2]. Their variance is divided by one less; use a larger batch.':
    () => layer.apply(params, zeros([1, 2]), state, training),
  'batchNorm: momentum must be at least 0 and at most 1, got 2.': () => batchNorm({ features: 2, momentum: 2 }),
  'batchNorm: features must be an integer of at least 1, got 0.': () => batchNorm({ features: 0 }),
})
