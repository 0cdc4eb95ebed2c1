import { fc, test } from '@fast-check/vitest'
import { grad, sigmoid, type Tensor, tensor } from '@wengert/core'
import { checkGradients, labels, laws, logits, tensors } from '@wengert/gradcheck'
import { describeErrors, runs, value, values } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { type AnyLossOptions, anyLoss } from './anyLoss.ts'
import { confusionMetrics, type ConfusionMetric as Name } from './confusionMetrics.ts'
import { amplify, type ConfusionMatrix, softConfusionMatrix } from './softConfusionMatrix.ts'

const names = Object.keys(confusionMetrics) as Name[]
const f64 = (...data: number[]): Tensor => tensor(data, { dtype: 'f64' })
const probsOf = (n: number): fc.Arbitrary<Tensor> => tensors([n], { min: 0, max: 1 })
const batch = fc.integer({ min: 1, max: 8 }).chain((n) => fc.tuple(probsOf(n), labels([n], 2)))
/** With both labels, so that every metric is defined. */
const mixed = batch.filter(([, y]) => new Set(values(y)).size === 2)
const metric =
  (name: Name, options: AnyLossOptions = {}) =>
  (p: Tensor, y: Tensor) =>
    anyLoss(p, y, { metric: name, L: 10, ...options })
      .neg()
      .add(1)
const countsOf = (m: ConfusionMatrix): number[] =>
  [m.truePositives, m.falseNegatives, m.falsePositives, m.trueNegatives].map(value)

/** The metrics as they are defined, in plain numbers; 0 where they are not defined. */
function plain(name: Name, [tp = 0, fn = 0, fp = 0, tn = 0]: number[], beta: number): number {
  const [recall, specificity] = [tp / (tp + fn), tn / (tn + fp)]
  const precision = tp / (tp + fp)
  const table: Record<Name, number> = {
    accuracy: (tp + tn) / (tp + fn + fp + tn),
    fBeta: ((1 + beta ** 2) * precision * recall) / (beta ** 2 * precision + recall),
    gMean: Math.sqrt(recall * specificity),
    balancedAccuracy: (recall + specificity) / 2,
    mcc: (tp * tn - fp * fn) / Math.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)),
    precision,
    recall,
    specificity,
    jaccard: tp / (tp + fn + fp),
  }
  return Number.isNaN(table[name]) ? 0 : table[name]
}

describe('softConfusionMatrix', () => {
  test.prop([batch])('counts each example, of its label and its prediction', ([p, y]) => {
    const counts = [0, 0, 0, 0]
    const [read, label] = [values(amplify(p, { L: 10 })), values(y)]
    read.forEach((r, i) => {
      const row = label[i] ? 0 : 2
      counts[row] = (counts[row] as number) + r
      counts[row + 1] = (counts[row + 1] as number) + 1 - r
    })
    const found = countsOf(softConfusionMatrix(p, y, { L: 10 }))
    found.forEach((count, i) => {
      expect(count).toBeCloseTo(counts[i] as number, 12)
    })
    expect(found.reduce((a, b) => a + b)).toBeCloseTo(read.length, 12)
  })

  test.prop([batch])('takes logits, and soft labels', ([z, y]) => {
    const soft = y.cast('f64').mul(0.5).add(0.25)
    const [ofLogits, ofProbs] = [
      softConfusionMatrix(z, soft, { fromLogits: true }),
      softConfusionMatrix(sigmoid(z), soft),
    ]
    expect(countsOf(ofLogits)).toEqual(countsOf(ofProbs))
  })

  it('keeps the digits of counts next to 0', () => {
    expect(values(softConfusionMatrix(f64(1, 1), f64(1, 1)).falseNegatives)[0]).toBeCloseTo(
      2 / (1 + Math.exp(36.5)),
      24,
    )
  })

  it('is NaN with computed labels outside [0, 1]', () => {
    const computed = tensor([0, 1]).add(1)
    expect(countsOf(softConfusionMatrix(tensor([0.2, 0.3]), computed))).toEqual([
      Number.NaN,
      Number.NaN,
      Number.NaN,
      Number.NaN,
    ])
  })
})

describe.each(names)('anyLoss of %s', (name) => {
  const loss = (p: Tensor, y: Tensor): Tensor => anyLoss(p, y, { metric: name, L: 10 })

  test.prop([batch, fc.integer({ min: 1, max: 8 })], runs(0.25))('is 1 − the metric', ([p, y], n) => {
    const beta = n / 4
    const counts = countsOf(softConfusionMatrix(p, y, { L: 10 }))
    const oneSided = new Set(values(y)).size === 1 && (name === 'balancedAccuracy' || name === 'mcc')
    const expected = oneSided ? 0 : plain(name, counts, beta)
    expect(value(anyLoss(p, y, { metric: name, L: 10, beta }))).toBeCloseTo(1 - expected, 10)
  })

  test.prop([mixed], runs(0.05))('has derivatives up to order 2', ([p, y]) => {
    checkGradients((x: Tensor) => loss(x, y), [p.mul(0.5).add(0.25)])
  })

  test.prop([mixed], runs(0.25))('does not depend on the order of examples', ([p, y]) => {
    laws.permutationInvariant(loss)(p, y)
  })

  test.prop([fc.integer({ min: 1, max: 8 }).chain((n) => fc.tuple(logits([n]), labels([n], 2)))], runs(0.15))(
    'is finite, and so is its gradient, for any logits in f32',
    ([z, y]) => {
      const ofLogits = (x: Tensor): Tensor => anyLoss(x, y, { metric: name, fromLogits: true })
      const x = z.cast('f32')
      for (const found of [ofLogits(x), grad(ofLogits)(x)])
        expect(values(found).every((v) => Number.isFinite(v))).toBe(true)
    },
  )
})

describe('anyLoss', () => {
  test.prop([batch])('has metrics from 0 to 1, and mcc from −1 to 1', ([p, y]) => {
    for (const name of names)
      laws.bounded(metric(name), { min: name === 'mcc' ? -1 : 0, max: 1, tolerance: 1e-12 })(p, y)
  })

  test.prop([mixed], runs(0.3))(
    'does not change for symmetric metrics when labels and predictions change sides',
    ([p, y]) => {
      for (const name of ['accuracy', 'gMean', 'balancedAccuracy', 'mcc'] as const)
        laws.invariant(metric(name), (p, y) => [p.neg().add(1), y.neg().add(1)])(p, y)
    },
  )

  test.prop([batch.filter(([p]) => values(p).every((v) => Math.abs(v - 0.5) >= 1 / 64))])(
    'counts decisions where L is great, and nothing where it is 0',
    ([p, y]) => {
      const [read, label] = [values(p), values(y)]
      const right = read.filter((v, i) => v > 0.5 === (label[i] === 1)).length / read.length
      expect(value(anyLoss(p, y, { metric: 'accuracy', L: 1e6 }))).toBeCloseTo(1 - right, 12)
      expect(value(anyLoss(p, y, { metric: 'accuracy', L: 1e-9 }))).toBeCloseTo(0.5, 8)
      expect(Number.isFinite(value(anyLoss(p, y, { L: 1e6 })))).toBe(true)
    },
  )

  test.prop([mixed], runs(0.3))('has metrics that agree with one another', ([p, y]) => {
    const of = (name: Name, options: AnyLossOptions = {}): number => value(metric(name, options)(p, y))
    const jaccard = of('jaccard')
    expect(of('fBeta')).toBeCloseTo((2 * jaccard) / (1 + jaccard), 12)
    expect(of('gMean') ** 2).toBeCloseTo(of('recall') * of('specificity'), 12)
    expect(of('gMean')).toBeLessThanOrEqual(of('balancedAccuracy') + 1e-12)
    expect(of('fBeta', { beta: 0 })).toBeCloseTo(of('precision'), 12)
    expect(of('fBeta', { beta: 1e8 })).toBeCloseTo(of('recall'), 8)
  })

  test.prop([mixed], runs(0.3))('pulls up the positives and down the negatives, as its doc says', ([p, y]) => {
    const [read, label] = [values(amplify(p, { L: 10 })), values(y)]
    const [tp = 0, fn = 0, fp = 0, tn = 0] = countsOf(softConfusionMatrix(p, y, { L: 10 }))
    const [P, N] = [tp + fn, tn + fp]
    const slopes: Partial<Record<Name, (y: number) => number>> = {
      accuracy: (y) => (2 * y - 1) / (P + N),
      fBeta: (y) => (2 * (y * (P + tp + fp) - tp)) / (P + tp + fp) ** 2,
      gMean: (y) => (y * tn - (1 - y) * tp) / (2 * Math.sqrt((tp * tn) / (P * N)) * P * N),
      balancedAccuracy: (y) => (y / P - (1 - y) / N) / 2,
    }
    for (const [name, slope] of Object.entries(slopes)) {
      const gradient = values(grad((x: Tensor) => anyLoss(x, y, { metric: name as Name, L: 10 }))(p))
      gradient.forEach((g, i) => {
        const [r, l] = [read[i] as number, label[i] as number]
        expect(g).toBeCloseTo(-10 * r * (1 - r) * slope(l), 10)
        expect(l === 1 ? g : -g).toBeLessThanOrEqual(0)
      })
    }
  })

  it('takes a metric of your own', () => {
    const missed = ({ falseNegatives }: ConfusionMatrix): Tensor => falseNegatives.mul(-0.5)
    expect(value(anyLoss(f64(0.5, 0.5), f64(1, 1), { metric: missed }))).toBe(1.5)
    checkGradients((p: Tensor) => anyLoss(p, f64(1, 0), { metric: missed }), [f64(0.51, 0.4)])
  })

  it('is 1 with gradient 0 where a metric is not defined', () => {
    const sides: [Tensor, Name[]][] = [
      [f64(0, 0), ['fBeta', 'gMean', 'balancedAccuracy', 'mcc', 'recall', 'jaccard', 'precision']],
      [f64(1, 1), ['gMean', 'balancedAccuracy', 'mcc', 'specificity']],
    ]
    for (const [y, undefinedThere] of sides)
      for (const name of undefinedThere) {
        const loss = (p: Tensor): Tensor => anyLoss(p, y, { metric: name })
        expect(value(loss(f64(0.5, 0.4)))).toBe(1)
        expect(values(grad(loss)(f64(0.5, 0.4))).map(Math.abs)).toEqual([0, 0])
      }
  })
})

describeErrors('anyLoss', {
  'anyLoss: metric must be one of accuracy, fBeta, gMean, balancedAccuracy, mcc, precision, recall, specificity, jaccard, got f1.':
    () => anyLoss(f64(0.5), f64(1), { metric: 'f1' as 'mcc' }),
  'anyLoss: L must be a finite number greater than 0, got 0.': () => anyLoss(f64(0.5), f64(1), { L: 0 }),
  'anyLoss: beta must be a finite number of at least 0, got -1.': () => anyLoss(f64(0.5), f64(1), { beta: -1 }),
  'anyLoss: labels must be from 0 to 1, got -1 at [0]. Signs become such labels with labels.greater(0).': () =>
    anyLoss(f64(0.5), f64(-1)),
  'softConfusionMatrix: labels must have shape [...S], got [2] (...S = [1]). Expected probs [...S], labels [...S].':
    () => softConfusionMatrix(f64(0.5), f64(1, 0)),
  'amplify: probs must be probabilities from 0 to 1, got 2 at [0]. Logits become probabilities with softmax(logits).':
    () => amplify(f64(2)),
})
