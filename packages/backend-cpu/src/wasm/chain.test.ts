import { fc, test } from '@fast-check/vitest'
import {
  type DType,
  flip,
  key,
  logSumExp,
  max,
  mean,
  normal,
  profile,
  softmax,
  state,
  sum,
  type Tensor,
  tensor,
  variance,
  where,
} from '@wengert/core'
import { describe, expect, it } from 'vitest'
import { cpu } from './cpu.ts'

// Chains of generated kernels, however few rows, a few at a time, beside loops without chains.

const loops = cpu({ wasm: false })
const wasm = cpu({ wasm: 'always' })
const last = { axis: -1, keepDims: true } as const

const drawn = (seed: number, shape: readonly number[], dtype: DType): Tensor =>
  tensor(normal(key(seed), shape).mul(3).cast(dtype).dataSync({ backend: loops }), { shape, dtype })

/** What passes over its rows more than twice. */
const programs: Readonly<Record<string, (x: Tensor, mask: Tensor) => readonly Tensor[]>> = {
  softmax: (x) => [softmax(x)],
  'masked softmax': (x, mask) => [softmax(where(mask, x, Number.NEGATIVE_INFINITY)), logSumExp(x, { axis: -1 })],
  'layer norm': (x) => [x.sub(mean(x, last)).div(variance(x, last).add(1).sqrt())],
  'shares, and what they are of': (x, mask) => {
    const positive = where(mask, x.square(), 1)
    const total = sum(positive, last)
    return [total, positive.div(total), max(positive.div(total), { axis: -1 })]
  },
  'rows backwards': (x) => [softmax(flip(x, { axis: 0 })).mul(x)],
}

const layouts: Readonly<Record<string, (x: Tensor) => Tensor>> = {
  'as it lies': (x) => x,
  transposed: (x) => x.transpose(),
  sliced: (x) => x.slice([0, 1]),
  'one row': (x) => x.slice([0, 0], [1, x.shape[1] as number]).broadcastTo(x.shape),
}

const size = fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 10, max: 150 }))

describe('chains', () => {
  test.prop([
    fc.nat(1e6),
    size,
    fc.integer({ min: 2, max: 70 }),
    fc.constantFrom(...Object.keys(programs)),
    fc.constantFrom(...Object.keys(layouts)),
    fc.constantFrom<DType>('f32', 'f64'),
  ])('agree with loops', (seed, rows, columns, program, layout, dtype) => {
    const results = [loops, wasm].map((backend) => {
      const x = (layouts[layout] as (x: Tensor) => Tensor)(drawn(seed, [rows, columns], dtype))
      const mask = drawn(seed + 1, [x.shape[1] as number], 'f32').greater(-3)
      const held = state(
        { y: (programs[program] as (x: Tensor, m: Tensor) => readonly Tensor[])(x, mask) },
        { backend },
      )
      return held.value.y.map((y) => y.dataSync({ backend }))
    })
    for (const [i, wanted] of (results[0] ?? []).entries()) {
      const got = results[1]?.[i] as ArrayLike<number>
      expect(got.length).toBe(wanted.length)
      for (let at = 0; at < wanted.length; at++) {
        const expected = wanted[at] as number
        if (got[at] !== expected)
          expect(Math.abs((got[at] as number) - expected)).toBeLessThan(3e-6 * (1 + Math.abs(expected)))
      }
    }
  })

  test.prop([fc.nat(1e6), size, fc.integer({ min: 2, max: 70 })])('agree on integers', (seed, rows, columns) => {
    const f = (): Tensor => {
      const x = drawn(seed, [rows, columns], 'i32')
      const from = x.sub(max(x, last))
      return from.mul(sum(from, last)).add(x)
    }
    expect(f().dataSync({ backend: wasm })).toEqual(f().dataSync({ backend: loops }))
  })

  it('run block by block, and leave no buffers behind', async () => {
    const x = drawn(1, [100, 30], 'f32')
    const before = wasm.memory()
    const profiled = await profile(() => softmax(x).data({ backend: wasm }), { backend: wasm })
    expect(profiled.kernels.map(({ kernel }) => kernel)).toEqual([
      expect.stringMatching(/^chain of max, .* map div along 100 rows$/),
    ])
    expect(wasm.memory()).toEqual(before)
  })

  it('run kernel by kernel where one of them has no instructions', async () => {
    const x = drawn(2, [40, 20], 'f64')
    const profiled = await profile(() => softmax(x).data({ backend: wasm }), { backend: wasm })
    expect(profiled.kernels[0]?.kernel).toMatch(/^chain of .* exp, /)
    const wanted = softmax(x).dataSync({ backend: loops })
    softmax(x)
      .dataSync({ backend: wasm })
      .forEach((y, i) => void expect(y).toBeCloseTo(wanted[i] as number, 14))
  })
})
