import { fc, test } from '@fast-check/vitest'
import { concat, flip, full, grad, sum, type Tensor, tensor, valueAndGrad, zeros } from '@wengert/core'
import { checkGradients, labels, laws, positives, tensors } from '@wengert/gradcheck'
import { describeErrors, expectClose, runs, values } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { arcFaceLoss } from './arcFaceLoss.ts'
import { cosFaceLoss } from './cosFaceLoss.ts'
import { elasticArcFaceLoss } from './elasticArcFaceLoss.ts'
import { elasticCosFaceLoss } from './elasticCosFaceLoss.ts'
import type { MarginHeadOptions } from './labelCosines.ts'
import { magFaceLoss } from './magFaceLoss.ts'
import { normalizedSoftmaxLoss } from './normalizedSoftmaxLoss.ts'
import { sphereFaceLoss } from './sphereFaceLoss.ts'

type Head = (x: Tensor, y: Tensor, w: Tensor, options?: MarginHeadOptions) => Tensor

interface Row {
  readonly head: Head
  /** Whether the length of an embedding has an influence. @default false */
  readonly long?: boolean
  /** Whether there is no scale to choose. @default false */
  readonly fixed?: boolean
  /** Whether draws go by label, so that classes cannot change places. @default false */
  readonly drawn?: boolean
}

/** A draw for each example that goes with it wherever it stands in a batch. */
const noise = (y: Tensor): Tensor => y.cast('f32').mul(0.8).sub(1)

const heads: Record<string, Row> = {
  cosFaceLoss: { head: cosFaceLoss },
  'arcFaceLoss, linear': { head: arcFaceLoss },
  'arcFaceLoss, easy': { head: (x, y, w, o) => arcFaceLoss(x, y, w, { ...o, monotone: 'easy' }) },
  'arcFaceLoss, none': { head: (x, y, w, o) => arcFaceLoss(x, y, w, { ...o, monotone: 'none' }) },
  'sphereFaceLoss, keep': { head: sphereFaceLoss, long: true },
  'sphereFaceLoss, unit': {
    head: (x, y, w, o) => sphereFaceLoss(x, y, w, { ...o, featureNorm: 'unit' }),
  },
  elasticArcFaceLoss: {
    head: (x, y, w, o) => elasticArcFaceLoss(x, y, w, noise(y), { ...o, std: 0.1 }),
    drawn: true,
  },
  elasticCosFaceLoss: {
    head: (x, y, w, o) => elasticCosFaceLoss(x, y, w, noise(y), { ...o, std: 0.1 }),
    drawn: true,
  },
  magFaceLoss: { head: (x, y, w, o) => magFaceLoss(x, y, w, { lambda: 0, ...o }), long: true },
  normalizedSoftmaxLoss: {
    head: (x, y, w, { ignoreIndex = -100 } = {}) => normalizedSoftmaxLoss(x, y, w, { ignoreIndex }),
    fixed: true,
  },
}

/** Embeddings, labels, prototypes; of one size, so that plans are made once. */
const batch = fc.tuple(tensors([3, 2]), labels([3], 4), tensors([4, 2]))

/** Where the transforms of the cosine bend, or the limits of rounding are near. */
const special = [-1, -Math.SQRT1_2, -Math.cos(0.5), 0, Math.SQRT1_2, 1]
const generic = (x: Tensor, y: Tensor, w: Tensor): boolean => {
  const [a, b, classes] = [values(x), values(w), values(y)]
  const D = w.shape[1] as number
  return classes.every((k, i) => {
    const [p, q] = [a.slice(i * D, (i + 1) * D), b.slice(k * D, (k + 1) * D)]
    const cosine = p.reduce((total, v, d) => total + v * (q[d] as number), 0) / Math.hypot(...p) / Math.hypot(...q)
    return special.every((c) => Math.abs(cosine - c) > 0.02)
  })
}

describe.each(Object.entries(heads))('%s', (_, { head, long = false, fixed: unscaled = false, drawn = false }) => {
  test.prop([batch.filter(([x, y, w]) => generic(x, y, w))], runs(0.1))(
    'has derivatives by the prototypes',
    ([x, y, w]) => {
      const gentle = unscaled ? {} : { scale: 4 }
      checkGradients((a: Tensor, b: Tensor) => head(a, y, b, gentle), [x.mul(3), w], { order: 1 })
    },
  )

  test.prop([batch, fc.tuple(positives([3, 1]), positives([4, 1]))], runs(0.1))(
    'does not depend on lengths, nor has a gradient along what it does not depend on',
    ([x, y, w], [byRow, byClass]) => {
      const stretch = (rows: Tensor, by: Tensor): Tensor => rows.mul(by)
      const total = (a: Tensor, b: Tensor): Tensor => sum(head(a, y, b))
      expectClose(head(long ? x : stretch(x, byRow), y, stretch(w, byClass)), head(x, y, w), 1e-10)
      const alongOf = (rows: Tensor, f: (rows: Tensor) => Tensor): Tensor => sum(rows.mul(grad(f)(rows)), { axis: -1 })
      expectClose(
        alongOf(w, (b) => total(x, b)),
        0,
        1e-8,
      )
      if (!long)
        expectClose(
          alongOf(x, (a) => total(a, w)),
          0,
          1e-8,
        )
    },
  )

  if (!drawn)
    test.prop([batch], runs(0.1))('treats all classes alike', ([x, y, w]) => {
      const back = y.neg().add((w.shape[0] as number) - 1)
      expectClose(head(x, back, flip(w, { axis: 0 })), head(x, y, w), 1e-11)
    })

  test.prop([batch], runs(0.1))('is 0 for one class', ([x, y, w]) => {
    const one = w.slice([0, 0], [1, w.shape[1] as number])
    const [value, [ofX, ofW]] = valueAndGrad(([a, b]: [Tensor, Tensor]) => sum(head(a, y.mul(0), b)))([x, one])
    for (const zero of [value, ofX, ofW]) expectClose(zero.abs(), 0, 0)
  })

  if (!unscaled)
    test.prop([batch], runs(0.1))('tends to log K for a small scale', ([x, y, w]) => {
      laws.tendsTo(
        (scale: number) => () => head(x, y, w, { scale }),
        () => full([3], Math.log(4), { dtype: 'f64' }),
        { along: [1e-2, 1e-4, 1e-9], tolerance: 1e-6 },
      )()
    })

  test.prop([batch], runs(0.1))('leaves out ignored examples, whatever they hold', ([x, y, w]) => {
    const spoilt = concat([x, full([1, 2], Number.NaN, { dtype: 'f64' })])
    const given = concat([y, tensor([-1], { dtype: 'i32' })])
    const of = (a: Tensor, t: Tensor, b: Tensor): readonly [Tensor, readonly [Tensor, Tensor]] =>
      valueAndGrad(([p, q]: readonly [Tensor, Tensor]) => sum(head(p, t, q, { ignoreIndex: -1 })))([a, b])
    const [value, [ofX, ofW]] = of(spoilt, given, w)
    const [expected, [rows, classes]] = of(x, y, w)
    expectClose(value, expected)
    expectClose(ofW, classes)
    expectClose(ofX, concat([rows, zeros([1, 2], { dtype: 'f64' })]))
  })

  it.each(['f32', 'f64'] as const)(
    'is finite, and so is its gradient, at cosines of ±1 and at zeros in %s',
    (dtype) => {
      const w = tensor(
        [
          [3, 4],
          [-3, -4],
          [0, 0],
        ],
        { dtype },
      )
      const x = tensor(
        [
          [3, 4],
          [30, 40],
          [-1, -4 / 3],
          [0, 0],
          [1e-3, 1e-7],
        ],
        { dtype },
      )
      for (const k of [0, 1, 2]) {
        const y = tensor([k, k, k, k, k], { dtype: 'i32' })
        const [value, gradients] = valueAndGrad(([a, b]: readonly [Tensor, Tensor]) => sum(head(a, y, b)))([x, w])
        for (const found of [value, ...gradients]) {
          expect(found.dtype).toBe(dtype)
          expect(values(found).filter((v) => !Number.isFinite(v))).toEqual([])
        }
      }
    },
  )

  it('marks examples with computed labels out of range by NaN', () => {
    const computed = tensor([1, 0], { dtype: 'i32' }).add(1)
    const w = tensor(
      [
        [1, 0],
        [0, 1],
      ],
      { dtype: 'f64' },
    )
    expect(
      values(
        head(
          tensor(
            [
              [1, 2],
              [3, 4],
            ],
            { dtype: 'f64' },
          ),
          computed,
          w,
        ),
      ).map(Number.isNaN),
    ).toEqual([true, false])
  })
})

const [x, y, w] = [
  tensor([[1, 2]]),
  tensor([0], { dtype: 'i32' }),
  tensor([
    [1, 0],
    [0, 1],
  ]),
]
describeErrors('the margin heads', {
  'cosFaceLoss: prototypes must have shape [K, D], got [2, 3] (...B = [1], D = 2, K = 2). Expected embeddings [...B, D], labels [...B], prototypes [K, D].':
    () =>
      cosFaceLoss(
        x,
        y,
        tensor([
          [1, 0, 0],
          [0, 1, 0],
        ]),
      ),
  'cosFaceLoss: scale must be a finite number greater than 0, got 0.': () => cosFaceLoss(x, y, w, { scale: 0 }),
  'cosFaceLoss: margin must be finite, got NaN.': () => cosFaceLoss(x, y, w, { margin: Number.NaN }),
  'cosFaceLoss: number of prototypes must be an integer of at least 1, got 0.': () =>
    cosFaceLoss(x, y, tensor([], { shape: [0, 2] })),
  'arcFaceLoss: margin must be from 0 to π, got 4.': () => arcFaceLoss(x, y, w, { margin: 4 }),
  'arcFaceLoss: monotone must be one of none, linear, easy, got hard.': () =>
    arcFaceLoss(x, y, w, { monotone: 'hard' as 'easy' }),
  'sphereFaceLoss: margin must be an integer of at least 1, got 1.5.': () => sphereFaceLoss(x, y, w, { margin: 1.5 }),
  'sphereFaceLoss: lambda must be a finite number of at least 0, got -1.': () =>
    sphereFaceLoss(x, y, w, { lambda: -1 }),
  'elasticCosFaceLoss: std must be a finite number of at least 0, got -1.': () =>
    elasticCosFaceLoss(x, y, w, tensor([0]), { std: -1 }),
  'elasticArcFaceLoss: from must be a key or draws of shape [1], got [2].': () =>
    elasticArcFaceLoss(x, y, w, tensor([0, 0])),
  'magFaceLoss: upperNorm must be greater than lowerNorm, got 5.': () => magFaceLoss(x, y, w, { upperNorm: 5 }),
  'magFaceLoss: upperMargin must be from lowerMargin to π, got 0.1.': () => magFaceLoss(x, y, w, { upperMargin: 0.1 }),
  'normalizedSoftmaxLoss: temperature must be a finite number greater than 0, got 0.': () =>
    normalizedSoftmaxLoss(x, y, w, { temperature: 0 }),
})
