import { fc, test } from '@fast-check/vitest'
import { concat, grad, mean, oneHot, sum, type Tensor, tensor } from '@wengert/core'
import { checkGradients, labels, laws, logits, tensors } from '@wengert/gradcheck'
import { describeErrors, expectClose, runs, value, values } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { hypersimplexLoss } from './hypersimplexLoss.ts'
import { hypersimplexMulticlassLoss } from './hypersimplexMulticlassLoss.ts'
import { softBinaryArgmax } from './softBinaryArgmax.ts'

const f64 = (...data: number[]): Tensor => tensor(data, { dtype: 'f64' })
const classes = (...data: number[]): Tensor => tensor(data, { dtype: 'i32' })
const classified = (rows: (shape: readonly number[]) => fc.Arbitrary<Tensor>) =>
  fc.tuple(fc.constantFrom(1, 2, 5), fc.constantFrom(1, 2, 3)).chain(([B, K]) => fc.tuple(rows([B, K]), labels([B], K)))
const choices = fc.constantFrom('counts' as const, 'half' as const)
const hits = (z: Tensor, y: Tensor): Tensor => oneHot(y, z.shape[1] as number, { dtype: 'f64' })
const tolerance = 1e-10

/** Whether no prediction is about to become 0 or 1, or to cease to be. */
const settled = (z: Tensor, k: Tensor): boolean => {
  const near = [1.45, 1.5, 1.55].map((temperature) => values(softBinaryArgmax(z, k, { temperature, axis: 0 })))
  const whole = (p: number): boolean => p === 0 || p === 1
  return (near[1] as number[]).every(
    (p, i) => near.every((ps) => whole(ps[i] as number) === whole(p)) && (whole(p) || Math.abs(p - 0.5) < 0.49),
  )
}

describe('hypersimplexMulticlassLoss', () => {
  test.prop([classified(logits), choices])('is hypersimplexLoss of each class, averaged', ([z, y], k) => {
    const columns = hypersimplexLoss(z.transpose(), hits(z, y).transpose(), { k })
    expectClose(hypersimplexMulticlassLoss(z, y, { k }), mean(columns, { axis: 0 }), tolerance)
  })

  test.prop([classified(tensors).filter(([z, y]) => settled(z, sum(hits(z, y), { axis: 0 })))], runs(0.25))(
    'has derivatives that agree with differences, up to order 2',
    ([z, y]) => {
      checkGradients((x: Tensor) => hypersimplexMulticlassLoss(x, y), [z])
    },
  )

  for (const dtype of ['f32', 'f64'] as const)
    test.prop([classified(logits), choices])(
      `is finite, and so is its gradient, at ±10000 in ${dtype}`,
      ([z, y], k) => {
        const saturated = tensor(
          values(z).map((v) => (v > 0 ? 1e4 : -1e4)),
          { shape: z.shape, dtype },
        )
        const loss = (x: Tensor): Tensor => hypersimplexMulticlassLoss(x, y, { k })
        for (const t of [loss(saturated), grad((x: Tensor) => sum(loss(x)))(saturated)]) {
          expect(t.dtype).toBe(dtype)
          expect(values(t).filter((v) => !Number.isFinite(v))).toEqual([])
        }
      },
    )

  test.prop([classified(logits)])('lies from 0 to 1', ([z, y]) => {
    laws.bounded(hypersimplexMulticlassLoss, { min: 0, max: 1 })(z, y)
  })

  test.prop([classified(logits), choices])('keeps to the examples wherever they stand', ([z, y], k) => {
    const loss = (z: Tensor, y: Tensor): Tensor => hypersimplexMulticlassLoss(z, y, { k })
    laws.permutationEquivariant(loss, { args: [0, 1], tolerance })(z, y)
  })

  test.prop([classified(logits), choices])('does not change when all logits of a class are shifted', ([z, y], k) => {
    const shifts = f64(64, -8, 0.5).slice([0], [z.shape[1] as number])
    const loss = (z: Tensor): Tensor => hypersimplexMulticlassLoss(z, y, { k })
    expectClose(loss(z.add(shifts)), loss(z), tolerance)
  })

  test.prop([fc.constantFrom(2, 5).chain((B) => fc.tuple(logits([B, 1]), labels([B], 2)))])(
    'gives both of two opposite classes the same',
    ([z, y]) => {
      const B = z.shape[0] as number
      const opposite = concat([z.neg(), z], { axis: 1 })
      const columns = hypersimplexLoss(opposite.transpose(), hits(opposite, y).transpose())
      expectClose(columns.slice([0, 0], [1, B]), columns.slice([1, 0], [2, B]), tolerance)
      expectClose(hypersimplexMulticlassLoss(opposite, y), columns.slice([1, 0], [2, B]).squeeze(0), tolerance)
    },
  )

  test.prop([classified(tensors)])('takes k and temperature of each class', ([z, y]) => {
    const [B = 0, K = 0] = z.shape
    const numbers = [B, 0, B / 2].slice(0, K)
    const temperatures = [1, 2, 0.5].slice(0, K)
    const k = f64(...numbers)
    const whole = hypersimplexMulticlassLoss(z, y, { k, temperature: f64(...temperatures) })
    const columns = numbers.map((k, j) =>
      hypersimplexLoss(
        z.slice([0, j], [B, j + 1]).reshape([B]),
        hits(z, y)
          .slice([0, j], [B, j + 1])
          .reshape([B]),
        {
          k,
          temperature: temperatures[j] as number,
        },
      ),
    )
    expectClose(whole, columns.reduce((a, b) => a.add(b)).div(K))
  })

  it('changes, other than crossEntropy, when all logits of an example are shifted', () => {
    const [z, y] = [f64(1, 0, 0, 0.5).reshape([2, 2]), classes(0, 1)]
    const shifted = z.add(f64(2, 0).reshape([2, 1]))
    expect(value(mean(hypersimplexMulticlassLoss(shifted, y)))).not.toBeCloseTo(
      value(mean(hypersimplexMulticlassLoss(z, y))),
      3,
    )
  })

  it('leaves a class that is absent from the batch alone', () => {
    const z = f64(1, 0, 5, 0, 0.5, 2).reshape([2, 3])
    const g = values(grad((x: Tensor) => sum(hypersimplexMulticlassLoss(x, classes(0, 1))))(z))
    expect([g[2], g[5]].map((v) => Math.abs(v as number))).toEqual([0, 0])
    expect(g.filter((v) => v !== 0)).toHaveLength(4)
  })

  it('predicts no example of a batch of one with half of it: 1 / K without a gradient', () => {
    const [z, y] = [f64(3, 1, 2, 0).reshape([1, 4]), classes(2)]
    expect(values(hypersimplexMulticlassLoss(z, y, { k: 'half' }))).toEqual([0.25])
    const g = grad((x: Tensor) => sum(hypersimplexMulticlassLoss(x, y, { k: 'half' })))(z)
    expect(values(g).map(Math.abs)).toEqual([0, 0, 0, 0])
  })

  it('cannot reach 0 with half of the batch: (0.4 / 0.9)² · 0.9 for ten balanced classes, ranked as they should be', () => {
    const y = classes(...Array.from({ length: 20 }, (_, i) => i % 10))
    const ideal = oneHot(y, 10, { dtype: 'f64' }).mul(40)
    expect(value(mean(hypersimplexMulticlassLoss(ideal, y, { k: 'half' })))).toBeCloseTo(0.9 * (4 / 9) ** 2, 12)
    expect(value(mean(hypersimplexMulticlassLoss(ideal, y)))).toBe(0)
  })

  it('marks examples with computed labels out of range by NaN', () => {
    const loss = hypersimplexMulticlassLoss(f64(1, 2, 3, 4).reshape([2, 2]), classes(1, 0).add(1))
    expect(values(loss).map(Number.isNaN)).toEqual([true, false])
  })
})

describeErrors('hypersimplexMulticlassLoss', {
  'hypersimplexMulticlassLoss: labels must have shape [B], got [1] (B = 2, K = 2). Expected logits [B, K], labels [B].':
    () => hypersimplexMulticlassLoss(f64(1, 2, 3, 4).reshape([2, 2]), classes(1)),
  'hypersimplexMulticlassLoss: labels must be class indices from 0 to 1, got 2 at [0]. The logits have 2 classes.':
    () => hypersimplexMulticlassLoss(f64(1, 2).reshape([1, 2]), classes(2)),
  'hypersimplexMulticlassLoss: k must be a number or have shape [2], one for each row of x [1, 2] along axis 0, got [1].':
    () => hypersimplexMulticlassLoss(f64(1, 2).reshape([1, 2]), classes(1), { k: f64(1) }),
  'hypersimplexMulticlassLoss: logits must have at least one class on the last axis, got [2, 0].': () =>
    hypersimplexMulticlassLoss(tensor([], { shape: [2, 0] }), classes(0, 0)),
})
