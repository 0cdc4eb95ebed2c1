import { cpu } from '@wengert/backend-cpu'
import { beforeAll, describe, expect, it } from 'vitest'
import { measure, measured } from '../testing/measure.ts'
import { testBackend } from '../testing/testBackend.ts'
import type { WebGpuBackend } from '../webgpu.ts'

let backend: WebGpuBackend
beforeAll(async () => {
  backend = await testBackend()
})

describe('in f32, against f64', () => {
  it.each(measured.map(([op, isBelowZero]) => ({ op, isBelowZero, name: isBelowZero ? `${op} below 0` : op })))(
    '$name is as accurate as it says',
    async ({ op, isBelowZero }) => {
      const found = await measure(backend, cpu(), op, isBelowZero)
      expect(found.points).toBeGreaterThanOrEqual(2 ** 16)
      expect(found.ulps, `${op}(${found.args.join(', ')}) = ${found.actual}, not ${found.truth}`).toBeLessThanOrEqual(
        found.bound,
      )
    },
  )
})
