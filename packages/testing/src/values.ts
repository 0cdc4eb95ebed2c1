import { type CpuBackend, cpu } from '@wengert/backend-cpu'
import type { Tensor } from '@wengert/core'
import { expect } from 'vitest'

let backend: CpuBackend | null = null

/** The CPU backend that tests compute on: one for all, so that plans are made once. */
export function oracle(): CpuBackend {
  backend ??= cpu()
  return backend
}

/** The numbers of a tensor, computed on the CPU. */
export function values(x: Tensor): number[] {
  return Array.from(x.dataSync({ backend: oracle() }))
}

/** The one number of a tensor of size 1. */
export function value(x: Tensor): number {
  return x.item({ backend: oracle() })
}

/**
 * Expects two tensors, or a tensor and a number everywhere, to agree within `tolerance`, relative to the larger number
 * or to 1.
 */
export function expectClose(actual: Tensor, expected: Tensor | number, tolerance = 1e-12): void {
  const a = values(actual)
  const b = typeof expected === 'number' ? a.map(() => expected) : values(expected)
  if (typeof expected !== 'number') expect(actual.shape).toEqual(expected.shape)
  const off = a.findIndex((x, i) => {
    const y = b[i] as number
    return !Object.is(x, y) && !(Math.abs(x - y) <= tolerance * Math.max(1, Math.abs(x), Math.abs(y)))
  })
  if (off >= 0) expect.fail(`element ${off} must be ${b[off]} within ${tolerance}, got ${a[off]}`)
}

/** Expects f((a + b) / 2) ≤ (f(a) + f(b)) / 2 in each element of the result, up to rounding. */
export function expectConvex(f: (x: Tensor) => Tensor, a: Tensor, b: Tensor): void {
  const middle = values(f(a.add(b).mul(0.5)))
  const chord = values(f(a).add(f(b)).mul(0.5))
  middle.forEach((m, i) => {
    expect(m - (chord[i] as number)).toBeLessThanOrEqual(1e-12 * Math.max(1, Math.abs(m)))
  })
}
