import { fc, test } from '@fast-check/vitest'
import { cpu } from '@wengert/backend-cpu'
import { concat, eye, grad, key, normal, ones, sum, type Tensor, take, tensor, useBackend, zeros } from '@wengert/core'
import { checkGradients, checkPullback, laws, masks, permutations, tensors } from '@wengert/gradcheck'
import { describeErrors, distance, expectClose, runs, value, values } from '@wengert/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import { type LssaOptions, type LssarOptions, lssaAttention, lssarAttention } from '../index.ts'

beforeAll(() => useBackend(cpu()))

const few = runs(0.1)
const small = { min: -3, max: 3 }
/** Queries, keys and values of one example, with a mask. */
const drawn = fc
  .record({ l: fc.integer({ min: 1, max: 4 }), s: fc.integer({ min: 1, max: 5 }), d: fc.integer({ min: 1, max: 3 }) })
  .chain(({ l, s, d }) =>
    fc.record({
      q: tensors([l, d], small),
      k: tensors([s, d], small),
      v: tensors([s, 2], small),
      mask: masks([l, s]),
    }),
  )
const visibility: fc.Arbitrary<LssaOptions> = fc.record(
  { causal: fc.boolean(), window: fc.integer({ min: 1, max: 4 }) },
  { requiredKeys: [] },
)
const reweighting: fc.Arbitrary<LssarOptions> = fc.record(
  { p: fc.constantFrom(1, 2.5, 3, 15), offset: fc.constantFrom(0, 0.5, 1), warmRows: fc.nat(3) },
  { requiredKeys: [] },
)

/** Weights pair by pair in plain numbers; of LSSAR with p. */
function plainWeights(
  q: Tensor,
  k: Tensor,
  { causal = true, window, mask, ...o }: LssaOptions & LssarOptions,
): number[] {
  const [l = 0, d = 0] = q.shape
  const [s = 0] = k.shape
  const [a, b] = [values(q), values(k)]
  const row = (x: readonly number[], i: number): number[] => {
    const part = x.slice(i * d, (i + 1) * d)
    const length = Math.max(Math.hypot(...part), 1e-12)
    return part.map((v) => v / length)
  }
  return Array.from({ length: l }, (_, i) => {
    const sees = Array.from({ length: s }, (_, j) => {
      const ahead = j - (i + s - l)
      const far = window !== undefined && Math.abs(ahead) >= window
      return !(causal && ahead > 0) && !far && (!mask || values(mask)[i * s + j] === 1)
    })
    const n = sees.filter(Boolean).length
    const scores =
      row(b, 0).length === 0
        ? []
        : sees.map((seen, j) => {
            const cosine = row(a, i).reduce((total, v, f) => total + v * (row(b, j)[f] as number), 0)
            return seen ? Math.log1p(Math.exp(Math.log(d) * Math.log(n) * cosine)) : 0
          })
    const weights = scores.map((v) => (n === 0 ? 0 : v / scores.reduce((total, w) => total + w, 0)))
    if (o.p === undefined) return weights
    const threshold = causal && n <= (o.warmRows ?? 3) ? 0 : (o.offset ?? 1)
    const above = weights.map((w) => Math.max(0, w * n - threshold))
    const top = Math.max(...above)
    const powers = above.map((t) => (top < 1e-12 ? 0 : (t / top) ** (o.p as number)))
    return powers.map(
      (t) =>
        t /
        Math.max(
          1,
          powers.reduce((total, w) => total + w, 0),
        ),
    )
  }).flat()
}

/** The weights themselves, as what attention makes of the identity. */
const weightsOf = (f: typeof lssarAttention, q: Tensor, k: Tensor, options: LssarOptions = {}): Tensor =>
  f(q, k, eye(k.shape[0] as number, { dtype: k.dtype }), options)

describe.each([
  ['lssaAttention', lssaAttention, {}],
  ['lssarAttention with p = 3', lssarAttention, { p: 3 }],
  ['lssarAttention with p = 15', lssarAttention, { p: 15, warmRows: 1 }],
] as const)('%s', (_, f, given) => {
  test.prop([drawn, visibility, fc.boolean()], runs(0.25))(
    'is the average that plain numbers give, whatever is masked',
    ({ q, k, v, mask }, choice, masked) => {
      const options = { ...given, ...choice, ...(masked && { mask }) }
      const weights = plainWeights(q, k, options)
      expect(distance(values(weightsOf(f, q, k, options)), weights)).toBeLessThan(1e-9)
      const wanted = Array.from({ length: (q.shape[0] as number) * 2 }, (_, at) => {
        const s = k.shape[0] as number
        const row = weights.slice(Math.floor(at / 2) * s, Math.floor(at / 2 + 1) * s)
        return row.reduce((total, w, j) => total + w * (values(v)[2 * j + (at % 2)] as number), 0)
      })
      expect(distance(values(f(q, k, v, options)), wanted)).toBeLessThan(1e-9)
    },
  )

  it.each([true, false])('has right derivatives to order 2, causal: %s', (causal) => {
    const args = [1, 2, 3].map((seed) => normal(key(seed), [5, 3], { dtype: 'f64' })) as [Tensor, Tensor, Tensor]
    const attention = (q: Tensor, k: Tensor, v: Tensor): Tensor => f(q, k, v, { ...given, causal })
    checkGradients(attention, args)
    checkPullback(attention, args)
  })

  test.prop([tensors([2, 3, 2], small), tensors([2, 3, 2], small)], few)('treats each example by itself', (q, v) => {
    laws.exampleWise((q: Tensor, v: Tensor) => f(q, q, v, given), { tolerance: 1e-9 })(q, v)
  })

  test.prop([tensors([5, 2], small), tensors([5, 2], small), fc.nat(3)], few)(
    'never lets the future change the past',
    (q, v, i) => {
      const past = (x: Tensor, y: Tensor): Tensor => f(x, x, y, given).slice([0, 0], [i + 1, 2])
      const later = (x: Tensor): Tensor =>
        concat([
          x.slice([0, 0], [i + 1, 2]),
          x
            .slice([i + 1, 0], [5, 2])
            .mul(3)
            .add(1),
        ])
      expectClose(past(later(q), later(v)), past(q, v))
      const [gq, gv] = grad(([q, v]: [Tensor, Tensor]) => sum(past(q, v)))([q, v])
      for (const g of [gq, gv]) expect(values(g.slice([i + 1, 0], [5, 2])).every((x) => x === 0)).toBe(true)
    },
  )

  test.prop([drawn], few)('has weights of at least 0 that add up to 1 or are all 0', ({ q, k, mask }) => {
    const weights = weightsOf(f, q, k, { ...given, mask })
    expect(values(weights).every((w) => w >= 0 && w <= 1 + 1e-12)).toBe(true)
    for (const total of values(sum(weights, { axis: -1 })))
      expect(Math.min(Math.abs(total - 1), Math.abs(total))).toBeLessThan(1e-12)
  })

  test.prop([tensors([4, 3], small), fc.double({ min: 0.1, max: 9, noNaN: true })], few)(
    'does not see the length of a query or of a key',
    (q, factor) => {
      const v = eye(4, { dtype: 'f64' })
      const other = tensor([factor, 1, 2, 0.5], { shape: [4, 1], dtype: 'f64' })
      // Weights near the threshold may come to stand on its other side, so powers of 2 alone keep every digit.
      const exact = tensor([4, 1, 2, 0.5], { shape: [4, 1], dtype: 'f64' })
      expectClose(f(q.mul(exact), q, v, given), f(q, q, v, given), 1e-9)
      expectClose(lssaAttention(q, q.mul(other), v), lssaAttention(q, q, v), 1e-9)
    },
  )

  test.prop([tensors([4, 2], small), permutations(4)], few)(
    'does not depend on the order of keys with their values, unless it is causal',
    (q, order) => {
      const moved = take(q, order, { axis: 0 })
      const options = { ...given, causal: false }
      expectClose(f(q, moved, moved, options), f(q, q, q, options), 1e-7)
    },
  )

  it('does not look at what a mask hides, padding in particular', () => {
    const [q, k] = [normal(key(1), [3, 2], { dtype: 'f64' }), normal(key(2), [4, 2], { dtype: 'f64' })]
    const padded = concat([k, ones([2, 2], { dtype: 'f64' })])
    const mask = tensor([true, true, true, true, false, false])
    const options = { ...given, causal: false }
    expectClose(f(q, padded, padded, { ...options, mask }), f(q, k, k, options))
  })

  it('gives 0 and passes on 0 where all is masked', () => {
    const q = normal(key(3), [2, 3, 2], { dtype: 'f64' })
    const mask = tensor([true, true, false, false, false, false, true, true, true], { shape: [3, 3] })
    const run = (q: Tensor): Tensor => f(q, q, q.add(1), { ...given, causal: false, mask })
    const row = (y: Tensor): number[] => values(y.slice([0, 1, 0], [2, 2, 2]))
    expect(row(run(q))).toEqual([0, 0, 0, 0])
    const ofQueries = grad((x: Tensor) => sum(f(x, q, q, { ...given, causal: false, mask }).square()))(q)
    expect(row(ofQueries)).toEqual([0, 0, 0, 0])
    expect(values(grad((q: Tensor) => sum(run(q).square()))(q)).every(Number.isFinite)).toBe(true)
  })

  it('is finite in f32 for vectors of any length, 0 included', () => {
    const q = tensor([
      [1e4, -1e4],
      [0, 0],
      [1e-8, 0],
    ])
    for (const causal of [true, false]) {
      const run = (q: Tensor): Tensor => f(q, q, ones([3, 2]), { ...given, causal })
      expect(run(q).dtype).toBe('f32')
      for (const y of [run(q), grad((q: Tensor) => sum(run(q).square()))(q)])
        expect(values(y).every(Number.isFinite)).toBe(true)
    }
  })
})

describe('lssaAttention', () => {
  test.prop([drawn], few)('keeps the ratio of weights in a row within its bound', ({ q, k }) => {
    const weights = values(weightsOf(lssaAttention, q, k, { causal: false }))
    const [s = 0, d = 0] = k.shape
    const softplus = (x: number): number => Math.log1p(Math.exp(x))
    const most = Math.log(d) * Math.log(s)
    for (let i = 0; i < weights.length; i += s) {
      const row = weights.slice(i, i + s)
      expect(Math.max(...row) / Math.min(...row)).toBeLessThan(softplus(most) / softplus(-most) + 1e-9)
    }
  })
})

describe('lssarAttention', () => {
  test.prop([drawn], few)('is LSSA where nothing is changed: p = 1 and no threshold', ({ q, k, v }) => {
    expectClose(lssarAttention(q, k, v, { p: 1, offset: 0 }), lssaAttention(q, k, v), 1e-9)
  })

  test.prop([drawn, reweighting], few)('keeps the order within a row', ({ q, k }, options) => {
    const before = values(weightsOf(lssaAttention, q, k, { causal: false }))
    const after = values(weightsOf(lssarAttention, q, k, { ...options, causal: false }))
    const s = k.shape[0] as number
    before.forEach((w, i) => {
      for (let j = i - (i % s); j < i; j++)
        if (w > (before[j] as number) + 1e-9) expect(after[i]).toBeGreaterThanOrEqual((after[j] as number) - 1e-9)
    })
  })

  it('gives all to the nearest key as p grows, and 0 exactly to those below the mean', () => {
    const q = normal(key(1), [1, 4], { dtype: 'f64' })
    const k = normal(key(2), [9, 4], { dtype: 'f64' })
    const run = (p: number): number[] => values(weightsOf(lssarAttention, q, k, { p, causal: false }))
    const cosines = values(weightsOf(lssaAttention, q, k, { causal: false }))
    const nearest = cosines.indexOf(Math.max(...cosines))
    expect(run(200)[nearest]).toBeCloseTo(1, 3)
    run(3).forEach((w, i) => {
      expect(w === 0).toBe((cosines[i] as number) <= 1 / 9)
    })
  })

  it('gives 0, and no gradient, where all keys are alike, whatever rounding makes of it', () => {
    const k = ones([7, 3], { dtype: 'f64' }).mul(0.3)
    for (const dtype of ['f32', 'f64'] as const) {
      const run = (k: Tensor): Tensor => lssarAttention(normal(key(1), [1, 3], { dtype }), k, ones([7, 1], { dtype }))
      expect(values(run(k.cast(dtype)))).toEqual([0])
      expect(values(grad((k: Tensor) => sum(run(k)))(k.cast(dtype))).every((g) => g === 0)).toBe(true)
    }
  })

  it('finds the one key that matters among ever more that do not', () => {
    const q = tensor([[1, 0, 0, 0]])
    for (const n of [16, 256, 4096]) {
      const others = normal(key(n), [n, 4]).mul(tensor([0, 1, 1, 1]))
      const k = concat([q, others])
      const marked = concat([ones([1, 1]), zeros([n, 1])])
      expect(value(lssarAttention(q, k, marked, { causal: false }))).toBeGreaterThan(0.99)
    }
  })
})

const [q, k, v] = [ones([2, 3]), ones([4, 3]), ones([4, 5])]
describeErrors('softplus attention', {
  'lssaAttention: k must have shape [...B, S, D], got [4, 5] (...B = [], L = 2, D = 3, S = 4, E = 5). Expected q [...B, L, D], k [...B, S, D], v [...B, S, E].':
    () => lssaAttention(q, v, v),
  'lssarAttention: mask must be bool, got f32. Compare it, e.g. mask.notEqual(0); what is to be added is the bias.':
    () => lssarAttention(q, k, v, { mask: ones([2, 4]) }),
  'lssarAttention: p must be at least 1 and finite, got 0.5.': () => lssarAttention(q, k, v, { p: 0.5 }),
  'lssarAttention: offset must be at least 0 and finite, got -1.': () => lssarAttention(q, k, v, { offset: -1 }),
  'lssarAttention: warmRows must be an integer of at least 0, got 1.5.': () =>
    lssarAttention(q, k, v, { warmRows: 1.5 }),
  "lssaAttention: q must be f32 or f64, got i32 [2, 3]. Cast it, e.g. q.cast('f32').": () =>
    lssaAttention(zeros([2, 3], { dtype: 'i32' }), k, v),
})
