import { fc, test } from '@fast-check/vitest'
import { cpu } from '@wengert/backend-cpu'
import { checkGradients } from '@wengert/gradcheck'
import { beforeAll, describe, expect, it } from 'vitest'
import * as w from './index.ts'

beforeAll(() => w.useBackend(cpu()))

/** Ops of the lines that a gradient needs, each with its number. */
function opsOf(gradient: w.Tensor): Record<string, number> {
  const found: Record<string, number> = {}
  for (const { op } of w.tape([gradient]).lines) found[op.name] = (found[op.name] ?? 0) + 1
  return found
}

const slices = fc.record({
  shape: fc.tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 6 })),
  picks: fc.array(
    fc.record({
      axis: fc.nat(1),
      from: fc.nat(5),
      size: fc.integer({ min: 1, max: 6 }),
      step: fc.integer({ min: 1, max: 2 }),
    }),
    {
      minLength: 1,
      maxLength: 7,
    },
  ),
  plain: fc.boolean(),
})

describe('cotangents of slices', () => {
  test.prop([slices])('are those of every element by itself', ({ shape, picks, plain }) => {
    const x = w.arange(shape[0] * shape[1], { dtype: 'f64' }).reshape(shape)
    const wanted = new Float64Array(shape[0] * shape[1]).fill(plain ? 1 : 0)
    const parts = picks.flatMap(({ axis, from, size, step }, i) => {
      const n = shape[axis] as number
      const [begin, end] = [Math.min(from, n - 1), Math.min(from + size, n)]
      if (begin >= end) return []
      for (let at = begin; at < end; at += step)
        for (let other = 0; other < (shape[1 - axis] as number); other++) {
          const place = axis === 0 ? at * shape[1] + other : other * shape[1] + at
          wanted[place] = (wanted[place] as number) + 10 ** i
        }
      const low = [0, 0].with(axis, begin)
      return [{ low, high: shape.with(axis, end), steps: [1, 1].with(axis, step), weight: 10 ** i }]
    })
    const f = (v: w.Tensor): w.Tensor =>
      parts.reduce(
        (total, { low, high, steps, weight }) => total.add(w.sum(v.slice(low, high, steps)).mul(weight)),
        plain ? w.sum(v) : w.zeros([], { dtype: 'f64' }),
      )
    expect(w.grad(f)(x).dataSync()).toEqual(wanted)
  })

  it('are joined where they do not overlap, in any order, with zeros between them', () => {
    const f = (x: w.Tensor): w.Tensor => {
      const [a, b, c] = [x.slice([0, 4], [3, 6]), x.slice([0, 0], [3, 2]), x.slice([0, 2], [3, 3])]
      return w.sum(a.square()).add(w.sum(b)).add(w.sum(c.exp()))
    }
    const gradient = w.grad(f)(w.zeros([3, 7], { dtype: 'f64' }).add(2))
    expect(opsOf(gradient)).not.toHaveProperty('pad')
    expect(opsOf(gradient).concat).toBe(1)
    expect([...gradient.dataSync().subarray(0, 7)]).toEqual([1, 1, Math.exp(2), 0, 4, 4, 0])
    checkGradients(f, [w.normal(w.key(0), [3, 7], { dtype: 'f64' })])
  })

  it('move each number once, however many slices there are', async () => {
    const steps = 64
    const f = (x: w.Tensor): w.Tensor => {
      let state = w.zeros([256])
      for (let t = 0; t < steps; t++) state = w.tanh(state.add(x.slice([t, 0], [t + 1, 256]).squeeze(0)))
      return w.sum(state)
    }
    const x = w.normal(w.key(1), [steps, 256])
    await x.data()
    const { kernels } = await w.profile(() => w.grad(f)(x).data())
    const bytes = kernels.reduce((total, kernel) => total + kernel.bytes, 0)
    // Forward and backward read and write a state or two for each step; whole gradients would be 64 times 64 states.
    expect(bytes).toBeLessThan(20 * 4 * 256 * steps)
  })
})
