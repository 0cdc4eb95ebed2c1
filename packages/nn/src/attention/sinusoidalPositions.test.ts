import { fc, test } from '@fast-check/vitest'
import { cpu } from '@wengert/backend-cpu'
import { arange, matmul, sum, type Tensor, tensor, useBackend } from '@wengert/core'
import { checkGradients } from '@wengert/gradcheck'
import { describeErrors, distance, expectClose, values } from '@wengert/testing'
import { beforeAll, expect, it } from 'vitest'
import { sinusoidalPositions } from '../index.ts'

beforeAll(() => useBackend(cpu()))

const sizes = fc.integer({ min: 1, max: 7 })
const thetas = fc.constantFrom(50, 10_000)

test.prop([sizes, thetas, fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: 1, maxLength: 4 })])(
  'is sine and cosine in turn',
  (features, theta, places) => {
    const wanted = places.flatMap((p) =>
      Array.from({ length: features }, (_, f) => {
        const angle = p / theta ** ((2 * Math.floor(f / 2)) / features)
        return f % 2 === 0 ? Math.sin(angle) : Math.cos(angle)
      }),
    )
    const y = sinusoidalPositions(tensor(Int32Array.from(places)), { features, theta, dtype: 'f64' })
    expect(y.shape).toEqual([places.length, features])
    expect(distance(values(y), wanted)).toBeLessThan(1e-11)
  },
)

test.prop([fc.integer({ min: 1, max: 4 }), fc.integer({ min: 0, max: 500 })])(
  'has inner products that depend on the distance alone, and rows of one length',
  (half, start) => {
    const gram = (from: number): Tensor => {
      const e = sinusoidalPositions(arange(4, { start: from }), { features: 2 * half, dtype: 'f64' })
      return matmul(e, e.transpose())
    }
    expectClose(gram(start), gram(0), 1e-10)
    const e = sinusoidalPositions(arange(3, { start }), { features: 2 * half, dtype: 'f64' })
    expectClose(sum(e.square(), { axis: -1 }), half)
  },
)

it('has right derivatives by positions', () => {
  checkGradients((t: Tensor) => sinusoidalPositions(t, { features: 5, dtype: 'f64' }), [tensor([0.5, 2, 9])])
})

it('takes positions of any shape and keeps the dtype', () => {
  const y = sinusoidalPositions(arange(6).reshape([2, 3]), { features: 4 })
  expect([y.shape, y.dtype]).toEqual([[2, 3, 4], 'f32'])
})

describeErrors('sinusoidalPositions', {
  'sinusoidalPositions: features must be an integer of at least 1, got 0.': () =>
    sinusoidalPositions(arange(2), { features: 0 }),
  'sinusoidalPositions: theta must be positive, got -1.': () =>
    sinusoidalPositions(arange(2), { features: 2, theta: -1 }),
})
