import { fc, test } from '@fast-check/vitest'
import { grad, type Tensor, tensor } from '@wengert/core'
import { labels, laws, simplices } from '@wengert/gradcheck'
import { describeErrors, expectClose, value, values } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { expectedCalibrationError } from './expectedCalibrationError.ts'
import { reliabilityDiagram } from './reliabilityDiagram.ts'

const predicted = fc
  .tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 4 }))
  .chain(([B, K]) => fc.tuple(simplices([B, K]), labels([B], K)))
const counts = fc.integer({ min: 1, max: 20 })

/** Examples sorted into bins, one after the other. */
function plain(p: Tensor, y: Tensor, bins: number): { count: number; confidence: number; accuracy: number }[] {
  const [list, label] = [values(p), values(y)]
  const K = p.shape.at(-1) as number
  const sums = Array.from({ length: bins }, () => ({ count: 0, confidence: 0, accuracy: 0 }))
  label.forEach((own, i) => {
    const row = list.slice(i * K, (i + 1) * K)
    const confidence = Math.max(...row)
    const at = sums.findIndex((_, m) => confidence * bins <= m + 1)
    const bin = sums[at] as (typeof sums)[number]
    bin.count++
    bin.confidence += confidence
    bin.accuracy += Number(row.indexOf(confidence) === own)
  })
  return sums.map(({ count, confidence, accuracy }) => {
    const n = Math.max(1, count)
    return { count, confidence: confidence / n, accuracy: accuracy / n }
  })
}

describe('reliabilityDiagram', () => {
  test.prop([predicted, counts])('has the counts and means of its bins, in loops', ([p, y], bins) => {
    const expected = plain(p, y, bins)
    const found = reliabilityDiagram(p, y, { bins })
    for (const name of ['count', 'confidence', 'accuracy'] as const)
      expectClose(found[name].cast('f64'), tensor(Float64Array.from(expected.map((bin) => bin[name]))))
    expect(found.count.dtype).toBe('i32')
  })

  test.prop([predicted])('does not depend on the order of the examples, nor on how they are laid out', ([p, y]) => {
    const diagram = (p: Tensor, y: Tensor) => ({ ...reliabilityDiagram(p, y) })
    laws.permutationInvariant(diagram)(p, y)
    laws.invariant(diagram, (p: Tensor, y: Tensor) => [p.expandDims(0), y.expandDims(0)])(p, y)
  })

  it('counts the upper edge of a bin to it', () => {
    const p = tensor([
      [0.5, 0.5],
      [0.75, 0.25],
      [1, 0],
      [0, 1],
    ])
    const { count } = reliabilityDiagram(p, tensor([0, 0, 0, 1], { dtype: 'i32' }), { bins: 4 })
    expect(values(count)).toEqual([0, 1, 1, 2])
  })
})

describe('expectedCalibrationError', () => {
  test.prop([predicted, counts])('is the weighted distance within bins, in loops', ([p, y], bins) => {
    const N = p.shape[0] as number
    const expected = plain(p, y, bins).reduce(
      (total, b) => total + (b.count / N) * Math.abs(b.accuracy - b.confidence),
      0,
    )
    expect(value(expectedCalibrationError(p, y, { bins }))).toBeCloseTo(expected, 12)
  })

  test.prop([predicted])('lies between 0 and 1, and is least with one bin', ([p, y]) => {
    const error = (bins: number): number => value(expectedCalibrationError(p, y, { bins }))
    expect(error(16)).toBeLessThanOrEqual(1)
    // Each bin split in two can only tell more apart.
    expect(error(1)).toBeLessThanOrEqual(error(2) + 1e-12)
    expect(error(2)).toBeLessThanOrEqual(error(4) + 1e-12)
  })

  test.prop([predicted])('does not depend on the order of the examples', ([p, y]) => {
    laws.permutationInvariant((p: Tensor, y: Tensor) => expectedCalibrationError(p, y))(p, y)
  })

  it('is 0 for a forecast that is right as often as it says, and 1 for certain errors', () => {
    const p = tensor([
      [0.75, 0.25],
      [0.75, 0.25],
      [0.75, 0.25],
      [0.75, 0.25],
    ])
    expect(value(expectedCalibrationError(p, tensor([0, 0, 0, 1], { dtype: 'i32' })))).toBe(0)
    expect(value(expectedCalibrationError(tensor([[1, 0]]), tensor([1], { dtype: 'i32' })))).toBe(1)
  })

  it('is NaN without examples', () => {
    const none = [tensor([], { shape: [0, 3] }), tensor([], { shape: [0], dtype: 'i32' })] as const
    expect(value(expectedCalibrationError(...none))).toBeNaN()
    expect(values(reliabilityDiagram(...none, { bins: 2 }).count)).toEqual([0, 0])
  })

  it('has the slope ±1 / N to the greatest probability', () => {
    const p = tensor(
      [
        [0.9, 0.1],
        [0.4, 0.6],
      ],
      { dtype: 'f64' },
    )
    const gradient = grad((x: Tensor) => expectedCalibrationError(x, tensor([0, 0], { dtype: 'i32' })))(p)
    expectClose(
      gradient,
      tensor(
        [
          [-0.5, 0],
          [0, 0.5],
        ],
        { dtype: 'f64' },
      ),
    )
  })
})

describeErrors('expectedCalibrationError', {
  'expectedCalibrationError: probabilities must be probabilities from 0 to 1, got 3 at [0, 0]. Logits become probabilities with softmax(logits).':
    () => expectedCalibrationError(tensor([[3, -1]]), tensor([0], { dtype: 'i32' })),
  'expectedCalibrationError: bins must be an integer of at least 1, got 0.': () =>
    expectedCalibrationError(tensor([[1, 0]]), tensor([0], { dtype: 'i32' }), { bins: 0 }),
  'reliabilityDiagram: labels must be class indices from 0 to 1, got 2 at [0]. The logits have 2 classes.': () =>
    reliabilityDiagram(tensor([[1, 0]]), tensor([2], { dtype: 'i32' })),
})
