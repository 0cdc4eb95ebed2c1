import { fc, test } from '@fast-check/vitest'
import { cpu } from '@wengert/backend-cpu'
import { key, normal, stack, type Tensor, tensor, useBackend, zeros } from '@wengert/core'
import { checkGradients, checkLayer } from '@wengert/gradcheck'
import { describeErrors, expectClose, values } from '@wengert/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import { type LstmParams, type LstmState, lstm, lstmCell, sequential } from '../index.ts'

beforeAll(() => useBackend(cpu()))

const draw = (seed: number, shape: readonly number[]): Tensor => normal(key(seed), shape, { dtype: 'f64' })
const sizes = { in: 2, out: 3, dtype: 'f64' } as const
const sigmoid = (v: number): number => 1 / (1 + Math.exp(-v))
const part = (x: Tensor, from: number, to: number): Tensor => x.slice([0, from, 0], [x.shape[0] as number, to, 2])

/** One step for one example, number after number. */
function plain(params: LstmParams, x: readonly number[], h: readonly number[], c: readonly number[]) {
  const [wi, wh, bi, bh] = [params.weight_ih, params.weight_hh, params.bias_ih, params.bias_hh].map(values) as [
    number[],
    number[],
    number[],
    number[],
  ]
  const gate = (row: number): number =>
    x.reduce((total, v, k) => total + v * (wi[row * x.length + k] as number), 0) +
    h.reduce((total, v, k) => total + v * (wh[row * h.length + k] as number), 0) +
    (bi[row] as number) +
    (bh[row] as number)
  const n = h.length
  const memory = c.map((v, j) => sigmoid(gate(n + j)) * v + sigmoid(gate(j)) * Math.tanh(gate(2 * n + j)))
  return { h: memory.map((v, j) => sigmoid(gate(3 * n + j)) * Math.tanh(v)), c: memory }
}

describe('lstmCell', () => {
  const cell = lstmCell(sizes)

  test.prop([fc.nat(1000)], { numRuns: 20 })('is the formula in plain numbers, with the gates i, f, g, o', (seed) => {
    const params = cell.init(key(seed))
    const [x, h, c] = [draw(seed, [2]), draw(seed + 1, [3]), draw(seed + 2, [3])]
    const wanted = plain(params, values(x), values(h), values(c))
    const after = cell.apply(params, x, { h, c })
    expectClose(after.h, tensor(Float64Array.from(wanted.h)))
    expectClose(after.c, tensor(Float64Array.from(wanted.c)))
  })

  it('keeps every digit of a memory whose gates are shut', () => {
    const shut = [-1000, 1000, 0, 0].flatMap((v) => [v, v, v])
    const params = { ...cell.init(key(1)), bias_ih: tensor(Float64Array.from(shut)) }
    const [h, c] = [draw(1, [2, 3]), draw(2, [2, 3])]
    expect(values(cell.apply(params, draw(3, [2, 2]), { h, c }).c)).toEqual(values(c))
  })

  it('obeys what a layer must, by its state as well', () => {
    const state = { h: draw(4, [2, 3]), c: draw(5, [2, 3]) }
    const layer = {
      init: cell.init,
      apply: (p: LstmParams, x: Tensor) => stack(Object.values(cell.apply(p, x, state)) as Tensor[]),
    }
    expect(checkLayer(layer, draw(6, [2, 2]), { batch: false }).idle).toEqual([])
    const params = cell.init(key(1))
    checkGradients((s: LstmState) => cell.apply(params, draw(6, [2, 2]), s), [state])
  })

  it('starts with the state 0, in f32, as PyTorch does', () => {
    const single = lstmCell({ in: 2, out: 4 })
    const params = single.init(key(0))
    const x = normal(key(1), [5, 2])
    const zero = zeros([5, 4])
    expectClose(single.apply(params, x).h, single.apply(params, x, { h: zero, c: zero }).h)
    expect(single.apply(params, x).c.dtype).toBe('f32')
    expect(Object.values(params).map(({ shape }) => shape)).toEqual([[16, 2], [16, 4], [16], [16]])
    for (const leaf of Object.values(params)) expect(Math.max(...values(leaf).map(Math.abs))).toBeLessThanOrEqual(0.5)
  })

  describeErrors('lstmCell', {
    'lstmCell: c must have shape [...B, 3], got [3] (...B = [4]). Expected x [...B, 2], weight_ih [12, 2], weight_hh [12, 3], bias_ih [12], bias_hh [12], h [...B, 3], c [...B, 3].':
      () => cell.apply(cell.init(key(0)), zeros([4, 2]), { h: zeros([4, 3]), c: zeros([3]) }),
    'lstmCell: in must be an integer of at least 1, got -1.': () => lstmCell({ in: -1, out: 0 }),
  })
})

describe('lstm', () => {
  const layer = lstm(sizes)
  const cell = lstmCell(sizes)
  const params = layer.init(key(9))

  test.prop([fc.integer({ min: 1, max: 9 }), fc.nat(100)], { numRuns: 10 })(
    'is its cell, step by step',
    (length, seed) => {
      const x = draw(seed, [3, length, 2])
      let state = { h: draw(seed + 1, [3, 3]), c: draw(seed + 2, [3, 3]) } as LstmState
      const [outputs, last] = layer.run(params, x, state)
      const steps = Array.from({ length }, (_, t) => {
        state = cell.apply(params, part(x, t, t + 1).squeeze(1), state)
        return state.h
      })
      expectClose(outputs, stack(steps, { axis: 1 }))
      expectClose(last.h, state.h)
      expectClose(last.c, state.c)
    },
  )

  it('goes on where a part of a sequence ended, and never sees the future', () => {
    const x = draw(10, [2, 7, 2])
    const [whole, last] = layer.run(params, x)
    const [first, middle] = layer.run(params, part(x, 0, 3))
    const [second, end] = layer.run(params, part(x, 3, 7), middle)
    expectClose(whole.slice([0, 0, 0], [2, 3, 3]), first)
    expectClose(whole.slice([0, 3, 0], [2, 7, 3]), second)
    expectClose(end.c, last.c)
  })

  it('obeys what a layer must', () => {
    expect(checkLayer(layer, draw(12, [2, 3, 2]))).toMatchObject({ idle: [], batch: { rows: 2 } })
  })

  it('stacks, with any batch axes', () => {
    const model = sequential(lstm({ in: 2, out: 4 }), lstm({ in: 4, out: 3 }))
    for (const batch of [[], [2], [2, 3], [0]])
      expect(model.apply(model.init(key(0)), normal(key(1), [...batch, 5, 2])).shape).toEqual([...batch, 5, 3])
  })

  describeErrors('lstm', {
    'lstm: x must have at least 1 element along axis -2, time, got [0, 2].': () => layer.apply(params, zeros([0, 2])),
  })
})
