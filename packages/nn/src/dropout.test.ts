import { fc, test } from '@fast-check/vitest'
import { cpu } from '@wengert/backend-cpu'
import { grad, key, normal, ones, sum, type Tensor, tensor, useBackend, ValueError } from '@wengert/core'
import { shapes, tensors } from '@wengert/gradcheck'
import { beforeAll, expect, it } from 'vitest'
import { dropout } from './index.ts'

beforeAll(() => useBackend(cpu()))

const rates = fc.double({ min: 0, max: 0.99, noNaN: true })

test.prop([rates, shapes().chain((shape) => tensors(shape))])('is the identity without a key', (rate, x) => {
  expect(dropout({ rate }).apply([], x)).toBe(x)
  expect(dropout({ rate }).apply([], x, {})).toBe(x)
})

test.prop([fc.nat()])('is the identity at rate 0', (seed) => {
  const x = normal(key(1), [7])
  expect([
    ...dropout({ rate: 0 })
      .apply([], x, { key: key(seed) })
      .dataSync(),
  ]).toEqual([...x.dataSync()])
})

test.prop([rates, fc.nat(), fc.constantFrom('f32', 'f64')])(
  'zeroes or scales by 1 / (1 − rate)',
  (rate, seed, dtype) => {
    const x = normal(key(2), [40], { dtype })
    const data = x.dataSync()
    const y = dropout({ rate }).apply([], x, { key: key(seed) })
    expect(y.dtype).toBe(dtype)
    y.dataSync().forEach((v, i) => {
      if (v !== 0) expect(v / ((data[i] as number) / (1 - rate))).toBeCloseTo(1, 5)
    })
  },
)

test.prop([fc.double({ min: 0.05, max: 0.95, noNaN: true }), fc.nat()], { numRuns: 30 })(
  'keeps a share of 1 − rate and the mean',
  (rate, seed) => {
    const n = 20_000
    const y = Array.from(
      dropout({ rate })
        .apply([], ones([n]), { key: key(seed) })
        .dataSync(),
    )
    const kept = y.reduce((count, v) => count + Number(v !== 0), 0) / n
    const mean = y.reduce((total, v) => total + v, 0) / n
    const deviation = Math.sqrt((rate * (1 - rate)) / n)
    expect(Math.abs(kept - (1 - rate))).toBeLessThan(5 * deviation)
    expect(Math.abs(mean - 1)).toBeLessThan((5 * deviation) / (1 - rate) + 1e-5)
  },
)

it('depends on the key alone', () => {
  const layer = dropout({ rate: 0.5 })
  const mask = (seed: number, x = ones([128])): string =>
    layer
      .apply([], x, { key: key(seed) })
      .greater(0)
      .dataSync()
      .join('')
  expect(mask(1)).toBe(mask(1))
  expect(mask(1)).toBe(mask(1, ones([128]).mul(3)))
  expect(mask(1)).not.toBe(mask(2))
})

it('has the mask as its gradient', () => {
  const layer = dropout({ rate: 0.5 })
  const context = { key: key(3) }
  const gradient = grad((x: Tensor) => sum(layer.apply([], x, context)))(ones([64]))
  expect([...gradient.dataSync()]).toEqual([...layer.apply([], ones([64]), context).dataSync()])
})

it('drops what is not a number, too', () => {
  const y = dropout({ rate: 0.9 })
    .apply([], tensor(new Float32Array(100).fill(Number.NaN)), { key: key(0) })
    .dataSync()
  const dropped = y.filter((v) => v === 0).length
  expect(dropped).toBeGreaterThan(70)
})

it.each([-0.1, 1, 2, Number.NaN])('does not take the rate %s', (rate) => {
  expect(() => dropout({ rate })).toThrow(ValueError)
  expect(() => dropout({ rate })).toThrow(`dropout: rate must be at least 0 and less than 1, got ${rate}.`)
})
