import { fc, test } from '@fast-check/vitest'
import { argMax, grad, key, mapTree, mean, sum, type Tensor, tensor, zeros } from '@wengert/core'
import { checkGradients, laws, tensors } from '@wengert/gradcheck'
import { describeErrors, expectClose, runs, value, values } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { consistencyCues } from './consistencyCues.ts'
import { correctnessAwareLoss } from './correctnessAwareLoss.ts'
import { transformConsistencyCalibrator } from './transformConsistencyCalibrator.ts'

const [V, K, topK] = [2, 4, 3]
const { init, temperature, apply } = transformConsistencyCalibrator({ views: V, topK })
const params = init(key(0), { dtype: 'f64' })
const untied = (shape: readonly number[]): fc.Arbitrary<Tensor> => tensors(shape, { distinct: true })
const examples = fc.integer({ min: 1, max: 4 }).chain((B) => fc.tuple(untied([B, K]), tensors([V, B, K])))
const drawn = fc
  .integer({ min: 0, max: 999 })
  .map((seed) => mapTree((x) => x.mul(4), init(key(seed), { dtype: 'f64' })))

/** Probabilities of views at the greatest classes, in plain loops. */
function plainCues(z: Tensor, views: Tensor): number[][] {
  const [list, viewed] = [values(z), values(views)]
  const B = z.shape[0] as number
  return Array.from({ length: B }, (_, b) => {
    const row = list.slice(b * K, (b + 1) * K)
    const top = row.map((_, k) => k).sort((i, j) => (row[j] as number) - (row[i] as number) || i - j)
    return Array.from({ length: V }, (_, v) => {
      const powers = viewed.slice((v * B + b) * K, (v * B + b + 1) * K).map(Math.exp)
      const total = powers.reduce((x, y) => x + y, 0)
      return top.slice(0, topK).map((k) => (powers[k] as number) / total)
    }).flat()
  })
}

describe('consistencyCues', () => {
  test.prop([examples])('are probabilities of views at the greatest classes, in plain numbers', ([z, views]) => {
    const expected = plainCues(z, views)
    const cues = consistencyCues(z, views, { topK })
    expectClose(cues, tensor(Float64Array.from(expected.flat()), { shape: [expected.length, V * topK] }))
    expectClose(consistencyCues(z.reshape([1, -1, K]), views.reshape([V, 1, -1, K]), { topK }).squeeze(0), cues, 0)
  })

  test.prop([examples])('do not change when logits are shifted', ([z, views]) => {
    const cues = (z: Tensor, views: Tensor): Tensor => consistencyCues(z, views, { topK })
    laws.shiftInvariant(cues, { args: [0] })(z, views)
    laws.shiftInvariant(cues, { args: [1] })(z, views)
  })

  it('takes the first of equal classes', () => {
    const views = tensor([[0, 1, 2]])
    const [cue] = values(consistencyCues(tensor([5, 5, 0]), views, { topK: 1 }))
    expect(cue).toBeCloseTo(1 / (1 + Math.E + Math.E ** 2), 6)
  })
})

describe('transformConsistencyCalibrator', () => {
  test.prop([examples, drawn])(
    'has temperatures of two layers, in plain numbers, within their bounds',
    ([z, views], p) => {
      const [w1, b1, w2, b2] = [values(p.w1), values(p.b1), values(p.w2), values(p.b2)]
      const expected = plainCues(z, views).map((cues) => {
        const hidden = b1.map((bias, h) =>
          Math.max(
            0,
            cues.reduce((total, cue, i) => total + cue * (w1[h * V * topK + i] as number), bias),
          ),
        )
        const t = hidden.reduce((total, x, h) => total + x * (w2[h] as number), b2[0] as number)
        return Math.min(10, Math.max(0.1, t))
      })
      expectClose(temperature(p, z, views), tensor(Float64Array.from(expected)))
      laws.bounded((t: Tensor) => t, { min: 0.1, max: 10 })(temperature(p, z, views))
    },
  )

  test.prop([examples, drawn])('divides logits, so that the greatest stays the greatest', ([z, views], p) => {
    const calibrated = apply(p, z, views)
    expectClose(calibrated.mul(temperature(p, z, views).expandDims(-1)), z)
    expect(values(argMax(calibrated))).toEqual(values(argMax(z)))
  })

  test.prop([examples])('gives a batch the values of its examples', ([z, views]) => {
    const alone = Array.from({ length: z.shape[0] as number }, (_, b) =>
      value(temperature(params, z.slice([b, 0], [b + 1, K]), views.slice([0, b, 0], [V, b + 1, K])).squeeze(0)),
    )
    expectClose(temperature(params, z, views), tensor(Float64Array.from(alone)))
  })

  test.prop([examples], runs(0.1))('can be differentiated where no temperature is clipped', ([z, views]) => {
    // With every relu open, and temperatures around 3.
    const [w1, w2] = [params.w1.mul(0.25), params.w2.mul(0.125)]
    const open = (w1: Tensor, w2: Tensor) => ({ w1, b1: params.b1.add(9), w2, b2: params.b2.add(2) })
    laws.bounded((t: Tensor) => t, { min: 0.2, max: 9.9 })(temperature(open(w1, w2), z, views))
    const f = (w1: Tensor, w2: Tensor, views: Tensor): Tensor => apply(open(w1, w2), z, views)
    checkGradients(f, [w1, w2, views], { order: 2 })
  })

  it('has no gradient through a temperature that is clipped', () => {
    const cold = { ...params, b2: params.b2.sub(100) }
    const z = tensor([[1, 2, 3, 4]], { dtype: 'f64' })
    const views = zeros([V, 1, K], { dtype: 'f64' })
    expect(values(temperature(cold, z, views))).toEqual([0.1])
    const slopes = grad((p: typeof cold) => sum(apply(p, z, views)))(cold)
    expect(
      Object.values(slopes)
        .flatMap((g) => values(g))
        .every((g) => g === 0),
    ).toBe(true)
  })

  it('learns to trust examples whose views agree', () => {
    // Right where the views agree, wrong where they contradict.
    const z = tensor(
      [
        [4, 0],
        [4, 0],
      ],
      { dtype: 'f64' },
    )
    const views = tensor(
      [
        [
          [4, 0],
          [0, 4],
        ],
        [
          [4, 0],
          [0, 4],
        ],
        [
          [4, 0],
          [0, 4],
        ],
      ],
      { dtype: 'f64' },
    )
    const labels = tensor([0, 1], { dtype: 'i32' })
    const calibrator = transformConsistencyCalibrator({ topK: 2 })
    let p = calibrator.init(key(3), { dtype: 'f64' })
    const objective = (q: typeof p): Tensor => mean(correctnessAwareLoss(calibrator.apply(q, z, views), labels))
    for (let step = 0; step < 200; step++) {
      const slopes = grad(objective)(p)
      p = mapTree((x) => tensor(Float64Array.from(values(x)), { shape: x.shape }), {
        w1: p.w1.sub(slopes.w1),
        b1: p.b1.sub(slopes.b1),
        w2: p.w2.sub(slopes.w2),
        b2: p.b2.sub(slopes.b2),
      })
    }
    const [agreed = 0, contradicted = 0] = values(calibrator.temperature(p, z, views))
    expect(agreed).toBeLessThan(1)
    expect(contradicted).toBeGreaterThan(2)
  })
})

describeErrors('transformConsistencyCalibrator', {
  'transformConsistencyCalibrator: tMax must be a finite number of at least tMin, 0.1, got 0.': () =>
    transformConsistencyCalibrator({ tMax: 0 }),
  'transformConsistencyCalibrator.apply: topK must be at most 2, the number of classes, got 3.': () =>
    apply(params, zeros([2]), zeros([V, 2])),
  'transformConsistencyCalibrator.apply: number of views must be 2, got 3.': () =>
    apply(params, zeros([5, K]), zeros([3, 5, K])),
  'consistencyCues: viewLogits must be one or more of shape [5, 4] along a first axis, got [5, 4]. Put them together with stack([…]).':
    () => consistencyCues(zeros([5, K]), zeros([5, K])),
})
