import { fc, test } from '@fast-check/vitest'
import { cpu } from '@wengert/backend-cpu'
import { key, type Shape, ShapeError, useBackend } from '@wengert/core'
import { beforeAll, describe, expect, it } from 'vitest'
import * as nn from './index.ts'

beforeAll(() => useBackend(cpu()))

/** Each scaled initializer: its variance, and the fourth moment of its distribution over the variance squared. */
const rows = {
  heNormal: { init: nn.heNormal, variance: (i: number, _o: number) => 2 / i, kurtosis: 3 },
  heUniform: { init: nn.heUniform, variance: (i: number, _o: number) => 2 / i, kurtosis: 9 / 5 },
  glorotNormal: { init: nn.glorotNormal, variance: (i: number, o: number) => 2 / (i + o), kurtosis: 3 },
  glorotUniform: { init: nn.glorotUniform, variance: (i: number, o: number) => 2 / (i + o), kurtosis: 9 / 5 },
  lecunNormal: { init: nn.lecunNormal, variance: (i: number, _o: number) => 1 / i, kurtosis: 3 },
  lecunUniform: { init: nn.lecunUniform, variance: (i: number, _o: number) => 1 / i, kurtosis: 9 / 5 },
}

/** A weight of a dense layer or a convolution, with its fans. */
const weights: { shape: Shape; fanIn: number; fanOut: number }[] = [
  { shape: [150, 40], fanIn: 40, fanOut: 150 },
  { shape: [32, 16, 3, 3], fanIn: 16 * 9, fanOut: 32 * 9 },
  { shape: [64, 8, 5], fanIn: 40, fanOut: 320 },
]

describe.each(Object.entries(rows))('%s', (name, { init, variance, kurtosis }) => {
  it.each(weights)('has mean 0 and its variance for shape $shape', ({ shape, fanIn, fanOut }) => {
    for (let seed = 0; seed < 10; seed++) {
      const data = Array.from(init(key(seed), shape, { dtype: 'f64' }).dataSync())
      const wanted = variance(fanIn, fanOut)
      const mean = data.reduce((total, v) => total + v, 0) / data.length
      const second = data.reduce((total, v) => total + v * v, 0) / data.length
      expect(Math.abs(mean)).toBeLessThan(4.5 * Math.sqrt(wanted / data.length))
      expect(Math.abs(second - wanted)).toBeLessThan(4.5 * wanted * Math.sqrt((kurtosis - 1) / data.length))
      if (kurtosis < 2) expect(Math.max(...data.map(Math.abs))).toBeLessThanOrEqual(Math.sqrt(3 * wanted))
    }
  })

  test.prop([fc.nat(), fc.constantFrom('f32', 'f64')])('is fixed by the key', (seed, dtype) => {
    const draw = (n: number) => init(key(n), [3, 4], { dtype })
    expect(draw(seed).dtype).toBe(dtype)
    expect(draw(seed).shape).toEqual([3, 4])
    expect([...draw(seed).dataSync()]).toEqual([...draw(seed).dataSync()])
    expect([...draw(seed).dataSync()]).not.toEqual([...draw(seed + 1).dataSync()])
  })

  it.each([[[]], [[3]], [[0, 3]], [[3, 0, 2]]])('does not take shape %j', (shape) => {
    expect(() => init(key(0), shape)).toThrow(ShapeError)
    expect(() => init(key(0), shape)).toThrow(
      `${name}: shape must be [out, in, ...space] with sizes of at least 1, got [`,
    )
  })
})

test.prop([fc.double({ noNaN: true }), fc.nat()])('constant gives the number whatever the key', (value, seed) => {
  const x = nn.constant(value)(key(seed), [2, 3], { dtype: 'f64' })
  expect([...x.dataSync()]).toEqual(Array(6).fill(value))
  expect(nn.constant(0)(key(seed), [4]).dtype).toBe('f32')
})
