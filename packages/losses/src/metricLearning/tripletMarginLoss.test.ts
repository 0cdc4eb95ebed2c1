import { fc, test } from '@fast-check/vitest'
import {
  grad,
  key,
  maximum,
  minimum,
  normal,
  randomInt,
  relu,
  softplus,
  sum,
  type Tensor,
  tensor,
  where,
} from '@wengert/core'
import { checkGradients, labels, laws, unitVectors } from '@wengert/gradcheck'
import { expectClose, runs, value, values, watched } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { batchHardMiner } from './batchHardMiner.ts'
import { distancesOf, pairsOf } from './pairs.ts'
import { type TripletMarginOptions, tripletMarginLoss } from './tripletMarginLoss.ts'
import { tripletMarginMiner } from './tripletMarginMiner.ts'

const batch = fc.integer({ min: 2, max: 6 }).chain((B) => fc.tuple(unitVectors([B, 3]), labels([B], 3)))
const settings = fc.record({
  margin: fc.constantFrom(-0.1, 0.05, 0.5),
  swap: fc.boolean(),
  smooth: fc.boolean(),
  distance: fc.constantFrom('euclidean', 'squaredEuclidean', 'cosine'),
  reduction: fc.constantFrom('nonZeroMean', 'mean'),
  mining: fc.constantFrom(undefined, 'all', 'hard', 'semihard', 'easy'),
})
type Settings = typeof settings extends fc.Arbitrary<infer S> ? S : never

const optionsOf = ({ mining: type, ...rest }: Settings): TripletMarginOptions =>
  (type ? { ...rest, mining: { type, margin: 0.3 } } : rest) as TripletMarginOptions

/** The definition, with all triplets in memory. */
function whole(x: Tensor, y: Tensor, given: Settings): Tensor {
  const { margin = 0, swap, smooth, distance, reduction } = optionsOf(given) as Required<TripletMarginOptions>
  const { positive, negative } = pairsOf('whole', x, y)
  const { far } = distancesOf('whole', x, { distance })
  const [ap, an, pn] = [far.expandDims(2), far.expandDims(1), far.expandDims(0)]
  const all = positive.expandDims(2).and(negative.expandDims(1))
  const chosen = given.mining
    ? all.and(tripletMarginMiner(x, y, { distance, type: given.mining as 'all', margin: 0.3 }))
    : all
  const violation = ap.sub(swap ? minimum(an, pn) : an).add(margin)
  const terms = where(chosen, smooth ? softplus(violation) : relu(violation), 0)
  const count = reduction === 'mean' ? sum(chosen) : sum(terms.greater(0))
  return sum(terms).div(maximum(count, 1).cast(terms.dtype))
}

/** Whether no triplet is at a kink, nor at an edge of the mining. */
function settled(x: Tensor, y: Tensor, given: Settings): boolean {
  const { margin = 0, distance = 'euclidean' } = optionsOf(given)
  const { positive, negative } = pairsOf('settled', x, y)
  const d = values(distancesOf('settled', x, { distance }).far)
  const [p, n, B] = [values(positive), values(negative), y.shape[0] as number]
  return values(y).every((_, a) =>
    values(y).every((_, i) =>
      values(y).every((_, j) => {
        if (!p[a * B + i] || !n[a * B + j]) return true
        const gaps = [d[a * B + j] as number, d[i * B + j] as number].map((other) => other - (d[a * B + i] as number))
        const edges = [margin, 0, 0.3].flatMap((edge) => gaps.map((gap) => gap - edge))
        const between = (d[a * B + j] as number) - (d[i * B + j] as number)
        return [...edges, between].every((v) => Math.abs(v) > 1e-4) && (d[a * B + i] as number) ** 2 > 1e-4
      }),
    ),
  )
}

describe('tripletMarginLoss', () => {
  test.prop([batch, settings], runs(0.25))('has value and gradient of its definition', ([x, y], given) => {
    fc.pre(settled(x, y, given))
    const loss = (z: Tensor): Tensor => tripletMarginLoss(z, y, optionsOf(given))
    const plain = (z: Tensor): Tensor => whole(z, y, given)
    expectClose(loss(x), plain(x), 1e-11)
    expectClose(grad(loss)(x), grad(plain)(x), 1e-8)
  })

  test.prop([batch, settings], runs(0.06))('has right derivatives, away from kinks', ([x, y], given) => {
    fc.pre(settled(x, y, given))
    const options = { ...optionsOf(given), reduction: 'mean' } as const
    checkGradients((z: Tensor) => tripletMarginLoss(z, y, options), [x], { order: given.smooth ? 2 : 1 })
  })

  test.prop([batch, settings], runs(0.2))('does not fall with the margin, over all triplets', ([x, y], given) => {
    const options = { ...optionsOf({ ...given, mining: undefined }), reduction: 'mean' } as const
    const by = (margin: number): Tensor => tripletMarginLoss(x, y, { ...options, margin })
    laws.bounded(() => by(0.4).sub(by(0.1)), { min: -1e-12, max: 0.3 + 1e-12 })()
  })

  test.prop([batch], runs(0.1))('of one positive and one negative each visits these only', ([x, y]) => {
    const pairs = batchHardMiner(x, y)
    const far = values(distancesOf('test', x, {}).far)
    const [p, n, B] = [values(pairs.positive), values(pairs.negative), y.shape[0] as number]
    const terms = values(y).flatMap((_, a) => {
      const of = (mask: number[]): number => mask.slice(a * B, (a + 1) * B).indexOf(1)
      if (of(p) < 0) return []
      return [Math.max(0, (far[a * B + of(p)] as number) - (far[a * B + of(n)] as number) + 0.2)]
    })
    const expected = terms.reduce((a, b) => a + b, 0) / Math.max(1, terms.length)
    const options = { pairs, margin: 0.2, reduction: 'mean' } as const
    expect(value(tripletMarginLoss(x, y, options))).toBeCloseTo(expected, 10)
    // Of all triplets these violate the margin the most.
    const all = value(tripletMarginLoss(x, y, { ...options, reduction: 'mean', pairs: pairsOf('test', x, y) }))
    expect(expected).toBeGreaterThanOrEqual(all - 1e-12)
  })

  it('counts no hinge at its very kink', () => {
    const x = tensor([[0], [1], [2]], { dtype: 'f64' })
    const y = tensor([0, 0, 1], { dtype: 'i32' })
    // Gaps are 2 − 1 and 1 − 1.
    const options = { normalize: false, margin: 1, reduction: 'nonZeroMean' } as const
    expect(value(tripletMarginLoss(x, y, options))).toBe(1)
    expect(value(tripletMarginLoss(x, y, { ...options, margin: 0 }))).toBe(0)
    expect(values(grad((z: Tensor) => tripletMarginLoss(z, y, { ...options, margin: 0 }))(x)).map(Math.abs)).toEqual([
      0, 0, 0,
    ])
  })

  it.each<[string, TripletMarginOptions, number]>([
    ['all', {}, 128],
    ['semihard', { mining: { type: 'semihard' } }, 128],
    ['swap', { swap: true }, 64],
    ['smooth', { smooth: true }, 64],
  ])('takes less than one byte for each triplet, its gradient included: %s', (_, options, B) => {
    const x = normal(key(0), [B, 8])
    const y = randomInt(key(1), [B], { high: 8 })
    const { backend, peak } = watched()
    grad((z: Tensor) => tripletMarginLoss(z, y, options))(x).dataSync({ backend })
    expect(peak()).toBeLessThan(B * B * B)
  })
})
