import { fc, test } from '@fast-check/vitest'
import { cpu } from '@wengert/backend-cpu'
import { key, normal, sum, type Tensor, tensor, useBackend } from '@wengert/core'
import { checkGradients } from '@wengert/gradcheck'
import { describeErrors, expectClose, value, values } from '@wengert/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  batchPerceptron,
  classicalPerceptron,
  lrGd,
  normalizedBatchPerceptron,
  normalizedLrGd,
  type SeparatorPath,
} from '../index.ts'

beforeAll(() => useBackend(cpu()))

const f64 = { dtype: 'f64' } as const

const margin = 0.5

/** Examples that a plane through 0 separates by at least this margin. */
interface Separable {
  readonly x: Tensor
  readonly labels: Tensor
  /** The longest example. */
  readonly radius: number
}

const separable: fc.Arbitrary<Separable> = fc
  .record({
    plane: fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 3, maxLength: 3 }),
    points: fc.array(fc.tuple(...Array.from({ length: 3 }, () => fc.double({ min: -1, max: 1, noNaN: true }))), {
      minLength: 2,
      maxLength: 5,
    }),
  })
  .map(({ plane, points }) => {
    const length = Math.hypot(...plane) || 1
    const w = length === 1 ? [1, 0, 0] : plane.map((v) => v / length)
    const rows = points.map((point, i) => {
      const sign = i % 2 === 0 ? 1 : -1
      const along = point.reduce((total, v, j) => total + v * (w[j] as number), 0)
      // Moved along the plane's normal until its margin is enough.
      const wanted = sign * Math.max(margin, Math.abs(along))
      return { sign, point: point.map((v, j) => v + (wanted - along) * (w[j] as number)) }
    })
    const signed = rows.map(({ sign, point }) => point.map((v) => v * sign))
    return {
      x: tensor(
        rows.map(({ point }) => point),
        f64,
      ),
      labels: tensor(
        rows.map(({ sign }) => sign),
        { dtype: 'i32' },
      ),
      radius: Math.max(...signed.map((a) => Math.hypot(...a))),
    }
  })

/** Points around 0 with signs that are not theirs. */
const examples = fc.tuple(fc.nat(1e6), fc.integer({ min: 2, max: 6 })).map(([seed, n]) => {
  const numbers = values(normal(key(seed), [n, 4], f64))
  return Array.from({ length: n }, (_, i) => {
    const [first = 0, ...point] = numbers.slice(4 * i, 4 * i + 4)
    return { sign: first < 0 ? -1 : 1, point }
  })
})

const steps = fc.double({ min: 0.1, max: 10, noNaN: true })

/** The definitions in plain numbers: weights of the signed examples by their margins. */
const weights: Record<string, (margins: readonly number[], step: number, t: number) => number[]> = {
  lrGd: (m, step) => m.map((v) => step / m.length / (1 + Math.exp(v))),
  normalizedLrGd: (m, step) => {
    const s = m.map((m) => 1 / (1 + Math.exp(m)))
    const total = s.reduce((a, b) => a + b)
    return s.map((s) => (step * s) / total)
  },
  batchPerceptron: (m, _, t) => m.map((v) => (v <= 0 ? 1 : 0) / m.length / (t === 0 ? 2 : 1)),
  normalizedBatchPerceptron: (m) => {
    const count = m.filter((v) => v <= 0).length
    return m.map((v) => (v <= 0 ? 1 / Math.max(count, 1) : 0))
  },
  classicalPerceptron: (m) => m.map((_, i) => (i === m.findIndex((v) => v <= 0) ? 1 : 0)),
}

const methods = { lrGd, normalizedLrGd, batchPerceptron, normalizedBatchPerceptron, classicalPerceptron }

describe.each(Object.entries(methods))('%s', (name, method) => {
  test.prop([examples, steps], { numRuns: 20 })(
    'is its definition, whether examples can be separated or not',
    (points, step) => {
      const signed = points.map(({ sign, point }) => point.map((v) => v * sign))
      let theta = [0, 0, 0]
      const expected = [theta]
      for (let t = 0; t < 6; t++) {
        const margins = signed.map((a) => a.reduce((total, v, j) => total + v * (theta[j] as number), 0))
        // Rounding decides about others.
        fc.pre(t === 0 || margins.every((m) => Math.abs(m) > 1e-9))
        const w = (weights[name] as (typeof weights)[string])(margins, step, t)
        theta = theta.map((v, j) => v + signed.reduce((total, a, i) => total + (w[i] as number) * (a[j] as number), 0))
        expected.push(theta)
      }
      const x = tensor(
        points.map(({ point }) => point),
        f64,
      )
      const labels = tensor(
        points.map(({ sign }) => sign),
        { dtype: 'i32' },
      )
      const found: SeparatorPath = method(x, labels, { iterations: 6, step })
      expectClose(found.trajectory, tensor(expected, f64), 1e-9)
      expectClose(found.theta, tensor(theta, f64), 1e-9)
    },
  )

  test.prop([separable], { numRuns: 10 })('goes on from where it is', ({ x, labels }) => {
    const whole = method(x, labels, { iterations: 5 })
    const first = method(x, labels, { iterations: 2 })
    const rest = method(x, labels, { iterations: 3, theta0: first.theta })
    expectClose(rest.trajectory, whole.trajectory.slice([2, 0], [6, 3]), 1e-12)
  })

  test.prop([separable], { numRuns: 10 })('labels that change sign change nothing but the sign', ({ x, labels }) => {
    const there = method(x, labels, { iterations: 4 })
    expectClose(method(x, labels.neg(), { iterations: 4 }).trajectory, there.trajectory.neg(), 1e-12)
    expectClose(method(x.neg(), labels.neg(), { iterations: 4 }).trajectory, there.trajectory, 1e-12)
    expect(values(method(x.cast('f32'), labels.cast('f32'), { iterations: 1 }).misclassified)[0]).toBe(x.shape[0])
  })
})

/** The most steps until all is right, by the paper's theorems. */
const bounds: Record<string, (n: number, ratio: number) => number> = {
  batchPerceptron: (n, ratio) => n * ratio,
  normalizedBatchPerceptron: (_, ratio) => ratio,
  classicalPerceptron: (_, ratio) => ratio,
  normalizedLrGd: (n, ratio) => ratio + (2 * Math.log(2 * n - 1)) / margin ** 2,
}

describe.each(Object.entries(bounds))('%s', (name, bound) => {
  test.prop([separable], { numRuns: 15 })(
    'has all right after as many steps as are proven',
    ({ x, labels, radius }) => {
      const most = Math.ceil(bound(x.shape[0] as number, (radius / margin) ** 2))
      const run = methods[name as keyof typeof methods]
      const { iterationsToSolve, misclassified, trajectory } = run(x, labels, { iterations: most })
      const solved = value(iterationsToSolve)
      expect(solved).toBeGreaterThan(0)
      expect(values(misclassified)[solved]).toBe(0)
      if (name === 'normalizedLrGd') return
      // Then it stays.
      expectClose(trajectory.slice([solved, 0], [solved + 1, 3]), trajectory.slice([most, 0], [most + 1, 3]), 1e-15)
    },
  )
})

describe('laws between them', () => {
  test.prop([separable], { numRuns: 10 })(
    'steps of lrGd by its size become those of batchPerceptron',
    ({ x, labels }) => {
      const perceptron = batchPerceptron(x, labels, { iterations: 4 })
      // Where a margin is near 0, the limit is far away.
      const margins = x.mul(labels.cast('f64').expandDims(-1))
      fc.pre(
        values(sum(perceptron.trajectory.slice([1, 0], [5, 3]).expandDims(1).mul(margins), { axis: -1 })).every(
          (m) => Math.abs(m) > 1e-3,
        ),
      )
      const size = 1e7
      const { trajectory } = lrGd(x, labels, { iterations: 4, step: size })
      expectClose(trajectory.div(size), perceptron.trajectory, 1e-6)
    },
  )

  test.prop([separable, steps], { numRuns: 10 })(
    'normalizedLrGd takes steps of at most step times the radius, with beta at least 1',
    ({ x, labels, radius }, step) => {
      const { trajectory, logBeta } = normalizedLrGd(x, labels, { iterations: 8, step })
      const moves = values(
        sum(
          trajectory
            .slice([1, 0], [9, 3])
            .sub(trajectory.slice([0, 0], [8, 3]))
            .square(),
          { axis: -1 },
        ).sqrt(),
      )
      expect(Math.max(...moves)).toBeLessThanOrEqual(step * radius * (1 + 1e-12))
      expect(Math.min(...values(logBeta))).toBeGreaterThan(0)
    },
  )

  test.prop([separable], { numRuns: 10 })('normalizedLrGd is lrGd with a step of beta', ({ x, labels }) => {
    const { trajectory, logBeta } = normalizedLrGd(x, labels, { iterations: 4, step: 2 })
    for (let t = 0; t < 4; t++) {
      const theta0 = trajectory.slice([t, 0], [t + 1, 3]).squeeze(0)
      const step = 2 * Math.exp(values(logBeta)[t] as number)
      expectClose(
        lrGd(x, labels, { iterations: 1, step, theta0 }).theta,
        trajectory.slice([t + 1, 0], [t + 2, 3]).squeeze(0),
        1e-10,
      )
    }
  })
})

describe('figures of the paper', () => {
  it('theorem 4.1: a great loss at the first step, and solved at the second', () => {
    const examples: [Tensor, Tensor] = [
      tensor(
        [
          [1, -1],
          [-1, -4],
        ],
        f64,
      ),
      tensor([1, -1]),
    ]
    const { losses, iterationsToSolve, misclassified } = lrGd(...examples, { iterations: 3, step: 100 })
    expect(values(losses)[1]).toBeCloseTo(12.5, 9)
    expect(values(misclassified)).toEqual([2, 1, 0, 0])
    expect(value(iterationsToSolve)).toBe(2)
  })

  it('says -1 where all is never right', () => {
    const x = tensor([[1], [1]])
    expect(value(batchPerceptron(x, tensor([1, -1]), { iterations: 3 }).iterationsToSolve)).toBe(-1)
  })

  it.each(['f32', 'f64'] as const)('normalizedLrGd is right where beta overflows, %s', (dtype) => {
    const x = tensor(
      [
        [1e4, 0],
        [1e4, 1],
      ],
      { dtype },
    )
    const { trajectory } = normalizedLrGd(x, tensor([1, 1]), { iterations: 5, step: 10 })
    expect(values(trajectory).every(Number.isFinite)).toBe(true)
    expect(values(trajectory).at(-2)).toBeCloseTo(5e5, 0)
  })

  it('has derivatives', () => {
    const labels = tensor([1, -1, 1])
    const x = tensor(
      [
        [1, 0.5],
        [-0.3, 0.8],
        [0.2, 1.4],
      ],
      f64,
    )
    for (const method of [lrGd, normalizedLrGd])
      checkGradients((x: Tensor) => sum(method(x, labels, { iterations: 4, step: 0.7 }).theta), [x])
  })
})

const x = tensor([
  [1, 2],
  [3, 4],
])
const labels = tensor([1, -1], { dtype: 'i32' })
describeErrors('perceptronMethods', {
  'lrGd: step must be positive and finite, got 0.': () => lrGd(x, labels, { iterations: 1, step: 0 }),
  'normalizedLrGd: step must be positive and finite, got Infinity.': () =>
    normalizedLrGd(x, labels, { iterations: 1, step: Number.POSITIVE_INFINITY }),
  'batchPerceptron: iterations must be an integer of at least 1, got 0.': () =>
    batchPerceptron(x, labels, { iterations: 0 }),
  'lrGd: labels must be signs -1 or 1, got 0 at [1]. Labels 0 and 1 become signs with where(labels.greater(0), 1, -1).':
    () => lrGd(x, tensor([1, 0]), { iterations: 1 }),
  'classicalPerceptron: labels must have shape [N], got [3] (N = 2, D = 2). Expected x [N, D], labels [N].': () =>
    classicalPerceptron(x, tensor([1, 1, 1]), { iterations: 1 }),
  "normalizedBatchPerceptron: x must be f32 or f64, got i32 [2, 2]. Cast it, e.g. x.cast('f32').": () =>
    normalizedBatchPerceptron(x.cast('i32'), labels, { iterations: 1 }),
})
