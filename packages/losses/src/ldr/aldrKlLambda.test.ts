import { fc, test } from '@fast-check/vitest'
import { full, ones, type Tensor, tensor } from '@wengert/core'
import { checkGradients, laws, tensors } from '@wengert/gradcheck'
import { classesReversed, classified, describeErrors, describeLoss, expectClose, runs, values } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { aldrKlLambda } from './aldrKlLambda.ts'

const alphas = fc.integer({ min: 5, max: 40 }).map((n) => n / 4)
const K = (z: Tensor): number => z.shape.at(-1) as number

/** The objective for one row of terms, in plain numbers. */
function objectiveAt(terms: readonly number[], lambda: number, lambda0: number, stiffness: number): number {
  const top = Math.max(...terms)
  const total = terms.reduce((sum, t) => sum + Math.exp((t - top) / lambda), 0)
  return top + lambda * Math.log(total / terms.length) - (stiffness / 2) * (lambda - lambda0) ** 2
}

describeLoss(aldrKlLambda, {
  name: 'aldrKlLambda',
  args: classified(),
  smooth: classified(tensors),
  order: 1,
  share: 0.1,
  laws: {
    'lies from λ₀ (1 − 1/α) to λ₀': laws.bounded((z, y) => aldrKlLambda(z, y, { alpha: 4, lambda0: 2 }), {
      min: 1.5,
      max: 2,
      tolerance: 1e-12,
    }),
    'does not change when all logits of an example are shifted': laws.shiftInvariant(aldrKlLambda, { tolerance: 1e-9 }),
    'does not change when classes change places': laws.invariant(aldrKlLambda, classesReversed, { tolerance: 1e-9 }),
  },
})

describe('aldrKlLambda', () => {
  test.prop([classified(tensors), alphas, fc.integer({ min: 1, max: 8 })], runs(0.1))(
    'is no worse than any other, on a fine grid',
    ([z, y], alpha, lambda0) => {
      const [logits, classes] = [values(z), values(y)]
      const stiffness = (alpha * Math.log(K(z))) / lambda0
      const least = lambda0 * (1 - 1 / alpha)
      values(aldrKlLambda(z, y, { alpha, lambda0 })).forEach((lambda, i) => {
        const row = logits.slice(i * K(z), (i + 1) * K(z))
        const label = classes[i] as number
        const terms = row.map((x, j) => x - (row[label] as number) + (j === label ? 0 : 0.1))
        const best = objectiveAt(terms, lambda, lambda0, stiffness)
        for (let n = 0; n <= 500; n++) {
          const other = objectiveAt(terms, least + ((lambda0 - least) * n) / 500, lambda0, stiffness)
          expect(other).toBeLessThanOrEqual(best + 1e-12 * Math.max(1, Math.abs(best)))
        }
      })
    },
  )

  it('finds the best of several solutions', () => {
    // One outlier among many classes: the slope of the objective changes its sign three times.
    const y = tensor(0, { dtype: 'i32' })
    let several = 0
    for (let outlier = 1; outlier <= 12; outlier += 0.25) {
      const terms = Array.from({ length: 100 }, (_, j) => (j === 1 ? outlier : 0))
      const [lambda] = values(aldrKlLambda(tensor(terms, { dtype: 'f64' }), y, { alpha: 1.05, margin: 0 })) as [number]
      const stiffness = 1.05 * Math.log(100)
      const height = (x: number): number =>
        outlier + x * Math.log((1 + 99 * Math.exp(-outlier / x)) / 100) - (stiffness / 2) * (x - 1) ** 2
      const grid = Array.from({ length: 20_001 }, (_, n) => 1 - 1 / 1.05 + (n / 20_000) * (1 / 1.05))
      const heights = grid.map(height)
      const peaks = heights.filter((h, n) => h > (heights[n - 1] ?? h - 1) && h >= (heights[n + 1] ?? h - 1)).length
      several += Number(peaks > 1)
      const best = grid[heights.indexOf(Math.max(...heights))] as number
      expect(Math.abs(lambda - best)).toBeLessThan(1e-4)
    }
    expect(several).toBeGreaterThan(0)
  })

  test.prop([classified(tensors, 2)], runs(0.25))(
    'is λ₀ where all terms are equal, and near its least where one towers',
    ([z, y]) => {
      const equal = aldrKlLambda(z.mul(0), y, { margin: 0, lambda0: 3 })
      expectClose(equal, full(y.shape, 3, { dtype: 'f64' }), 1e-12)
      const towering = tensor(
        values(y).flatMap((label) => Array.from({ length: K(z) }, (_, j) => (j === (label + 1) % K(z) ? 1e4 : 0))),
        { shape: z.shape, dtype: 'f64' },
      )
      expectClose(aldrKlLambda(towering, y, { alpha: 4, lambda0: 3 }), full(y.shape, 2.25, { dtype: 'f64' }))
    },
  )

  test.prop([classified(tensors, 2), alphas], runs(0.25))(
    'counts alpha in units of log K / λ₀, or as it is',
    ([z, y], alpha) => {
      const raw = (alpha * Math.log(K(z))) / 2
      const [a, b] = [
        aldrKlLambda(z, y, { alpha, lambda0: 2 }),
        aldrKlLambda(z, y, { alpha: raw, lambda0: 2, alphaScale: 'raw' }),
      ]
      expectClose(a, b, 1e-10)
    },
  )

  test.prop([classified(tensors)], runs(0.1))('can be differentiated twice', ([z, y]) => {
    checkGradients((x: Tensor) => aldrKlLambda(x, y, { alpha: 3 }), [z])
  })

  it('is λ₀ for one class', () => {
    expectClose(aldrKlLambda(ones([2, 1]), tensor([0, 0], { dtype: 'i32' }), { lambda0: 3 }), 3, 0)
  })
})

describeErrors('aldrKlLambda', {
  'aldrKlLambda: alpha must be a finite number greater than 1, got 1.': () =>
    aldrKlLambda(tensor([1, 2]), tensor(1, { dtype: 'i32' }), { alpha: 1 }),
  'aldrKlLambda: alpha must be a finite number greater than 0.34657359027997264, got 0.25.': () =>
    aldrKlLambda(tensor([1, 2]), tensor(1, { dtype: 'i32' }), { alpha: 0.25, lambda0: 2, alphaScale: 'raw' }),
  'aldrKlLambda: lambda0 must be a finite number greater than 0, got 0.': () =>
    aldrKlLambda(tensor([1, 2]), tensor(1, { dtype: 'i32' }), { lambda0: 0 }),
  'aldrKlLambda: alphaScale must be one of logK, raw, got none.': () =>
    aldrKlLambda(tensor([1, 2]), tensor(1, { dtype: 'i32' }), { alphaScale: 'none' as 'raw' }),
})
