import { test } from '@fast-check/vitest'
import { cpu } from '@wengert/backend-cpu'
import { key, mapTree, normal, ones, relu, type Tensor, take, useBackend, zeros } from '@wengert/core'
import { checkLayer, permutations, tensors } from '@wengert/gradcheck'
import { describeErrors, distance, expectClose, runs, values } from '@wengert/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import { type MixerBlockParams, mixerBlock } from './index.ts'

beforeAll(() => useBackend(cpu()))

const sizes = { tokens: 3, features: 2, tokenHidden: 4, hidden: 5, dtype: 'f64' } as const
const block = mixerBlock(sizes)
let n = 0
/** Normal parameters, so that no bias is 0 and no norm a mere identity. */
const params = mapTree((p) => normal(key(n++), p.shape, { dtype: 'f64' }), block.init(key(0)))

type Rows = readonly (readonly number[])[]
const rowsOf = (x: Tensor): Rows => {
  const [rows = 0, columns = 0] = x.shape
  return Array.from({ length: rows }, (_, i) => values(x).slice(i * columns, (i + 1) * columns))
}
const flipped = (x: Rows): Rows => (x[0] as readonly number[]).map((_, j) => x.map((row) => row[j] as number))
const sumOf = (x: Rows, y: Rows): Rows => x.map((row, i) => row.map((v, j) => v + (y[i]?.[j] as number)))

/** W x + b of each row, in plain numbers. */
const plainDense = (x: Rows, { weight, bias }: { weight: Tensor; bias: Tensor }): Rows =>
  x.map((row) =>
    rowsOf(weight).map((w, o) => w.reduce((total, v, i) => total + v * (row[i] as number), values(bias)[o] as number)),
  )
const plainMlp = (x: Rows, { fc1, fc2 }: MixerBlockParams['mlp_tokens']): Rows =>
  plainDense(
    plainDense(x, fc1).map((row) => row.map((v) => Math.max(0, v))),
    fc2,
  )
const plainNorm = (x: Rows, { weight, bias }: { weight: Tensor; bias: Tensor }): Rows =>
  x.map((row) => {
    const mean = row.reduce((total, v) => total + v, 0) / row.length
    const spread = Math.sqrt(row.reduce((total, v) => total + (v - mean) ** 2, 0) / row.length + 1e-6)
    return row.map((v, i) => ((v - mean) / spread) * (values(weight)[i] as number) + (values(bias)[i] as number))
  })

describe('mixerBlock', () => {
  it('obeys what a layer must', () => {
    const x = normal(key(9), [2, 3, 2], { dtype: 'f64' })
    expect(checkLayer({ ...block, init: () => params }, x)).toMatchObject({ idle: [], batch: { rows: 2 } })
  })

  test.prop([tensors([3, 2], { distinct: true })], runs(0.3))('is the formula in plain numbers', (x) => {
    const { norm1, mlp_tokens, norm2, mlp_channels } = params
    const x1 = sumOf(rowsOf(x), flipped(plainMlp(flipped(plainNorm(rowsOf(x), norm1)), mlp_tokens)))
    const wanted = sumOf(x1, plainMlp(plainNorm(x1, norm2), mlp_channels))
    const y = mixerBlock({ ...sizes, activation: relu }).apply(params, x)
    expect(distance(values(y), wanted.flat())).toBeLessThan(1e-9)
  })

  test.prop([tensors([2, 3, 2]), permutations(3)], runs(0.3))(
    'follows the order of tokens where its weights do too',
    (x, order) => {
      const { fc1, fc2 } = params.mlp_tokens
      const moved = {
        ...params,
        mlp_tokens: {
          fc1: { ...fc1, weight: take(fc1.weight, order, { axis: 1 }) },
          fc2: { weight: take(fc2.weight, order, { axis: 0 }), bias: take(fc2.bias, order, { axis: 0 }) },
        },
      }
      const y = take(block.apply(params, x), order, { axis: 1 })
      expectClose(block.apply(moved, take(x, order, { axis: 1 })), y, 1e-9)
    },
  )

  it('is the identity where its last layers are 0', () => {
    const still = mapTree((p, path) => (path.includes('fc2') ? zeros(p.shape, { dtype: 'f64' }) : p), params)
    const x = normal(key(3), [3, 2], { dtype: 'f64' })
    expect(values(block.apply(still, x))).toEqual(values(x))
  })

  it('has the names and sizes of timm, in f32 unless told', () => {
    const made = mixerBlock({ tokens: 7, features: 5 }).init(key(0))
    expect(Object.keys(made)).toEqual(['norm1', 'mlp_tokens', 'norm2', 'mlp_channels'])
    const { fc1, fc2 } = made.mlp_tokens
    expect([fc1.weight.shape, fc2.weight.shape, made.mlp_channels.fc1.weight.shape]).toEqual([
      [3, 7],
      [7, 3],
      [20, 5],
    ])
    expect(mixerBlock({ tokens: 7, features: 5 }).apply(made, ones([7, 5])).dtype).toBe('f32')
  })

  describeErrors('mixerBlock', {
    'mixerBlock: x must have shape [...B, 3, 2], got [4, 2] (...B = []). Expected x [...B, 3, 2].': () =>
      block.apply(params, zeros([4, 2])),
    'mixerBlock: tokenHidden must be an integer of at least 1, got 0.': () => mixerBlock({ ...sizes, tokenHidden: 0 }),
    'mixerBlock: features must be an integer of at least 1, got 0.': () => mixerBlock({ tokens: 1, features: 0 }),
  })
})
