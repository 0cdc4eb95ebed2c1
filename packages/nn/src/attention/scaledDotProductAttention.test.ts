import { fc, test } from '@fast-check/vitest'
import { cpu } from '@wengert/backend-cpu'
import { grad, key, normal, ones, sum, type Tensor, take, tensor, useBackend } from '@wengert/core'
import { checkGradients, checkPullback, laws, masks, permutations, tensors } from '@wengert/gradcheck'
import { describeErrors, distance, expectClose, value, values } from '@wengert/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import { type AttentionOptions, attentionWeights, scaledDotProductAttention } from '../index.ts'

beforeAll(() => useBackend(cpu()))

const runs = { numRuns: 25 }
const small = { min: -3, max: 3 }

/** Queries, keys and values of a batch, with a mask and a bias. */
const drawn = fc
  .record({
    batch: fc.integer({ min: 1, max: 2 }),
    l: fc.integer({ min: 1, max: 4 }),
    s: fc.integer({ min: 1, max: 4 }),
    d: fc.integer({ min: 1, max: 3 }),
  })
  .chain(({ batch, l, s, d }) =>
    fc.record({
      q: tensors([batch, l, d], small),
      k: tensors([batch, s, d], small),
      v: tensors([batch, s, 2], small),
      mask: masks([l, s]),
      bias: tensors([batch, l, s], small),
    }),
  )

const choices: fc.Arbitrary<Pick<AttentionOptions, 'causal' | 'window' | 'scale'>> = fc.record(
  { causal: fc.boolean(), window: fc.integer({ min: 1, max: 4 }), scale: fc.constantFrom(0.3, 1, 2) },
  { requiredKeys: [] },
)

/** Attention pair by pair in plain numbers. */
function plainAttention(q: Tensor, k: Tensor, v: Tensor, o: AttentionOptions): number[] {
  const [batch = 0, l = 0, d = 0] = q.shape
  const [, s = 0, e = 0] = v.shape
  const [a, b, c] = [q, k, v].map(values) as [number[], number[], number[]]
  const allowed = o.mask && values(o.mask)
  const added = o.bias && values(o.bias)
  const out: number[] = []
  for (let n = 0; n < batch; n++)
    for (let i = 0; i < l; i++) {
      const weights = Array.from({ length: s }, (_, j) => {
        const ahead = j - (i + s - l)
        const hidden =
          (o.causal && ahead > 0) ||
          (o.window !== undefined && Math.abs(ahead) >= o.window) ||
          allowed?.[i * s + j] === 0
        let product = 0
        for (let f = 0; f < d; f++) product += (a[(n * l + i) * d + f] as number) * (b[(n * s + j) * d + f] as number)
        return hidden ? 0 : Math.exp(product * (o.scale ?? 1 / Math.sqrt(d)) + (added?.[(n * l + i) * s + j] ?? 0))
      })
      const total = weights.reduce((sum, w) => sum + w, 0)
      for (let f = 0; f < e; f++) {
        const weighted = weights.reduce((sum, w, j) => sum + w * (c[(n * s + j) * e + f] as number), 0)
        out.push(total === 0 ? 0 : weighted / total)
      }
    }
  return out
}

describe('scaledDotProductAttention', () => {
  test.prop([drawn, choices, fc.boolean(), fc.boolean()], { numRuns: 60 })(
    'is the average that plain numbers give, whatever is masked',
    ({ q, k, v, mask, bias }, choice, masked, biased) => {
      const options = { ...choice, ...(masked && { mask }), ...(biased && { bias }) }
      const y = values(scaledDotProductAttention(q, k, v, options))
      expect(distance(y, plainAttention(q, k, v, options))).toBeLessThan(1e-11)
    },
  )

  test.prop([drawn, choices, fc.boolean()], { numRuns: 8 })(
    'has right derivatives to order 2 by queries, keys, values and bias, also where rows see nothing',
    ({ q, k, v, mask, bias }, choice, masked) => {
      const f = (q: Tensor, k: Tensor, v: Tensor, bias: Tensor) =>
        scaledDotProductAttention(q, k, v, { ...choice, bias, ...(masked && { mask }) })
      checkGradients(f, [q, k, v, bias])
      checkPullback(f, [q, k, v, bias])
    },
  )

  test.prop([drawn], runs)('gives 0 and passes on 0 where all is masked', ({ q, k, v, mask }) => {
    const none = mask.and(mask.not())
    const [l = 0, s = 0] = mask.shape
    const minus = tensor(new Float64Array(l * s).fill(Number.NEGATIVE_INFINITY), { shape: [l, s] })
    for (const options of [{ mask: none }, { bias: minus }]) {
      expect(values(scaledDotProductAttention(q, k, v, options)).every((y) => y === 0)).toBe(true)
      const gradients = grad(([q, k, v]: [Tensor, Tensor, Tensor]) =>
        sum(scaledDotProductAttention(q, k, v, options).add(1).square()),
      )([q, k, v])
      for (const g of gradients) expect(values(g).every((x) => x === 0)).toBe(true)
    }
  })

  test.prop([drawn, choices], runs)('takes a bias of −∞ for a mask', ({ q, k, v, mask, bias }, choice) => {
    const hidden = tensor(
      values(mask).map((keep) => (keep ? 0 : Number.NEGATIVE_INFINITY)),
      { shape: mask.shape, dtype: 'f64' },
    )
    const one = scaledDotProductAttention(q, k, v, { ...choice, bias: bias.add(hidden) })
    expectClose(one, scaledDotProductAttention(q, k, v, { ...choice, bias, mask }))
  })

  test.prop([drawn, fc.nat(3)], runs)('never lets the future change the past', ({ q, v, bias }, at) => {
    // As many keys as queries, so that the positions are plain.
    const keys = q.add(1)
    const payload = take(v, tensor(new Int32Array(q.shape[1] as number)), { axis: 1 })
    const i = at % (q.shape[1] as number)
    const past = (k: Tensor, v: Tensor) =>
      sum(scaledDotProductAttention(q, k, v, { causal: true }).slice([0, 0, 0], [bias.shape[0] as number, i + 1, 2]))
    const [gk, gv] = grad(([k, v]: [Tensor, Tensor]) => past(k, v))([keys, payload])
    for (const g of [gk, gv]) {
      const [n = 0, s = 0, d = 0] = g.shape
      expect(values(g.slice([0, i + 1, 0], [n, s, d])).every((x) => x === 0)).toBe(true)
    }
  })

  test.prop([drawn, choices], runs)('does not change where one vector is added to all keys', ({ q, k, v }, choice) => {
    const moved = k.add(tensor([0.5, -2, 1].slice(0, k.shape.at(-1)), { dtype: 'f64' }))
    expectClose(scaledDotProductAttention(q, moved, v, choice), scaledDotProductAttention(q, k, v, choice), 1e-10)
  })

  test.prop(
    [drawn.chain((args) => permutations(args.k.shape[1] as number).map((order) => ({ ...args, order })))],
    runs,
  )('does not depend on the order of keys with their values', ({ q, k, v, order }) => {
    const y = scaledDotProductAttention(q, take(k, order, { axis: 1 }), take(v, order, { axis: 1 }))
    expectClose(y, scaledDotProductAttention(q, k, v))
  })

  test.prop([drawn, choices], runs)('treats each example by itself', ({ q, k, v }, choice) => {
    laws.exampleWise((q: Tensor, k: Tensor, v: Tensor) => scaledDotProductAttention(q, k, v, choice))(q, k, v)
  })

  test.prop([drawn, choices], runs)('stays between the least and the greatest value', ({ q, k, v }, choice) => {
    const y = values(scaledDotProductAttention(q, k, v, choice))
    const all = values(v)
    expect(Math.max(...y)).toBeLessThanOrEqual(Math.max(0, ...all) + 1e-12)
    expect(Math.min(...y)).toBeGreaterThanOrEqual(Math.min(0, ...all) - 1e-12)
  })

  it('is finite where scores are large in f32', () => {
    const q = tensor([[1e4], [-1e4]])
    const y = scaledDotProductAttention(q, q, tensor([[1], [2]]), { scale: 1 })
    expect(y.dtype).toBe('f32')
    expect(values(y)).toEqual([1, 2])
  })

  it('drops weights by the key alone, and keeps the mean', () => {
    const v = ones([4000, 1])
    const q = ones([1, 1])
    const drop = (seed: number) => scaledDotProductAttention(q, v, v, { dropout: 0.5, key: key(seed) })
    expect(value(drop(1).squeeze())).toBe(value(drop(1).squeeze()))
    expect(value(drop(1).squeeze())).not.toBe(value(drop(2).squeeze()))
    expect(Math.abs(value(drop(1).squeeze()) - 1)).toBeLessThan(0.1)
    expect(value(scaledDotProductAttention(q, v, v, { dropout: 0.5 }).squeeze())).toBeCloseTo(1, 5)
  })
})

describe('attentionWeights', () => {
  test.prop([drawn, choices], runs)('add up to 1 or are all 0, and weigh the values', ({ q, k, v, mask }, choice) => {
    const options = { ...choice, mask }
    const weights = attentionWeights(q, k, options)
    for (const total of values(sum(weights, { axis: -1 })))
      expect(Math.min(Math.abs(total - 1), total)).toBeLessThan(1e-12)
    const y = sum(weights.expandDims(-1).mul(v.expandDims(1)), { axis: 2 })
    expectClose(scaledDotProductAttention(q, k, v, options), y)
  })

  it('align the last query with the last key', () => {
    const q = normal(key(1), [2, 3])
    const keys = normal(key(2), [4, 3])
    const seen = values(attentionWeights(q, keys, { causal: true, window: 2 })).map((w) => w > 0)
    expect(seen).toEqual([false, true, true, false, false, false, true, true])
    const near = values(attentionWeights(q, keys, { window: 2 })).map((w) => w > 0)
    expect(near).toEqual([false, true, true, true, false, false, true, true])
  })
})

const [q, k, v] = [ones([2, 3]), ones([4, 3]), ones([4, 5])]
describeErrors('scaledDotProductAttention', {
  'scaledDotProductAttention: keys must have shape [...B, S, D], got [4, 5] (...B = [], L = 2, D = 3, S = 4, E = 5). Expected queries [...B, L, D], keys [...B, S, D], values [...B, S, E].':
    () => scaledDotProductAttention(q, v, v),
  'scaledDotProductAttention: mask must be bool, got f32. Compare it, e.g. mask.notEqual(0); what is to be added is the bias.':
    () => scaledDotProductAttention(q, k, v, { mask: ones([2, 4]) }),
  'scaledDotProductAttention: mask must have a shape that broadcasts to that of the scores, [2, 4], got [4, 2]. Give axes along which it is the same size 1.':
    () => scaledDotProductAttention(q, k, v, { mask: ones([4, 2]).equal(1) }),
  'scaledDotProductAttention: bias must have a shape that broadcasts to that of the scores, [2, 4], got [1, 2, 4]. Give axes along which it is the same size 1.':
    () => scaledDotProductAttention(q, k, v, { bias: ones([1, 2, 4]) }),
  'scaledDotProductAttention: window must be an integer of at least 1, got 0.': () =>
    scaledDotProductAttention(q, k, v, { window: 0 }),
  "scaledDotProductAttention: queries must be f16, f32 or f64, got i32 [2, 3]. Cast it, e.g. queries.cast('f32').":
    () => scaledDotProductAttention(q.cast('i32'), k, v),
})
