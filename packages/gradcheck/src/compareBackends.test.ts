import { fc, test } from '@fast-check/vitest'
import { cpu } from '@wengert/backend-cpu'
import { argSort, grad, logSumExp, matmul, mean, softmax, type Tensor, tensor, useBackend } from '@wengert/core'
import { beforeAll, describe, expect, it } from 'vitest'
import { compareBackends, LawError, logits, shapes, tensors } from './index.ts'

beforeAll(() => useBackend(cpu()))

const backend = cpu()
/** f computes in another way in f64 than in f32. */
const byWidth = (f: (x: Tensor) => Tensor) => (x: Tensor) => (x.dtype === 'f64' ? f(x) : x)
const drawn = shapes({ minRank: 1 }).chain((shape) => logits(shape))

describe('compareBackends', () => {
  test.prop([drawn])('finds a backend equal to itself', async (x) => {
    const tested = { backend, dtype: 'f64' } as const
    const found = await compareBackends((z: Tensor) => [softmax(z), { top: argSort(z) }], [x], {
      tested,
      reference: tested,
      ulps: 0,
    })
    expect(found.map(({ name, ulps }) => [name, ulps])).toEqual([
      ['output[0]', 0],
      ['output[1].top', 0],
    ])
  })

  test.prop([drawn])('holds f32 against f64, value and gradient, within a budget', async (x) => {
    const [value] = await compareBackends((z: Tensor) => softmax(z), [x], { tested: { backend }, ulps: 8 })
    expect(value?.ulps).toBeLessThanOrEqual(8)
    await compareBackends(
      grad((z: Tensor) => logSumExp(z)),
      [x],
      { tested: { backend }, ulps: 16 },
    )
  })

  test.prop([tensors([3], { min: 1 }), fc.integer({ min: 1, max: 100 })])('counts steps of f32', async (x, steps) => {
    const off = byWidth((v) => v.add(v.mul(0).add(steps * 2 ** -23)))
    const one = tensor([1, 1.5, 1.25], { dtype: 'f64' })
    const [found] = await compareBackends(off, [one], { tested: { backend }, ulps: 100 })
    expect(found?.ulps).toBe(steps)
    await expect(compareBackends(off, [one], { tested: { backend }, ulps: steps - 1 })).rejects.toThrow(LawError)
    expect((await compareBackends((v: Tensor) => v, [x], { tested: { backend }, ulps: 0 }))[0]?.ulps).toBe(0)
  })

  it('names the output, the element, both values and the distance', async () => {
    const off = (x: Tensor) => ({ y: byWidth((v) => v.mul(tensor([1, 2])))(x) })
    await expect(compareBackends(off, [tensor([1, 3])], { tested: { backend } })).rejects.toThrow(
      'compareBackends: output.y must agree within 16 ulps of f32, got 3 on cpu in f32 and 6 on cpu in f64 at [1], 8388608 ulps apart.',
    )
  })

  it('measures what cancels by the largest number, if told to', async () => {
    const x = tensor([1e4, 1e4 + 1 / 1024, -1e4, 0.1], { dtype: 'f64' })
    const f = (v: Tensor) => v.mul(1 / 3).sub(mean(v.mul(1 / 3)))
    const tested = { backend }
    const strict = compareBackends((v: Tensor) => matmul(f(v), tensor([1, -1, 0, 0]).cast(v.dtype)), [x], { tested })
    await expect(strict).rejects.toThrow(LawError)
    const both = (v: Tensor) => f(v).mul(tensor([1, 1, 1, 1e-3]))
    const [found] = await compareBackends(both, [x], { tested, floor: 1e-2, ulps: 64 })
    expect(found?.ulps).toBeLessThanOrEqual(64)
  })

  it('takes backends that are asynchronous', async () => {
    const fast = cpu()
    const slow = new Proxy(fast, {
      get: (_, name: keyof typeof fast) => {
        if (name === 'readSync') return undefined
        const member: unknown = fast[name]
        return typeof member === 'function' ? member.bind(fast) : member
      },
    })
    const x = tensor([1, 2, 3]).mul(2)
    const [found] = await compareBackends((v: Tensor) => softmax(v), [x], { tested: { backend: slow }, ulps: 4 })
    expect(found?.ulps).toBeLessThanOrEqual(4)
    expect(found?.tested).toBeGreaterThan(0)
  })

  it('wants integers to be equal and NaN to meet NaN', async () => {
    const order = byWidth((v) => v.neg())
    const tested = { backend }
    await expect(compareBackends((x: Tensor) => argSort(order(x)), [tensor([1, 2])], { tested })).rejects.toThrow(
      'Infinity ulps apart',
    )
    await compareBackends((x: Tensor) => x.log(), [tensor([-1, 0])], { tested, ulps: 0 })
    await expect(
      compareBackends(
        byWidth((v) => v.log()),
        [tensor([-1])],
        { tested },
      ),
    ).rejects.toThrow('NaN')
  })
})
