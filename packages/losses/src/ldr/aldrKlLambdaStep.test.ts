import { fc, test } from '@fast-check/vitest'
import { full, grad, ones, sum, type Tensor, tensor } from '@wengert/core'
import { laws, logits, shapes, tensors } from '@wengert/gradcheck'
import { describeErrors, describeLoss, expectClose, values } from '@wengert/testing'
import { describe, expect } from 'vitest'
import { aldrKlLambda } from './aldrKlLambda.ts'
import { aldrKlLambdaStep } from './aldrKlLambdaStep.ts'

type Of = (shape: readonly number[]) => fc.Arbitrary<Tensor>

const drawn = (of: Of): fc.Arbitrary<[Tensor, Tensor]> =>
  fc
    .tuple(shapes({ minRank: 1, maxRank: 2, maxSize: 3 }), fc.integer({ min: 1, max: 5 }))
    .chain(([batch, K]) => fc.tuple(of([...batch, K]), tensors(batch, { min: 0.5, max: 2 })))

describeLoss(aldrKlLambdaStep, {
  name: 'aldrKlLambdaStep',
  args: drawn(logits),
  smooth: drawn(tensors),
  laws: {
    'lies from λ₀ (1 − 1/α) to λ₀': laws.bounded((z, l) => aldrKlLambdaStep(z, l, { alpha: 4, lambda0: 2 }), {
      min: 1.5,
      max: 2,
      tolerance: 1e-12,
    }),
    'is λ₀ where all logits are equal': (z, l) => {
      expectClose(aldrKlLambdaStep(z.mul(0), l, { lambda0: 3 }), 3)
    },
    'does not change when the logits are scaled, by its normalization': laws.invariant(aldrKlLambdaStep, (z, l) => [
      z.mul(4),
      l,
    ]),
    'counts as a constant': (z, l) => {
      expectClose(grad((x: Tensor) => sum(aldrKlLambdaStep(x, l)))(z), 0, 0)
    },
  },
})

describe('aldrKlLambdaStep', () => {
  test.prop([drawn(tensors)])('is the divergence of its floored softmax, in plain numbers', ([z, l]) => {
    const K = z.shape.at(-1) as number
    const [rows, before] = [values(z), values(l)]
    const expected = before.map((lambda, i) => {
      const row = rows.slice(i * K, (i + 1) * K)
      const size = row.reduce((sum, x) => sum + Math.abs(x), 0) / K || 1
      const e = row.map((x) => Math.exp(x / size / lambda))
      const r = e.map((x) => (x / e.reduce((a, b) => a + b) + 1e-5) / (1 + K * 1e-5))
      const divergence = r.reduce((sum, x) => sum + x * Math.log(K * x), 0)
      return K === 1 ? 2 : 2 - (2 * divergence) / (3 * Math.log(K))
    })
    const step = aldrKlLambdaStep(z, l, { alpha: 3, lambda0: 2 })
    expectClose(step, tensor(expected, { shape: l.shape, dtype: 'f64' }))
  })

  test.prop([tensors([4, 5])])('comes to the exact solution without margin, but for the floor', (z) => {
    let lambda = full([4], 1, { dtype: 'f64' })
    const options = { alpha: 3, normalization: 'none' } as const
    for (let visit = 0; visit < 60; visit++)
      lambda = tensor(values(aldrKlLambdaStep(z, lambda, options)), { dtype: 'f64' })
    const exact = values(aldrKlLambda(z, tensor([0, 1, 2, 3], { dtype: 'i32' }), { ...options, margin: 0 }))
    values(lambda).forEach((x, i) => {
      expect(Math.abs(x - (exact[i] as number))).toBeLessThan(1e-3)
    })
  })
})

describeErrors('aldrKlLambdaStep', {
  'aldrKlLambdaStep: alpha must be a finite number greater than 1, got 0.5.': () =>
    aldrKlLambdaStep(tensor([1, 2]), ones([]), { alpha: 0.5 }),
  "aldrKlLambdaStep: lambda must be f32 or f64, got i32 []. Cast it, e.g. lambda.cast('f32').": () =>
    aldrKlLambdaStep(tensor([1, 2]), ones([], { dtype: 'i32' })),
})
