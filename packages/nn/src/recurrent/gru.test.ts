import { fc, test } from '@fast-check/vitest'
import { cpu } from '@wengert/backend-cpu'
import { grad, key, normal, stack, sum, type Tensor, tensor, useBackend, zeros } from '@wengert/core'
import { checkGradients, checkLayer } from '@wengert/gradcheck'
import { describeErrors, expectClose, values } from '@wengert/testing'
import { beforeAll, describe, expect, expectTypeOf, it } from 'vitest'
import { dense, type GruParams, gru, gruCell, type Params, sequential } from '../index.ts'

beforeAll(() => useBackend(cpu()))

const draw = (seed: number, shape: readonly number[]): Tensor => normal(key(seed), shape, { dtype: 'f64' })
const sizes = { in: 2, out: 3, dtype: 'f64' } as const
const variants = ['pytorch', 'tf1'] as const

const part = (x: Tensor, from: number, to: number): Tensor => x.slice([0, from, 0], [x.shape[0] as number, to, 2])

describe.each(variants)('gruCell as in %s', (variant) => {
  const cell = gruCell({ ...sizes, variant })

  it('obeys what a layer must', () => {
    const h = draw(1, [2, 3])
    const layer = { init: cell.init, apply: (p: GruParams<typeof variant>, x: Tensor) => cell.apply(p, x, h) }
    expect(checkLayer(layer, draw(2, [2, 2]), { batch: false }).idle).toEqual([])
    const params = cell.init(key(1))
    checkGradients((h: Tensor) => cell.apply(params, draw(2, [2, 2]), h), [h])
  })

  test.prop([fc.nat(100)])('never leaves the range of its state and ±1', (seed) => {
    const h = draw(seed, [4, 3]).mul(3)
    const after = values(cell.apply(cell.init(key(seed)), draw(seed + 1, [4, 2]).mul(5), h))
    after.forEach((v, i) => {
      expect(Math.abs(v)).toBeLessThanOrEqual(Math.max(1, Math.abs(values(h)[i] as number)))
    })
  })

  it('starts with the state 0, and keeps f32', () => {
    const params = cell.init(key(3))
    const x = draw(4, [2, 2])
    expectClose(cell.apply(params, x), cell.apply(params, x, zeros([2, 3], { dtype: 'f64' })))
    const single = gruCell({ in: 2, out: 3, variant })
    expect(single.apply(single.init(key(0)), normal(key(1), [2])).dtype).toBe('f32')
  })

  it('takes any batch axes', () => {
    const params = cell.init(key(5))
    const [x, h] = [draw(6, [2, 4, 2]), draw(7, [2, 4, 3])]
    const flat = cell.apply(params, x.reshape([8, 2]), h.reshape([8, 3]))
    expectClose(cell.apply(params, x, h), flat.reshape([2, 4, 3]))
    expect(cell.apply(params, draw(8, [2])).shape).toEqual([3])
    expect(cell.apply(params, zeros([0, 2])).shape).toEqual([0, 3])
  })
})

describe('gruCell', () => {
  const sigmoid = (v: number): number => 1 / (1 + Math.exp(-v))

  it("is 'pytorch' in plain numbers: the reset acts behind the matrix", () => {
    const params = {
      weight_ih: draw(1, [3, 1]),
      weight_hh: draw(2, [3, 1]),
      bias_ih: draw(3, [3]),
      bias_hh: draw(4, [3]),
    }
    const [wi, wh, bi, bh] = Object.values(params).map(values) as [number[], number[], number[], number[]]
    const input = (i: number): number => 0.7 * (wi[i] as number) + (bi[i] as number)
    const hidden = (i: number): number => -0.4 * (wh[i] as number) + (bh[i] as number)
    const n = Math.tanh(input(2) + sigmoid(input(0) + hidden(0)) * hidden(2))
    const z = sigmoid(input(1) + hidden(1))
    const y = gruCell({ in: 1, out: 1 }).apply(params, tensor([0.7]).cast('f64'), tensor(Float64Array.of(-0.4)))
    expect(y.item()).toBeCloseTo((1 - z) * n + z * -0.4, 6)
  })

  it('keeps every digit of a state whose gate is shut', () => {
    const h = draw(5, [2, 3])
    const bias = tensor(Float64Array.from({ length: 9 }, (_, i) => (i >= 3 && i < 6 ? 1000 : 0)))
    const params = { ...gruCell(sizes).init(key(1)), bias_ih: bias }
    expect(values(gruCell(sizes).apply(params, draw(6, [2, 2]), h))).toEqual(values(h))
    const tf1 = gruCell({ ...sizes, variant: 'tf1' })
    const gateBias = tensor(Float64Array.from({ length: 6 }, (_, i) => (i >= 3 ? 1000 : 0)))
    expect(values(tf1.apply({ ...tf1.init(key(1)), gateBias }, draw(6, [2, 2]), h))).toEqual(values(h))
  })

  it('is the same in both forms where the reset gate is open', () => {
    const open = tensor(Float64Array.from({ length: 9 }, (_, i) => (i < 3 ? 1000 : 0)))
    const params = { ...gruCell(sizes).init(key(2)), bias_ih: open, bias_hh: zeros([9], { dtype: 'f64' }) }
    const kernel = (from: number, to: number): Tensor =>
      stack(
        [...values(params.weight_ih.transpose()), ...values(params.weight_hh.transpose())].map((v) =>
          tensor(Float64Array.of(v)),
        ),
      )
        .reshape([5, 9])
        .slice([0, from], [5, to])
    const other: GruParams<'tf1'> = {
      gateKernel: kernel(0, 6),
      gateBias: open.slice([0], [6]),
      candidateKernel: kernel(6, 9),
      candidateBias: zeros([3], { dtype: 'f64' }),
    }
    const [x, h] = [draw(7, [4, 2]), draw(8, [4, 3])]
    expectClose(gruCell({ ...sizes, variant: 'tf1' }).apply(other, x, h), gruCell(sizes).apply(params, x, h))
  })

  it('starts as the frameworks do', () => {
    const params = gruCell({ in: 5, out: 16 }).init(key(0))
    expect(Object.entries(params).map(([name, { shape }]) => [name, ...shape])).toEqual([
      ['weight_ih', 48, 5],
      ['weight_hh', 48, 16],
      ['bias_ih', 48],
      ['bias_hh', 48],
    ])
    for (const leaf of Object.values(params)) expect(Math.max(...values(leaf).map(Math.abs))).toBeLessThanOrEqual(0.25)
    const tf1 = gruCell({ in: 5, out: 16, variant: 'tf1' }).init(key(0))
    expectTypeOf(tf1).toEqualTypeOf<GruParams<'tf1'>>()
    expect([tf1.gateKernel.shape, tf1.candidateKernel.shape]).toEqual([
      [21, 32],
      [21, 16],
    ])
    expect([...values(tf1.gateBias), ...values(tf1.candidateBias)]).toEqual([
      ...Array(32).fill(1),
      ...Array(16).fill(0),
    ])
  })

  const x = zeros([4, 2])
  describeErrors('gruCell', {
    'gruCell: h must have shape [...B, 3], got [5, 3] (...B = [4]). Expected x [...B, 2], weight_ih [9, 2], weight_hh [9, 3], bias_ih [9], bias_hh [9], h [...B, 3].':
      () => gruCell(sizes).apply(gruCell(sizes).init(key(0)), x, zeros([5, 3])),
    "gruCell: variant must be 'pytorch' or 'tf1', got keras.": () => gruCell({ ...sizes, variant: 'keras' as 'tf1' }),
    'gruCell: out must be an integer of at least 1, got 0.': () => gruCell({ in: 1, out: 0 }),
  })
})

describe.each(variants)('gru as in %s', (variant) => {
  const layer = gru({ ...sizes, variant })
  const cell = gruCell({ ...sizes, variant })
  const params = layer.init(key(9))

  test.prop([fc.integer({ min: 1, max: 9 }), fc.nat(100)], { numRuns: 10 })(
    'is its cell, step by step',
    (length, seed) => {
      const x = draw(seed, [3, length, 2])
      let h = draw(seed + 1, [3, 3])
      const [outputs, last] = layer.run(params, x, h)
      const steps = Array.from({ length }, (_, t) => {
        h = cell.apply(params, part(x, t, t + 1).squeeze(1), h)
        return h
      })
      expectClose(outputs, stack(steps, { axis: 1 }))
      expectClose(last, h)
    },
  )

  it('goes on where a part of a sequence ended', () => {
    const x = draw(10, [2, 7, 2])
    const [whole, last] = layer.run(params, x)
    const [first, middle] = layer.run(params, part(x, 0, 3))
    const [second, end] = layer.run(params, part(x, 3, 7), middle)
    expectClose(whole.slice([0, 0, 0], [2, 3, 3]), first)
    expectClose(whole.slice([0, 3, 0], [2, 7, 3]), second)
    expectClose(end, last)
    expectClose(layer.apply(params, x), whole)
  })

  it('never sees the future, in values or gradients', () => {
    const x = draw(11, [1, 5, 2])
    const past = (x: Tensor): Tensor => layer.apply(params, x).slice([0, 0, 0], [1, 3, 3])
    const other = stack(
      [...Array(3).keys(), 0, 0].map((t) => part(x, t, t + 1).reshape([1, 2])),
      { axis: 1 },
    )
    expect(values(past(other))).toEqual(values(past(x)))
    const gradient = values(grad((x: Tensor) => sum(past(x)))(x))
    expect(gradient.slice(0, 6)).not.toContain(0)
    expect(gradient.slice(6)).toEqual([0, 0, 0, 0])
  })

  it('obeys what a layer must', () => {
    expect(checkLayer(layer, draw(12, [2, 3, 2]))).toMatchObject({ idle: [], batch: { rows: 2 } })
    checkGradients((h: Tensor) => layer.run(params, draw(12, [2, 2, 2]), h), [draw(13, [2, 3])])
  })
})

describe('gru', () => {
  it('stacks, with any batch axes', () => {
    const model = sequential(gru({ in: 2, out: 4 }), gru({ in: 4, out: 3 }), dense({ in: 3, out: 1 }))
    expectTypeOf<Params<typeof model>[0]>().toEqualTypeOf<GruParams>()
    for (const batch of [[], [2], [2, 3], [0]])
      expect(model.apply(model.init(key(0)), normal(key(1), [...batch, 5, 2])).shape).toEqual([...batch, 5, 1])
  })

  it('has gradients through long sequences', () => {
    const layer = gru({ in: 1, out: 4, dtype: 'f64' })
    const params = layer.init(key(0))
    const last = (x: Tensor): Tensor => sum(layer.run(params, x)[1])
    const gradient = values(grad(last)(draw(14, [1, 100, 1])))
    expect(Math.abs(gradient.at(-1) as number)).toBeGreaterThan(Math.abs(gradient[0] as number))
    expect(gradient.every(Number.isFinite)).toBe(true)
  })

  describeErrors('gru', {
    'gru: x must have at least 1 element along axis -2, time, got [3, 0, 2].': () =>
      gru(sizes).apply(gru(sizes).init(key(0)), zeros([3, 0, 2])),
    'gru: x must have shape [...B, T, 2], got [2]. Expected x [...B, T, 2], weight_ih [9, 2], weight_hh [9, 3], bias_ih [9], bias_hh [9].':
      () => gru(sizes).apply(gru(sizes).init(key(0)), zeros([2])),
  })
})
