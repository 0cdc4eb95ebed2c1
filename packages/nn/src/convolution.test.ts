import { fc, test } from '@fast-check/vitest'
import { cpu } from '@wengert/backend-cpu'
import { key, maxPool2d, normal, relu, roll, type Tensor, tensor, useBackend, zeros } from '@wengert/core'
import { checkLayer, laws } from '@wengert/gradcheck'
import { describeErrors, expectClose, values } from '@wengert/testing'
import { beforeAll, describe, expect, expectTypeOf, it } from 'vitest'
import { constant, conv1d, conv2d, dense, type Params, sequential } from './index.ts'

beforeAll(() => useBackend(cpu()))

const draw = (seed: number, shape: readonly number[]): Tensor => normal(key(seed), shape, { dtype: 'f64' })

interface Sizes {
  readonly stride: number
  readonly padding: number
  readonly dilation: number
  readonly groups: number
}

/** conv1d of one sequence [in, T], number after number. */
function plain(x: Tensor, weight: Tensor, bias: Tensor, { stride, padding, dilation, groups }: Sizes): number[] {
  const [inputs = 0, length = 0] = x.shape
  const [outputs = 0, each = 0, size = 0] = weight.shape
  const [data, w, b] = [values(x), values(weight), values(bias)]
  const count = Math.floor((length + 2 * padding - dilation * (size - 1) - 1) / stride) + 1
  return Array.from({ length: outputs * count }, (_, at) => {
    const [o, t] = [Math.floor(at / count), at % count]
    const first = Math.floor((o * groups) / outputs) * (inputs / groups)
    let total = b[o] as number
    for (let c = 0; c < each; c++)
      for (let k = 0; k < size; k++) {
        const place = t * stride + k * dilation - padding
        if (place >= 0 && place < length)
          total += (w[(o * each + c) * size + k] as number) * (data[(first + c) * length + place] as number)
      }
    return total
  })
}

const sizes = fc.record({
  stride: fc.integer({ min: 1, max: 3 }),
  padding: fc.nat(2),
  dilation: fc.integer({ min: 1, max: 2 }),
  groups: fc.constantFrom(1, 2),
})

describe('conv1d', () => {
  test.prop([sizes, fc.nat(100)])('is the formula, whatever stride, padding, dilation and groups', (options, seed) => {
    const layer = conv1d({ in: 4, out: 6, kernel: 3, ...options })
    const params = { weight: draw(seed, [6, 4 / options.groups, 3]), bias: draw(seed + 1, [6]) }
    const x = draw(seed + 2, [4, 8])
    const y = layer.apply(params, x)
    expectClose(y, tensor(Float64Array.from(plain(x, params.weight, params.bias, options)), { shape: y.shape }))
  })

  it('is conv2d of images of height 1', () => {
    const params = { weight: draw(1, [2, 3, 4]), bias: draw(2, [2]) }
    const x = draw(3, [5, 3, 7])
    const images = conv2d({ in: 3, out: 2, kernel: [1, 4], padding: [0, 1], stride: [1, 2] })
    const y = images.apply({ ...params, weight: params.weight.expandDims(2) }, x.expandDims(2))
    expectClose(conv1d({ in: 3, out: 2, kernel: 4, padding: 1, stride: 2 }).apply(params, x), y.squeeze(2))
  })

  it('never sees the future where the past alone is padded', () => {
    const layer = conv1d({ in: 1, out: 1, kernel: 3, padding: 2 })
    const params = { weight: draw(4, [1, 1, 3]), bias: draw(5, [1]) }
    const outputs = (last: number): number[] => values(layer.apply(params, tensor([[1, 2, 3, last]]))).slice(0, 3)
    expect(outputs(4)).toEqual(outputs(-9))
  })

  it('obeys what a layer must', () => {
    const layer = conv1d({ in: 2, out: 4, kernel: 2, stride: 2, padding: 1, groups: 2, biasInit: normal })
    expect(checkLayer(layer, draw(6, [3, 2, 3]))).toMatchObject({ parameters: 12, idle: [], batch: { rows: 3 } })
  })

  describeErrors('conv1d', {
    'conv1d: groups must be a divisor of in, 4, and of out, 3, got 2.': () =>
      conv1d({ in: 4, out: 3, kernel: 1, groups: 2 }),
    'conv1d: kernel must be an integer of at least 1, got 0.': () => conv1d({ in: 1, out: 1, kernel: 0 }),
    'conv1d: x must have shape [...B, 2, T], got [3, 5]; weight must have shape [1, 2, 3], got [1, 2, 2] (...B = []). Expected x [...B, 2, T], weight [1, 2, 3].':
      () => conv1d({ in: 2, out: 1, kernel: 3, bias: false }).apply({ weight: zeros([1, 2, 2]) }, zeros([3, 5])),
  })
})

describe('conv2d', () => {
  it('with a window of 1 is a dense layer over channels at each place', () => {
    const x = draw(7, [2, 3, 4, 5])
    const params = { weight: draw(8, [6, 3]), bias: draw(9, [6]) }
    const wanted = dense({ in: 3, out: 6 })
      .apply(params, x.transpose([0, 2, 3, 1]))
      .transpose([0, 3, 1, 2])
    const layer = conv2d({ in: 3, out: 6, kernel: 1 })
    expectClose(layer.apply({ ...params, weight: params.weight.reshape([6, 3, 1, 1]) }, x), wanted)
  })

  it('moves what it finds with the image', () => {
    const layer = conv2d({ in: 1, out: 2, kernel: 3, padding: 'same', dtype: 'f64' })
    const params = layer.init(key(0))
    const spot = (at: number): Tensor =>
      tensor(
        Float64Array.from({ length: 49 }, (_, i) => Number(i === at)),
        { shape: [1, 7, 7] },
      )
    expectClose(
      layer.apply(params, spot(32)),
      roll(roll(layer.apply(params, spot(16)), 2, { axis: 1 }), 2, { axis: 2 }),
    )
    laws.homogeneous((x: Tensor) => conv2d({ in: 1, out: 2, kernel: 3, bias: false }).apply(params, x))(
      draw(1, [1, 5, 5]),
    )
  })

  it('keeps every batch axis, also none and empty ones', () => {
    const layer = conv2d({ in: 2, out: 3, kernel: [2, 3] })
    const params = layer.init(key(0))
    for (const batch of [[], [4], [2, 3], [0]])
      expect(layer.apply(params, normal(key(1), [...batch, 2, 5, 6])).shape).toEqual([...batch, 3, 4, 4])
    expect(layer.apply(params, normal(key(1), [2, 5, 6])).dtype).toBe('f32')
  })

  it('makes models with activations and pooling', () => {
    const model = sequential(
      conv2d({ in: 1, out: 4, kernel: 3, padding: 'same' }),
      relu,
      (x) => maxPool2d(x, 2),
      conv2d({ in: 4, out: 2, kernel: 2, groups: 2, bias: false }),
    )
    expect(model.apply(model.init(key(0)), normal(key(1), [3, 1, 6, 6])).shape).toEqual([3, 2, 2, 2])
    expectTypeOf<Params<typeof model>[3]>().toEqualTypeOf<{ readonly weight: Tensor }>()
  })

  it('starts as told, with fan in = in / groups · window', () => {
    const { weight, bias } = conv2d({ in: 8, out: 32, kernel: 3, groups: 4, dtype: 'f64' }).init(key(0))
    expect([weight.shape, weight.dtype, bias.shape]).toEqual([[32, 2, 3, 3], 'f64', [32]])
    const data = values(weight)
    expect(Math.max(...data.map(Math.abs))).toBeLessThanOrEqual(Math.sqrt(6 / 18))
    expect(data.reduce((total, v) => total + v * v, 0) / data.length).toBeCloseTo(2 / 18, 1)
    expect(values(bias)).toEqual(Array(32).fill(0))
    const told = conv2d({ in: 1, out: 1, kernel: 1, weightInit: constant(2), biasInit: constant(3) }).init(key(0))
    expect([...values(told.weight), ...values(told.bias)]).toEqual([2, 3])
  })

  it('obeys what a layer must', () => {
    const layer = conv2d({ in: 2, out: 2, kernel: [2, 1], stride: [1, 2], padding: [1, 0], biasInit: normal })
    expect(checkLayer(layer, draw(10, [2, 2, 2, 3]))).toMatchObject({ parameters: 10, idle: [], batch: { rows: 2 } })
  })

  describeErrors('conv2d', {
    'conv2d: out must be an integer of at least 1, got 0.': () => conv2d({ in: 1, out: 0, kernel: 1 }),
    'conv2d: x must have shape [...B, 1, H, W], got [5, 5]. Expected x [...B, 1, H, W], weight [1, 1, 3, 3], bias [1].':
      () =>
        conv2d({ in: 1, out: 1, kernel: 3 }).apply({ weight: zeros([1, 1, 3, 3]), bias: zeros([1]) }, zeros([5, 5])),
  })
})
