import { fc, test } from '@fast-check/vitest'
import { cpu } from '@wengert/backend-cpu'
import { normal, ones, key as seeded, useBackend } from '@wengert/core'
import { describeErrors, distance, expectClose, values } from '@wengert/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import { alibiBias, alibiSlopes, attentionWeights, scaledDotProductAttention } from '../index.ts'

beforeAll(() => useBackend(cpu()))

const heads = fc.integer({ min: 1, max: 40 })
const lengths = fc.integer({ min: 1, max: 6 })

describe('alibiSlopes', () => {
  test.prop([heads])('are those of the power of 2 below, then every other one of the next', (n) => {
    // As a recursion over powers of 2.
    const geometric = (m: number): number[] => Array.from({ length: m }, (_, i) => 2 ** (-(8 / m) * (i + 1)))
    const slopes = (m: number): number[] => {
      if (Number.isInteger(Math.log2(m))) return geometric(m)
      const below = 2 ** Math.floor(Math.log2(m))
      return [...geometric(below), ...slopes(2 * below).filter((_, i) => i % 2 === 0)].slice(0, m)
    }
    expect(distance(values(alibiSlopes(n, { dtype: 'f64' })), slopes(n))).toBeLessThan(1e-14)
  })
})

describe('alibiBias', () => {
  test.prop([heads, lengths, lengths, fc.boolean()])('is a slope times a distance', (n, l, s, symmetric) => {
    const slopes = values(alibiSlopes(n, { dtype: 'f64' }))
    const bias = alibiBias({ heads: n, queryLength: l, keyLength: s, symmetric, dtype: 'f64' })
    const wanted = slopes.flatMap((slope) =>
      Array.from({ length: l * s }, (_, at) => {
        const ahead = (at % s) - (Math.floor(at / s) + s - l)
        return slope * (symmetric ? -Math.abs(ahead) : ahead)
      }),
    )
    expect(bias.shape).toEqual([n, l, s])
    expect(distance(values(bias), wanted)).toBeLessThan(1e-14)
  })

  it('makes causal attention fade with the distance, and the same whatever comes before', () => {
    const keys = ones([2, 6, 3])
    const bias = alibiBias({ heads: 2, queryLength: 6 })
    const last = values(attentionWeights(keys, keys, { causal: true, bias })).slice(-6)
    expect(last).toEqual([...last].sort((a, b) => a - b))
    const [q, k, v] = [1, 2, 3].map((seed) => normal(seeded(seed), [2, 6, 3], { dtype: 'f64' })) as [
      never,
      never,
      never,
    ]
    // A bias that counts from the start of the text differs by a number a row, which softmax does not see.
    const slopes = alibiSlopes(2, { dtype: 'f64' }).reshape([2, 1, 1])
    const positions = alibiBias({ heads: 1, queryLength: 1, keyLength: 6, dtype: 'f64' }).mul(2 ** 8)
    const one = scaledDotProductAttention(q, k, v, { causal: true, bias: slopes.mul(positions) })
    const other = alibiBias({ heads: 2, queryLength: 6, dtype: 'f64' })
    expectClose(one, scaledDotProductAttention(q, k, v, { causal: true, bias: other }))
  })
})

describeErrors('alibiBias', {
  'alibiBias: heads must be an integer of at least 1, got 0.': () => alibiBias({ heads: 0, queryLength: 2 }),
  'alibiBias: queryLength must be an integer of at least 1, got 1.5.': () => alibiBias({ heads: 2, queryLength: 1.5 }),
  'alibiBias: keyLength must be an integer of at least 1, got 0.': () =>
    alibiBias({ heads: 2, queryLength: 1, keyLength: 0 }),
  'alibiSlopes: heads must be an integer of at least 1, got 0.': () => alibiSlopes(0),
})
