import { test } from '@fast-check/vitest'
import { cpu } from '@wengert/backend-cpu'
import { data, grad, key, normal, sum, type Tensor, type TypedArray, tensor, uniform } from '@wengert/core'
import { goldenOn } from '@wengert/testing/golden'
import { describe, expect } from 'vitest'
import { testBackend } from '../../../backend-webgpu/src/testing/testBackend.ts'
import { softBinaryArgmax } from './softBinaryArgmax.ts'

const backend = await testBackend()

describe('softBinaryArgmax on WebGPU', () => {
  const rows = [
    { shape: [1], axis: 0 },
    { shape: [3, 1, 7], axis: 1 },
    { shape: [65], axis: 0 },
    { shape: [5, 257], axis: 1 },
    { shape: [1000, 3], axis: 0 },
    { shape: [2, 129, 3], axis: -2 },
    { shape: [3, 4099], axis: -1 },
    // Long enough to be sorted.
    { shape: [2, 16_385], axis: -1 },
    { shape: [20_011, 2], axis: 0 },
  ]

  test.each(rows)(
    'gives $shape along axis $axis the values and gradients that the CPU gives',
    async ({ shape, axis }) => {
      const n = shape.at(axis) as number
      const [x, g] = [normal(key(1), shape).mul(2), normal(key(2), shape)]
      const perRow = shape.toSpliced(axis < 0 ? axis + shape.length : axis, 1)
      const k = uniform(key(3), perRow).mul(n)
      const temperature = uniform(key(4), perRow).add(0.5)
      const project = (x: Tensor, k: Tensor, temperature: Tensor): Tensor =>
        softBinaryArgmax(x, k, { temperature, axis })
      const slopes = grad(([x, k, temperature]: readonly [Tensor, Tensor, Tensor]) =>
        sum(project(x, k, temperature).mul(g)),
      )
      const figures = (): Tensor[] => [project(x, k, temperature), ...slopes([x, k, temperature])]
      const [wanted, got] = [await data(figures(), { backend: cpu() }), await data(figures(), { backend })]
      got.forEach((values, i) => {
        expect(farthest(values, wanted[i] as TypedArray)).toBeLessThanOrEqual(2e-5)
      })
    },
  )

  test('projects rows that spread, tie or leave elements out', async () => {
    const low = Number.NEGATIVE_INFINITY
    const x = tensor([
      [0.25, -0.5, 0, 3, low, low],
      [0.25, -0.5, 0, 3, -1e30, low],
      [0.25, -0.5, 0, 3, -1e12, -1e4],
    ])
    const row = [0.75, 0, 0.25, 1, 0, 0]
    const y = await softBinaryArgmax(x, 2, { temperature: 0.5 }).data({ backend })
    expect(farthest(y, [...row, ...row, ...row])).toBeLessThanOrEqual(1e-6)
    expect([...(await softBinaryArgmax(tensor([1, 1, 1, 1]), 3).data({ backend }))]).toEqual([0.75, 0.75, 0.75, 0.75])
    expect([...(await softBinaryArgmax(tensor([5, 1, 7]), 2).data({ backend }))]).toEqual([1, 0, 1])
  })
})

/** The largest difference, relative to the largest figure or 1. */
function farthest(got: ArrayLike<number>, wanted: ArrayLike<number>): number {
  let [most, scale] = [0, 1]
  for (let i = 0; i < wanted.length; i++) {
    most = Math.max(most, Math.abs((got[i] as number) - (wanted[i] as number)))
    scale = Math.max(scale, Math.abs(wanted[i] as number))
  }
  return got.length === wanted.length ? most / scale : Number.NaN
}

goldenOn({ backend, dtype: 'f32' })
await import('./zeroOne.golden.test.ts')
