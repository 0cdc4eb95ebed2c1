import { fc, test } from '@fast-check/vitest'
import { cpu } from '@wengert/backend-cpu'
import {
  customVjp,
  type Key,
  matmul,
  mean,
  normal,
  type Tensor,
  tanh,
  tensor,
  uniform,
  useBackend,
  zeros,
} from '@wengert/core'
import { beforeAll, describe, expect, it } from 'vitest'
import { checkLayer, tensors } from './index.ts'

beforeAll(() => useBackend(cpu()))

const affine = {
  init: (key: Key) => ({ weight: normal(key, [2, 3], { dtype: 'f64' }), bias: zeros([3]) }),
  apply: ({ weight, bias }: { weight: Tensor; bias: Tensor }, x: Tensor) => tanh(matmul(x, weight).add(bias)),
}
const x = tensor([
  [1, 2],
  [-1, 0.5],
])

describe('checkLayer', () => {
  test.prop([tensors([3, 2]), fc.nat()], { numRuns: 20 })(
    'passes a right layer and says what it did',
    (input, seed) => {
      const report = checkLayer(affine, input, { seed })
      expect(report).toMatchObject({ parameters: 9, idle: [], batch: { rows: 3 }, gradients: { order: 2, inputs: 15 } })
      expect(report.pullback.laws).toContain('adjoint')
    },
  )

  it('lists parameters without effect', () => {
    const forgetful = { ...affine, apply: (p: { weight: Tensor; bias: Tensor }, v: Tensor) => matmul(v, p.weight) }
    expect(checkLayer(forgetful, x).idle).toEqual(['params.bias'])
    const bare = { init: () => [] as const, apply: (_: readonly [], v: Tensor) => tanh(v) }
    expect(checkLayer(bare, x)).toMatchObject({ parameters: 0, idle: [] })
  })

  it('hands the context on, and takes the input for no batch with one', () => {
    const scaled = {
      init: () => [] as const,
      apply: (_: readonly [], v: Tensor, context?: { factor: number }) => mean(v.square()).mul(context?.factor ?? 0),
    }
    expect(checkLayer(scaled, x, { context: { factor: 2 } }).batch).toBeNull()
    expect(() => checkLayer(scaled, x)).toThrow('checkBatch: f must return a row for each of the 2 of the batch')
    expect(checkLayer(scaled, x, { batch: false }).batch).toBeNull()
  })

  it('finds what is wrong with a layer', () => {
    const half = customVjp(
      (v: Tensor) => v.square(),
      (g, _, v) => [g.mul(v)],
    )
    const wrong = { ...affine, apply: (p: { weight: Tensor; bias: Tensor }, v: Tensor) => half(affine.apply(p, v)) }
    expect(() => checkLayer(wrong, x)).toThrow('checkGradients: the derivative of order 1 must equal')
    const coupled = {
      ...affine,
      apply: (p: { weight: Tensor; bias: Tensor }, v: Tensor) => affine.apply(p, v.sub(mean(v, { axis: 0 }))),
    }
    expect(() => checkLayer(coupled, x)).toThrow('checkBatch: f must give each row the value that it has alone')
    const chance = {
      ...affine,
      init: () => ({
        weight: tensor([
          [1, 2, 3],
          [4, 5, Math.random()],
        ]),
        bias: zeros([3]),
      }),
    }
    expect(() => checkLayer(chance, x)).toThrow('checkLayer: init must make the same of the same key, got 0.')
    const infinite = { ...affine, init: (key: Key) => ({ weight: uniform(key, [2, 3]).div(0), bias: zeros([3]) }) }
    expect(() => checkLayer(infinite, x)).toThrow(
      'checkLayer: init must make finite parameters, got Infinity in leaf 0.',
    )
  })
})
