import { fc, test } from '@fast-check/vitest'
import { argMax, full, grad, mean, softmax, sum, type Tensor, tensor } from '@wengert/core'
import { checkGradients, labels, laws, tensors } from '@wengert/gradcheck'
import { classified, describeErrors, describeLoss, expectClose, rowwise, runs, value, values } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { correctnessAwareLoss } from './correctnessAwareLoss.ts'

// Multiples of 1/64 that are apart, so that no two classes tie.
const untied = (shape: readonly number[]): fc.Arbitrary<Tensor> => tensors(shape, { distinct: true })
const batch = fc
  .tuple(fc.integer({ min: 2, max: 6 }), fc.integer({ min: 2, max: 4 }))
  .chain(([B, K]) => fc.tuple(untied([B, K]), labels([B], K)))
const each = (z: Tensor, y: Tensor): Tensor => correctnessAwareLoss(z, y, { balance: 'none' })

/** Greatest probability, and whether it is at the label, in plain numbers. */
function read(z: number[], [label]: number[]): { confidence: number; right: boolean } {
  const greatest = Math.max(...z)
  const total = z.reduce((sum, x) => sum + Math.exp(x - greatest), 0)
  return { confidence: 1 / total, right: z.indexOf(greatest) === label }
}

describeLoss(each, {
  name: 'correctnessAwareLoss',
  // A shift makes subnormal logits tie, and the first of them need not be the greatest.
  args: classified(tensors),
  smooth: classified(untied, 2),
  laws: {
    'lies between 0 and 1': laws.bounded(each, { min: 0, max: 1 }),
    'does not change when all logits of an example are shifted': laws.shiftInvariant(each),
    'does not care which of the wrong classes is the label': (z, y) => {
      const K = z.shape.at(-1) as number
      const top = argMax(z)
      const others = Array.from({ length: K }, (_, k) => k).map((k) => full(y.shape, k, { dtype: 'i32' }))
      const wrong = others.map((labels) => ({ losses: values(each(z, labels)), right: values(top.equal(labels)) }))
      values(y).forEach((_, i) => {
        const among = wrong.filter(({ right }) => !right[i]).map(({ losses }) => losses[i])
        expect(new Set(among).size).toBeLessThanOrEqual(1)
      })
    },
    'is the squared distance of confidence and correctness, in plain numbers': (z, y) => {
      const plain = (z: number[], label: number[]): number => {
        const { confidence, right } = read(z, label)
        return (confidence - Number(right)) ** 2
      }
      expectClose(each(z, y), rowwise(plain, z, y))
    },
  },
})

describe('correctnessAwareLoss, balanced', () => {
  test.prop([batch])('has the mean that weights by inverse frequency give', ([z, y]) => {
    const right = values(rowwise((z, label) => Number(read(z, label).right), z, y))
    const distances = values(each(z, y))
    const share = right.reduce((a, b) => a + b, 0) / right.length
    const weights = right.map((r) => (r ? 1 - share : share))
    const total = weights.reduce((a, b) => a + b, 0)
    const expected =
      total === 0
        ? distances.reduce((a, b) => a + b, 0) / distances.length
        : distances.reduce((sum, d, i) => sum + (weights[i] as number) * d, 0) / total
    expect(value(mean(correctnessAwareLoss(z, y)))).toBeCloseTo(expected, 12)
  })

  test.prop([batch], runs(0.25))('can be differentiated', ([z, y]) => {
    checkGradients((x: Tensor) => correctnessAwareLoss(x, y), [z], { order: 2 })
  })

  test.prop([batch])('has the documented gradient', ([z, y]) => {
    const gradient = values(grad((x: Tensor) => sum(each(x, y)))(z))
    const K = z.shape[1] as number
    const [p, list, label] = [values(softmax(z)), values(z), values(y)]
    gradient.forEach((g, at) => {
      const i = Math.floor(at / K)
      const { confidence, right } = read(list.slice(i * K, (i + 1) * K), [label[i] as number])
      const isTop = list[at] === Math.max(...list.slice(i * K, (i + 1) * K))
      const expected = 2 * (confidence - Number(right)) * confidence * (Number(isTop) - (p[at] as number))
      expect(g).toBeCloseTo(expected, 12)
    })
  })

  test.prop([batch])('pulls a temperature down where right and up where wrong', ([z, y]) => {
    const slope = grad((t: Tensor) => sum(correctnessAwareLoss(z.div(t.expandDims(-1)), y)))(
      full(y.shape, 1, { dtype: 'f64' }),
    )
    const right = values(rowwise((z, label) => Number(read(z, label).right), z, y))
    values(slope).forEach((g, i) => {
      if (right[i]) expect(g).toBeGreaterThanOrEqual(0)
      else expect(g).toBeLessThanOrEqual(0)
    })
  })

  it('is least, balanced, for a confidence of ½, and otherwise for the share that is right', () => {
    // Of five examples that look the same four are right.
    const labels = tensor([0, 0, 0, 0, 1], { dtype: 'i32' })
    const rows = tensor([[1, 0]], { dtype: 'f64' }).broadcastTo([5, 2])
    const slope = (balance: 'inverseFrequency' | 'none', confidence: number): number => {
      const scale = tensor(Math.log(confidence / (1 - confidence)), { dtype: 'f64' })
      return value(grad((c: Tensor) => mean(correctnessAwareLoss(rows.mul(c), labels, { balance })))(scale))
    }
    expect(slope('none', 0.8)).toBeCloseTo(0, 12)
    expect(slope('inverseFrequency', 0.5 + 1e-9)).toBeCloseTo(0, 8)
    expect(slope('inverseFrequency', 0.8)).toBeGreaterThan(0.05)
  })

  it('comes to (1/K)² for a wrong example, to 0 for a right one', () => {
    const z = tensor([[3, 1, 0, 0]], { dtype: 'f64' })
    const at = (temperature: number, label: number): number =>
      values(each(z.div(temperature), tensor([label], { dtype: 'i32' })))[0] as number
    expect(at(1e9, 1)).toBeCloseTo(1 / 16, 8)
    expect(at(1e-2, 0)).toBeCloseTo(0, 8)
  })

  it('marks examples with computed labels out of range by NaN', () => {
    const computed = tensor([0, 1], { dtype: 'i32' }).add(1)
    const z = tensor([
      [1, 2],
      [3, 4],
    ])
    expect(values(correctnessAwareLoss(z, computed)).map(Number.isNaN)).toEqual([false, true])
  })
})

describeErrors('correctnessAwareLoss', {
  'correctnessAwareLoss: balance must be one of inverseFrequency, none, got classes.': () =>
    correctnessAwareLoss(tensor([1, 2]), tensor(0, { dtype: 'i32' }), { balance: 'classes' as 'none' }),
  'correctnessAwareLoss: labels must be class indices from 0 to 1, got 2. The logits have 2 classes.': () =>
    correctnessAwareLoss(tensor([1, 2]), tensor(2, { dtype: 'i32' })),
})
