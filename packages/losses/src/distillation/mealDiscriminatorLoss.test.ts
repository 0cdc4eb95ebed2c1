import { fc, test } from '@fast-check/vitest'
import { flip, grad, key, mapTree, mean, sum, type Tensor, tensor } from '@wengert/core'
import { laws, tensors } from '@wengert/gradcheck'
import { describeErrors, describeLoss, expectClose, rowwise, values } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { type MealDiscriminatorParams, mealDiscriminator } from './mealDiscriminator.ts'
import { mealDiscriminatorLoss } from './mealDiscriminatorLoss.ts'

const K = 4
const { init, apply } = mealDiscriminator({ classes: K })
// Biases that keep every relu open for moderate logits, away from the kinks.
const drawn = init(key(0), { dtype: 'f64' })
const open: MealDiscriminatorParams = { ...drawn, b1: drawn.b1.add(9), b2: drawn.b2.add(20), b3: drawn.b3.add(40) }
const closed: MealDiscriminatorParams = { ...drawn, b3: drawn.b3.sub(1e6) }

const pairs = fc
  .tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 }))
  .chain(([B, T]) => fc.tuple(tensors([B, K]), tensors([B, T, K])))
const teachersFirst = (t: Tensor): Tensor => t.transpose(t.shape.length === 2 ? [0, 1] : [1, 0, 2])
const loss = (s: Tensor, t: Tensor): Tensor =>
  mealDiscriminatorLoss(
    s,
    teachersFirst(t),
    mapTree((x) => x.cast(s.dtype), open),
  )

describeLoss(loss, {
  name: 'mealDiscriminatorLoss',
  args: pairs,
  laws: {
    'does not depend on the order of the teachers': laws.invariant(loss, (s, t) => [s, flip(t, { axis: 1 })]),
    'does not change where all teachers and their average are one': (s, t) => {
      expectClose(loss(s, mean(t, { axis: 1, keepDims: true })), loss(s, t))
    },
    'is log 2, with gradient 0, where the last relu is closed': (s, t) => {
      const dead = (x: Tensor): Tensor => mealDiscriminatorLoss(x, teachersFirst(t), closed)
      expectClose(dead(s), Math.LN2)
      expect(values(grad((x: Tensor) => sum(dead(x)))(s)).every((g) => g === 0)).toBe(true)
    },
    'is at least a quarter of log 2 for each target of 0': laws.bounded(loss, { min: Math.LN2 / 2 }),
    'is the mean of four binary cross-entropies, in plain numbers': (s, t) => {
      const plain = ([a = 0, b = 0]: number[], [c = 0, d = 0]: number[]): number => {
        const of = (o: number, target: number): number => Math.log(1 + Math.exp(-o)) + (1 - target) * o
        return (of(a, 1) + of(b, 0) + of(c, 0) + of(d, 1)) / 4
      }
      expectClose(loss(s, t), rowwise(plain, apply(open, s), apply(open, mean(t, { axis: 1 }))))
    },
    'turns the gradient of the student round, and of nothing else, if adversarial': (s, t) => {
      const slopes = (adversarial: boolean) =>
        grad((x: { readonly s: Tensor; readonly params: MealDiscriminatorParams }) =>
          sum(mealDiscriminatorLoss(x.s, teachersFirst(t), x.params, { adversarial })),
        )({ s, params: open })
      const [helping, against] = [slopes(false), slopes(true)]
      expectClose(against.s, helping.s.neg(), 0)
      for (const name of Object.keys(open) as (keyof MealDiscriminatorParams)[])
        expectClose(against.params[name], helping.params[name], 0)
    },
  },
})

describe('mealDiscriminator', () => {
  const affine = (x: number[], w: number[], b: number[]): number[] =>
    b.map((bias, i) => Math.max(0, bias + x.reduce((total, v, j) => total + v * (w[i * x.length + j] as number), 0)))

  test.prop([tensors([2, K]), fc.integer({ min: 0, max: 99 })])('is three layers, in plain numbers', (x, seed) => {
    const params = init(key(seed), { dtype: 'f64' })
    const layers = [
      [params.w1, params.b1],
      [params.w2, params.b2],
      [params.w3, params.b3],
    ] as const
    const scores = (row: number[]): number[] => layers.reduce((x, [w, b]) => affine(x, values(w), values(b)), row)
    for (const at of [0, 1])
      expectClose(
        apply(params, x)
          .slice([0, at], [2, at + 1])
          .squeeze(-1),
        rowwise((row) => scores(row)[at] as number, x),
      )
  })

  it('has the widths of the authors for 1000 classes', () => {
    const { w1, w2, w3 } = mealDiscriminator({ classes: 1000, divisor: 8 }).init(key(1))
    expect([w1.shape, w2.shape, w3.shape]).toEqual([
      [125, 1000],
      [15, 125],
      [2, 15],
    ])
    expect(values(w1).filter((w) => Math.abs(w) > 1 / Math.sqrt(1000))).toEqual([])
  })
})

describeErrors('mealDiscriminatorLoss', {
  'mealDiscriminator: classes must be an integer of at least 1, got 0.': () => mealDiscriminator({ classes: 0 }),
  'mealDiscriminatorLoss: teacherLogits must be one or more of shape [4] along a first axis, got [2, 3]. Put them together with stack([…]).':
    () =>
      mealDiscriminatorLoss(
        tensor([1, 2, 3, 4]),
        tensor([
          [1, 2, 3],
          [1, 2, 3],
        ]),
        open,
      ),
  'mealDiscriminatorLoss: w1 must have shape [K1, K], got [2, 4] (...B = [], K = 3, K1 = 2, K2 = 1). Expected logits [...B, K], w1 [K1, K], b1 [K1], w2 [K2, K1], b2 [K2], w3 [2, K2], b3 [2].':
    () => mealDiscriminatorLoss(tensor([1, 2, 3]), tensor([[1, 2, 3]]), open),
})
