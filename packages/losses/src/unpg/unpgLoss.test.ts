import { fc, test } from '@fast-check/vitest'
import { expm1, grad, logSumExp, softplus, sum, type Tensor, tensor, where } from '@wengert/core'
import { checkGradients, labels, laws, positives, tensors, unitVectors } from '@wengert/gradcheck'
import { describeErrors, expectClose, runs, values } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { arcFaceLoss } from '../margin/arcFaceLoss.ts'
import { cosFaceLoss } from '../margin/cosFaceLoss.ts'
import { cosineLogits } from '../margin/cosineLogits.ts'
import { magFaceLoss } from '../margin/magFaceLoss.ts'
import { type UnpgOptions, unpgLoss } from './unpgLoss.ts'
import { unpgNegatives } from './unpgNegatives.ts'

const i32 = (...data: number[]): Tensor => tensor(data, { dtype: 'i32' })
const batch = fc.integer({ min: 1, max: 5 }).chain((B) => fc.tuple(tensors([B, 2]), labels([B], 3), tensors([3, 2])))
const scale = 4

type Loss = (x: Tensor, y: Tensor, w: Tensor) => Tensor
const heads: Record<string, { readonly options: UnpgOptions; readonly alone: Loss; readonly long?: boolean }> = {
  cosFace: { options: { head: 'cosFace' }, alone: (x, y, w) => cosFaceLoss(x, y, w, { scale, margin: 0.5 }) },
  arcFace: { options: { head: 'arcFace' }, alone: (x, y, w) => arcFaceLoss(x, y, w, { scale, monotone: 'none' }) },
  magFace: { options: { head: 'magFace' }, alone: (x, y, w) => magFaceLoss(x, y, w, { scale }), long: true },
}

describe('unpgNegatives', () => {
  test.prop([batch])('holds the cosines of pairs of different classes, each once', ([x, y]) => {
    const { similarities, kept } = unpgNegatives(x, y, { whisker: Number.MAX_VALUE })
    expectClose(similarities, cosineLogits(x, x), 1e-11)
    const classes = values(y)
    const expected = classes.flatMap((a, i) => classes.map((b, j) => Number(i < j && a !== b)))
    expect(values(kept)).toEqual(expected)
  })

  test.prop([batch], runs(0.5))('leaves out both tails, and more with shorter whiskers', ([x, y]) => {
    const keptBy = (whisker: number): number[] => {
      const { similarities, kept } = unpgNegatives(x, y, { whisker })
      const list = values(similarities)
      return values(kept).flatMap((k, i) => (k ? [list[i] as number] : []))
    }
    const all = keptBy(Number.MAX_VALUE).toSorted((a, b) => a - b)
    const [q1, q3] = [0.25, 0.75].map((q) => all[Math.floor(q * all.length)]) as [number, number]
    expect(keptBy(0).toSorted((a, b) => a - b)).toEqual(all.filter((v) => v >= q1 && v <= q3))
    expect(keptBy(0.5).length).toBeLessThanOrEqual(keptBy(1.5).length)
  })
})

describe.each(Object.entries(heads))('unpgLoss, %s', (_, { options, alone, long = false }) => {
  const loss = (x: Tensor, y: Tensor, w: Tensor, whisker = 1.5): Tensor =>
    unpgLoss(x, y, w, { ...options, scale, whisker })

  test.prop([batch])('exceeds the head’s loss by the share of the pairs in the denominator', ([x, y, w]) => {
    const { similarities, kept } = unpgNegatives(x, y)
    const pairs = logSumExp(where(kept, similarities.mul(scale), Number.NEGATIVE_INFINITY))
    // e^L = Σ e^z / e^(z_y) for the head, so that log(e^L − 1) is what the other classes add up to, less z_y.
    const bare = alone(x, y, w)
    const cost = long ? bare.sub(magFaceLoss(x, y, w, { scale, lambda: 0 })) : bare.mul(0)
    const others = logSumExp(
      cosineLogits(x, w, { scale }).add(where(y.expandDims(-1).equal(i32(0, 1, 2)), Number.NEGATIVE_INFINITY, 0)),
      { axis: -1 },
    )
    const target = others.sub(expm1(bare.sub(cost)).log())
    const total = others.sub(target)
    expectClose(
      loss(x, y, w),
      softplus(total)
        .add(softplus(pairs.sub(target).sub(softplus(total))))
        .add(cost),
      1e-9,
    )
  })

  test.prop([batch], runs(0.5))('is at least the head’s loss, and does not fall as whiskers grow', ([x, y, w]) => {
    const [narrow, wide] = [loss(x, y, w, 0.5), loss(x, y, w, 1.5)]
    laws.bounded(() => narrow.sub(alone(x, y, w)), { min: -1e-11 })()
    laws.bounded(() => wide.sub(narrow), { min: -1e-11 })()
  })

  test.prop([batch], runs(0.3))('is the head’s loss where there is one class in the batch', ([x, y, w]) => {
    expectClose(loss(x, y.mul(0), w), alone(x, y.mul(0), w), 1e-11)
    const of = (f: Loss): Tensor => grad((z: Tensor) => sum(f(z, y.mul(0), w)))(x)
    expectClose(of(loss), of(alone), 1e-11)
  })

  test.prop([fc.tuple(unitVectors([4, 2]), labels([4], 3), unitVectors([3, 2]), positives([4, 1]))], runs(0.5))(
    'depends neither on the order of the batch nor on lengths',
    ([x, y, w, by]) => {
      // A pair that lies on a whisker goes by rounding.
      fc.pre(settled(x, y))
      laws.permutationEquivariant((a: Tensor, b: Tensor) => loss(a, b, w), { args: [0, 1], tolerance: 1e-9 })(x, y)
      if (!long) expectClose(loss(x.mul(by), y, w.mul(3)), loss(x, y, w), 1e-9)
    },
  )

  test.prop([fc.tuple(unitVectors([4, 2]), labels([4], 3), unitVectors([3, 2]))], runs(0.15))(
    'has right derivatives of order 2',
    ([x, y, w]) => {
      const c = values(cosineLogits(x, w))
      fc.pre(
        settled(x, y) && values(y).every((k, i) => Math.abs(Math.abs((c[3 * i + k] as number) - 0.5) - 0.5) > 0.02),
      )
      fc.pre(values(y).every((k, i) => (c[3 * i + k] as number) > -0.98))
      checkGradients((a: Tensor, b: Tensor) => loss(a, y, b), [x.mul(long ? 40 : 1), w])
    },
  )
})

/** Whether no pair is near a whisker, nor any two near each other. */
function settled(x: Tensor, y: Tensor): boolean {
  const { similarities, kept } = unpgNegatives(x, y, { whisker: Number.MAX_VALUE })
  const list = values(similarities)
  const all = values(kept)
    .flatMap((k, i) => (k ? [list[i] as number] : []))
    .sort((a, b) => a - b)
  const [q1 = 0, q3 = 0] = [0.25, 0.75].map((q) => all[Math.floor(q * all.length)])
  const edges = [q1 - 1.5 * (q3 - q1), q3 + 1.5 * (q3 - q1)]
  return all.every((v, i) => edges.every((e) => Math.abs(v - e) > 1e-2) && v - (all[i - 1] ?? -9) > 1e-2)
}

describe('unpgLoss', () => {
  it('gives a gradient to both embeddings of a pair', () => {
    const x = tensor(
      [
        [1, 0],
        [0.8, 0.6],
      ],
      { dtype: 'f64' },
    )
    const y = i32(0, 1)
    const by = (f: Loss): number[] => values(grad((z: Tensor) => sum(f(z, y, x)))(x))
    const extra = by((a, b, c) => unpgLoss(a, b, c, { scale })).map(
      (g, i) => g - (by(heads.cosFace?.alone as Loss)[i] as number),
    )
    expect(Math.abs(extra[1] as number)).toBeGreaterThan(0.01)
    expect(Math.abs(extra[3] as number)).toBeGreaterThan(0.01)
  })

  it('keeps the digits of huge scales in f32', () => {
    const x = tensor([
      [1, 0],
      [0, 1],
    ])
    const found = unpgLoss(x, i32(0, 1), x, { scale: 1e4, margin: 0 })
    expect(values(found).every((v) => Number.isFinite(v) && v >= 0 && v < 1e-3)).toBe(true)
    const gradient = grad((z: Tensor) => sum(unpgLoss(z, i32(1, 0), x, { scale: 1e4 })))(x)
    expect(values(gradient).every(Number.isFinite)).toBe(true)
  })
})

const [x, y, w] = [tensor([[1, 2]]), i32(0), tensor([[1, 0]])]
describeErrors('unpgLoss', {
  'unpgLoss: head must be one of cosFace, arcFace, magFace, got sphereFace.': () =>
    unpgLoss(x, y, w, { head: 'sphereFace' as 'cosFace' }),
  'unpgLoss: margin must be finite, got Infinity.': () => unpgLoss(x, y, w, { margin: Number.POSITIVE_INFINITY }),
  'unpgLoss: labels must have shape [B], got [2] (B = 1, D = 2). Expected embeddings [B, D], labels [B].': () =>
    unpgLoss(x, i32(0, 0), w),
})
