import { fc, test } from '@fast-check/vitest'
import { concat, grad, oneHot, sigmoid, softmax, sum, type Tensor, tensor } from '@wengert/core'
import { checkGradients, labels, laws, logits, tensors } from '@wengert/gradcheck'
import {
  classesReversed,
  classified,
  describeErrors,
  describeLoss,
  expectClose,
  paired,
  runs,
  value,
  values,
} from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { decayedProbability, oneVersusRest } from './decayedProbability.ts'
import { type DiceOptions, diceLoss } from './diceLoss.ts'
import { tverskyLoss } from './tverskyLoss.ts'

const f64 = (...data: number[]): Tensor => tensor(data, { dtype: 'f64' })
const binary = (shape: readonly number[]): fc.Arbitrary<Tensor> => labels(shape, 2)
const options = fc.record({
  squared: fc.boolean(),
  smooth: fc.constantFrom(1e-4, 1),
  alpha: fc.constantFrom(0, 0.01, 1, 2),
})
const hits = (z: Tensor, y: Tensor): Tensor => oneHot(y, z.shape.at(-1) as number, { dtype: 'f64' })
const ones = (x: Tensor): Tensor => x.mul(0).add(1).cast('i32')

/** Dice loss of questions and their answers in plain numbers. */
function plainDice(q: number[], y: number[], { squared = false, smooth = 1e-4 }: DiceOptions): number {
  const both = q.reduce((sum, v, i) => sum + v * (y[i] as number), 0)
  const size = q.reduce((sum, v, i) => sum + (squared ? v * v : v) + (y[i] as number), 0)
  return 1 - (2 * both + smooth) / (size + smooth)
}

const decayed = (p: number, alpha: number): number => (1 - p) ** alpha * p

describe('diceLoss per example', () => {
  const each = (z: Tensor, y: Tensor): Tensor => diceLoss(z, y, { form: 'perExample', alpha: 0.5, smooth: 1 })

  describeLoss(each, {
    name: 'diceLoss',
    args: classified(),
    smooth: classified(tensors),
    share: 0.25,
    laws: {
      'does not change when all logits of an example are shifted': laws.shiftInvariant(each),
      'does not depend on the order of the classes': laws.invariant(each, classesReversed),
      'adds up yes or no of each class': (z, y) => {
        const p = softmax(z)
        const clear = values(p).every((v) => v > 1e-9 && v < 1 - 1e-9)
        if (!clear) return
        const odds = p.log().sub(p.neg().add(1).log())
        expectClose(each(z, y), sum(each(odds, hits(z, y)), { axis: -1 }), 1e-6)
      },
    },
  })

  describeLoss(each, {
    name: 'diceLoss',
    args: paired(logits, binary),
    smooth: paired(tensors, binary),
    share: 0.25,
    laws: { 'is from 0 to 1': laws.bounded(each, { min: 0, max: 1 }) },
  })
})

describe('diceLoss of a set', () => {
  test.prop([fc.integer({ min: 1, max: 5 }).chain((n) => fc.tuple(tensors([n]), binary([n]))), options])(
    'is its definition in plain numbers, of yes or no',
    ([z, y], given) => {
      const q = values(sigmoid(z)).map((p) => decayed(p, given.alpha))
      expect(value(diceLoss(z, y, given))).toBeCloseTo(plainDice(q, values(y), given), 10)
    },
  )

  test.prop([classified(tensors), options], runs(0.2))(
    'is its definition in plain numbers, of classes',
    ([z, y], given) => {
      const K = z.shape.at(-1) as number
      const [q, hit] = [values(softmax(z)).map((p) => decayed(K === 1 ? 1 : p, given.alpha)), values(hits(z, y))]
      const ofClass = (list: number[], k: number): number[] => list.filter((_, i) => i % K === k)
      const terms = Array.from({ length: K }, (_, k) => plainDice(ofClass(q, k), ofClass(hit, k), given))
      expect(value(diceLoss(z, y, given))).toBeCloseTo(
        terms.reduce((a, b) => a + b),
        10,
      )
    },
  )

  test.prop([classified(tensors), options], runs(0.08))('has derivatives up to order 2', ([z, y], given) => {
    checkGradients((x: Tensor) => diceLoss(x, y, given), [z])
  })

  test.prop([paired(logits, binary)], runs(0.2))('does not depend on the order of examples', ([z, y]) => {
    laws.permutationInvariant((z: Tensor, y: Tensor) => diceLoss(z, y))(z, y)
  })

  test.prop([paired(logits, binary)], runs(0.5))(
    'is that per example for one example, and 0 for an endless smooth',
    ([z, y]) => {
      const [one, label] = [z.reshape([-1]).slice([0], [1]), y.reshape([-1]).slice([0], [1])]
      expectClose(diceLoss(one, label), sum(diceLoss(one, label, { form: 'perExample' })))
      expect(value(diceLoss(z, y, { smooth: 1e12 }))).toBeCloseTo(0, 9)
    },
  )

  test.prop([paired(logits, binary), fc.constantFrom(0.25, 1)])(
    'is tverskyLoss with smooth = 2 gamma',
    ([z, y], gamma) => {
      for (const form of ['set', 'perExample'] as const)
        expectClose(diceLoss(z, y, { form, smooth: 2 * gamma }), tverskyLoss(z, y, { form, gamma }), 1e-11)
    },
  )

  test.prop([classified(tensors), options], runs(0.2))('leaves out what the mask leaves out', ([z, y], given) => {
    const [none, all] = [ones(y).sub(1), ones(y)]
    const [twice, labelled] = [concat([z, z.add(z.square())]), concat([y, y])]
    for (const mask of [concat([all, none]), concat([all, none]).equal(1)]) {
      expectClose(diceLoss(twice, labelled, { ...given, mask }), diceLoss(z, y, given))
      const each = diceLoss(twice, labelled, { ...given, mask, form: 'perExample' })
      expectClose(each, concat([diceLoss(z, y, { ...given, form: 'perExample' }), none.cast('f64')]))
    }
  })

  it('is 1 with gradient 0 where there is nothing', () => {
    for (const form of ['set', 'perExample'] as const) {
      const loss = (z: Tensor): Tensor => sum(diceLoss(z, f64(0), { form, smooth: 0 }))
      expect(value(loss(f64(-1e4)))).toBe(1)
      expect(values(grad(loss)(f64(-1e4))).map(Math.abs)).toEqual([0])
    }
  })

  it('is NaN with a computed label out of range', () => {
    expect(value(diceLoss(tensor([1, 2]), tensor([0, 1]).add(1)))).toBeNaN()
    const classes = tensor([0, 1], { dtype: 'i32' }).add(1)
    const z = tensor([
      [1, 2],
      [3, 4],
    ])
    expect(value(diceLoss(z, classes))).toBeNaN()
    expect(values(diceLoss(z, classes, { form: 'perExample' })).map(Number.isNaN)).toEqual([false, true])
  })
})

describe('decayedProbability', () => {
  it('keeps its digits where a class is all but sure', () => {
    const q = value(sum(decayedProbability(oneVersusRest(f64(40, 0, 0)).slice([0], [1]), 1)))
    expect(q / (2 * Math.exp(-40))).toBeCloseTo(1, 12)
  })
})

describeErrors('diceLoss', {
  'diceLoss: form must be one of set, perExample, got all.': () => diceLoss(f64(1), f64(1), { form: 'all' as 'set' }),
  'diceLoss: smooth must be a finite number of at least 0, got -1.': () => diceLoss(f64(1), f64(1), { smooth: -1 }),
  'diceLoss: alpha must be a finite number of at least 0, got -1.': () => diceLoss(f64(1), f64(1), { alpha: -1 }),
  'diceLoss: labels must be 0 or 1, got 2 at [0]. Signs become such labels with labels.greater(0).': () =>
    diceLoss(f64(1), f64(2)),
  'diceLoss: mask must have shape [...B], got [2] (...B = [1]). Expected labels [...B], mask [...B].': () =>
    diceLoss(f64(1), f64(1), { mask: tensor([1, 1]) }),
})
