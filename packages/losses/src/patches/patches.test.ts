import { fc, test } from '@fast-check/vitest'
import { argSort, flip, grad, key, sum, type Tensor, take, tensor, uniform } from '@wengert/core'
import { checkGradients, laws, logits, tensors } from '@wengert/gradcheck'
import { describeErrors, expectClose, runs, value, values } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { rankNetLoss } from '../ranking/rankNetLoss.ts'
import { hardPatchMask } from './hardPatchMask.ts'
import { hardPatchRankingLoss } from './hardPatchRankingLoss.ts'

const shape = fc.constantFrom([1, 2], [2, 3], [2, 5])
const batch = shape.chain((s) => fc.tuple(tensors(s), tensors(s, { min: 0, max: 2 })))
const variants = [{}, { eps: 1e-6 }, { relative: false }] as const
const rowsOf = (x: Tensor): number[][] => {
  const [data, M] = [values(x), x.shape.at(-1) as number]
  return Array.from({ length: data.length / M }, (_, i) => data.slice(i * M, (i + 1) * M))
}

/** Mean cost over all ordered pairs that are not tied, as it is written in the paper's code. */
function plainRanking(s: Tensor, t: Tensor, eps: number): number {
  const targets = rowsOf(t)
  let [total, count] = [0, 0]
  rowsOf(s).forEach((scores, i) => {
    const truth = targets[i] as number[]
    scores.forEach((a, j) => {
      scores.forEach((b, k) => {
        const p = 1 / (1 + Math.exp(a - b))
        const [first, second] = [truth[j] as number, truth[k] as number]
        if (first !== second) count++
        if (second > first) total -= Math.log(p + eps)
        if (second < first) total -= Math.log(1 - p + eps)
      })
    })
  })
  return total / Math.max(count, 1)
}

describe('hardPatchRankingLoss', () => {
  test.prop([batch])('is its formula in loops', ([s, t]) => {
    for (const eps of [0, 1e-6])
      expect(value(hardPatchRankingLoss(s, t, { eps }))).toBeCloseTo(plainRanking(s, t, eps), 10)
  })

  test.prop([batch], runs(0.5))('otherwise is the squared distance from standardised targets, in loops', ([s, t]) => {
    const targets = rowsOf(t)
    const errors = rowsOf(s).flatMap((scores, i) => {
      const list = targets[i] as number[]
      const mean = list.reduce((a, b) => a + b) / list.length
      const variance = list.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (list.length - 1)
      return scores.map((v, j) => (v - ((list[j] as number) - mean) / Math.sqrt(variance + 1e-6)) ** 2)
    })
    expect(value(hardPatchRankingLoss(s, t, { relative: false }))).toBeCloseTo(
      errors.reduce((a, b) => a + b) / errors.length,
      9,
    )
  })

  test.prop([batch], runs(0.25))('has derivatives up to order 2', ([s, t]) => {
    for (const options of variants) checkGradients((x: Tensor) => hardPatchRankingLoss(x, t, options), [s])
  })

  test.prop([shape.chain((s) => fc.tuple(logits(s), logits(s)))], runs(0.5))(
    'is finite, and so is its gradient, for any predictions in f32',
    ([s, t]) => {
      for (const options of variants) {
        const loss = (x: Tensor): Tensor => hardPatchRankingLoss(x, t.cast('f32'), options)
        const x = s.cast('f32')
        for (const found of [loss(x), grad(loss)(x)]) expect(values(found).every((v) => Number.isFinite(v))).toBe(true)
      }
    },
  )

  test.prop([batch], runs(0.5))('sees only the order of the target', ([s, t]) => {
    laws.invariant(hardPatchRankingLoss, (s, t) => [s, t.mul(t).mul(4).add(t)], { tolerance: 0 })(s, t)
    laws.shiftInvariant(hardPatchRankingLoss)(s, t)
  })

  test.prop([batch], runs(0.5))('does not depend on the order of patches or images', ([s, t]) => {
    for (const options of variants)
      for (const axis of [0, 1])
        laws.permutationInvariant((s: Tensor, t: Tensor) => hardPatchRankingLoss(s, t, options), { axis })(s, t)
  })

  test.prop([batch], runs(0.5))('of one image is rankNetLoss', ([s, t]) => {
    const first = (x: Tensor): Tensor => x.slice([0, 0], [1, x.shape[1] as number])
    expectClose(hardPatchRankingLoss(first(s), first(t)), sum(rankNetLoss(first(s), first(t))))
  })

  it('has the documented gradient', () => {
    const s = tensor([[1, 3, 2]], { dtype: 'f64' })
    const t = tensor([[0.2, 0.1, 0.2]], { dtype: 'f64' })
    const sigma = (x: number): number => 1 / (1 + Math.exp(-x))
    const [left, right] = [sigma(3 - 1) / 2, sigma(3 - 2) / 2]
    values(grad((x: Tensor) => hardPatchRankingLoss(x, t))(s)).forEach((g, i) => {
      expect(g).toBeCloseTo([-left, left + right, -right][i] as number, 12)
    })
  })

  it('is log 2 without a guess, near 0 where all is right, and 0 without a pair', () => {
    const t = tensor([[1, 2, 3]])
    expect(value(hardPatchRankingLoss(t.mul(0), t))).toBeCloseTo(Math.LN2, 6)
    expect(value(hardPatchRankingLoss(t.mul(1e3), t))).toBe(0)
    const tied = (x: Tensor): Tensor => hardPatchRankingLoss(x, t.mul(0))
    expect(value(tied(t))).toBe(0)
    expect(values(grad(tied)(t)).map(Math.abs)).toEqual([0, 0, 0])
    expect(value(hardPatchRankingLoss(tensor([[2]]), tensor([[5]]), { relative: false }))).toBe(4)
  })

  it('has no gradient to the target', () => {
    const s = tensor([[1, 3, 2]])
    const gradient = grad((t: Tensor) => hardPatchRankingLoss(s, t, { relative: false }))(s)
    expect(values(gradient).map(Math.abs)).toEqual([0, 0, 0])
  })
})

describe('hardPatchMask', () => {
  const P = 8
  const images = fc.tuple(tensors([2, P]), fc.nat({ max: 1e4 }), fc.integer({ min: 0, max: 9 }))
  const stage = { totalEpochs: 10 }

  test.prop([images], runs(0.5))(
    'masks as many patches of each image as it is told to, the hardest among them',
    ([x, seed, epoch]) => {
      const mask = hardPatchMask(key(seed), x, { ...stage, epoch })
      expect(values(sum(mask, { axis: 1 }))).toEqual([6, 6])
      const hard = Math.floor((6 * (epoch + 1)) / 20)
      const order = rowsOf(argSort(x))
      rowsOf(mask).forEach((row, i) => {
        for (const place of (order[i] as number[]).slice(P - hard)) expect(row[place]).toBe(1)
      })
    },
  )

  test.prop([images], runs(0.5))('masks the rest by noise', ([x, seed, epoch]) => {
    const noise = uniform(key(seed), [2, P], { dtype: 'f64' })
    const hard = Math.floor((6 * (epoch + 1)) / 20)
    const [order, noises] = [rowsOf(argSort(x)), rowsOf(noise)]
    rowsOf(hardPatchMask(noise, x, { ...stage, epoch })).forEach((row, i) => {
      const rest = (order[i] as number[]).slice(0, P - hard)
      const bound = rest.map((p) => (noises[i] as number[])[p] as number).sort((a, b) => a - b)
      for (const p of rest) expect(row[p]).toBe(Number(((noises[i] as number[])[p] as number) >= (bound[2] as number)))
    })
  })

  test.prop([images], runs(0.5))('follows patches that change places', ([x, seed, epoch]) => {
    fc.pre(rowsOf(x).every((row) => new Set(row).size === P))
    const noise = uniform(key(seed), [2, P], { dtype: 'f64' })
    const reversed = tensor([7, 6, 5, 4, 3, 2, 1, 0], { dtype: 'i32' })
    const turned = hardPatchMask(take(noise, reversed, { axis: 1 }), flip(x, { axis: 1 }), { ...stage, epoch })
    expectClose(flip(turned, { axis: 1 }).cast('i32'), hardPatchMask(noise, x, { ...stage, epoch }).cast('i32'), 0)
  })

  it('takes the last of equally hard patches', () => {
    const given = { epoch: 0, totalEpochs: 1, maxHardRatio: 1, maskRatio: 0.5 }
    expect(values(hardPatchMask(key(0), tensor([1, 1, 1, 1]), given))).toEqual([0, 0, 1, 1])
  })
})

const x = tensor([[1, 2]])
describeErrors('patches', {
  'hardPatchRankingLoss: target must have shape [...B, M], got [1, 3] (...B = [1], M = 2). Expected predicted [...B, M], target [...B, M].':
    () => hardPatchRankingLoss(x, tensor([[1, 2, 3]])),
  'hardPatchRankingLoss: eps must be a finite number of at least 0, got -1.': () =>
    hardPatchRankingLoss(x, x, { eps: -1 }),
  'hardPatchMask: epoch must be less than totalEpochs, 10, got 10.': () =>
    hardPatchMask(key(0), x, { epoch: 10, totalEpochs: 10 }),
  'hardPatchMask: epoch must be an integer of at least 0, got 0.5.': () =>
    hardPatchMask(key(0), x, { epoch: 0.5, totalEpochs: 10 }),
  'hardPatchMask: maskRatio must be from 0 to 1, got 2.': () =>
    hardPatchMask(key(0), x, { epoch: 0, totalEpochs: 10, maskRatio: 2 }),
  'hardPatchMask: maxHardRatio must be from 0 to 1, got -1.': () =>
    hardPatchMask(key(0), x, { epoch: 0, totalEpochs: 10, maxHardRatio: -1 }),
  'hardPatchMask: from must be a key or draws of shape [1, 2], got [2].': () =>
    hardPatchMask(tensor([0, 1]), x, { epoch: 0, totalEpochs: 10 }),
})
