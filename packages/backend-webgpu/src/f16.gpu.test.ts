import * as core from '@wengert/core'
import {
  key,
  matmul,
  mean,
  normal,
  relu,
  roundToF16,
  type ScalarOp,
  state,
  type Tensor,
  tensor,
  valueAndGrad,
} from '@wengert/core'
import { crossEntropy } from '@wengert/losses'
import { describe, expect, it } from 'vitest'
import { fromHalfBits } from './half.ts'
import { apply } from './testing/measure.ts'
import { testBackend } from './testing/testBackend.ts'

const backend = await testBackend()
const has = backend.dtypes.has('f16')
// Said in the name, so that a report says why.
const where = has ? 'on a device with shader-f16' : 'skipped, as the device has no shader-f16'

describe('f16 on a device without shader-f16', () => {
  it.skipIf(has)('is refused with what to do instead', async () => {
    const x = tensor([1, 2, 3], { dtype: 'f16' })
    await expect(x.mul(2).data({ backend })).rejects.toThrow(
      'backend-webgpu: dtype of source must be one of bool, i32, f32, got f16. ' +
        "Take dtype 'f32' instead, or run on backend-webgpu on a device with shader-f16.",
    )
    await expect(tensor([1]).cast('f16').data({ backend })).rejects.toThrow('dtype of cast must be one of')
    expect([...(await x.data({ backend }))]).toEqual([1, 2, 3])
  })
})

/** Every f16 that is neither NaN nor subnormal, which arithmetic may flush. */
const halves = Float32Array.from({ length: 2 ** 16 }, (_, bits) => fromHalfBits(bits)).filter(
  (x) => x === 0 || Math.abs(x) >= 2 ** -14,
)

describe.skipIf(!has)(`f16 ${where}`, () => {
  it.each([1, 2, 3, 7, 100, 1031])('of %i elements goes to the device and comes back', async (n) => {
    const numbers = Array.from({ length: n }, (_, i) => roundToF16(i / 7 - 3))
    const x = tensor(numbers, { dtype: 'f16' })
    expect([...(await x.add(0).data({ backend }))]).toEqual(numbers)
    const before = backend.memory().buffers
    await x.neg().data({ backend })
    expect(backend.memory().buffers).toBeLessThanOrEqual(before + 1)
  })

  it('takes two bytes an element', () => {
    const before = backend.memory().bytes
    const buffer = backend.alloc('f16', 2 ** 16)
    expect(backend.memory().bytes - before).toBe(2 ** 17)
    backend.free(buffer)
    const most = backend.device.limits.maxStorageBufferBindingSize
    expect(() => backend.alloc('f16', most)).toThrow(`at most ${Math.floor(most / 2)} elements`)
  })

  it('holds every number, subnormal and infinite ones too', async () => {
    const all = Float32Array.from({ length: 2 ** 16 }, (_, bits) => fromHalfBits(bits))
    const program = backend.prepare({
      kind: 'concat',
      dtype: 'f16',
      shape: [all.length],
      axis: 0,
      start: 0,
      inputs: [{ dtype: 'f16', shape: [all.length], strides: [1], offset: 0 }],
    })
    const [input, output] = [backend.upload(all, 'f16'), backend.alloc('f16', all.length)]
    program.run([input], [], [output])
    expect(await backend.read(output)).toEqual(all)
    for (const buffer of [input, output]) backend.free(buffer)
  })

  it('is rounded to the nearest, of two to the even one', async () => {
    const near = [...halves].flatMap((x, i) => {
      const middle = (x + (halves[i + 1] ?? x)) / 2
      return [middle, middle * (1 + 2 ** -20), middle * (1 - 2 ** -20)]
    })
    const numbers = Float32Array.from([...near, 65519.99, 65520, 1e9, -1e9, Number.NaN, Number.POSITIVE_INFINITY])
    const rounded = await apply(backend, 'cast', [numbers], ['f32'], 'f16')
    expect(rounded).toEqual(numbers.map(roundToF16))
  })

  it.each<[ScalarOp, (a: number, b: number) => number]>([
    ['add', (a, b) => a + b],
    ['sub', (a, b) => a - b],
    ['mul', (a, b) => a * b],
    ['maximum', Math.max],
  ])('%s yields the nearest f16 of the exact result', async (op, f) => {
    const a = halves.filter((_, i) => i % 7 === 0)
    const b = a.map((_, i) => halves[(i * 7919) % halves.length] as number)
    const found = await apply(backend, op, [a, b], ['f16', 'f16'], 'f16')
    found.forEach((y, i) => {
      const exact = f(a[i] as number, b[i] as number)
      if (exact !== 0 && Math.abs(exact) < 2 ** -14) return
      expect(y, `${op}(${a[i]}, ${b[i]})`).toBe(roundToF16(exact))
    })
  })

  it('gives the same bits fused and unfused', async () => {
    const x = tensor(
      Array.from({ length: 999 }, (_, i) => Math.sin(i)),
      { dtype: 'f16' },
    )
    const chain = (v: Tensor): Tensor[] => [v.mul(1.1), v.mul(1.1).exp(), v.mul(1.1).exp().square().sub(v)]
    const all = chain(x)
    const fused = await (chain(x)[2] as Tensor).data({ backend })
    // What is read too is stored in between.
    const y = tensor(await (all[0] as Tensor).data({ backend }), { dtype: 'f16' })
    const z = tensor(await y.exp().data({ backend }), { dtype: 'f16' })
    const squares = tensor(await z.square().data({ backend }), { dtype: 'f16' })
    expect(fused).toEqual(await squares.sub(x).data({ backend }))
  })

  it('trains a small perceptron whose parameters are f16', async () => {
    const x = normal(key(0), [64, 4]).cast('f16')
    const labels = tensor(Int32Array.from({ length: 64 }, (_, i) => i % 2))
    const shifted = x.add(labels.cast('f16').mul(2).expandDims(1))
    const params = {
      hidden: normal(key(1), [4, 8]).mul(0.5).cast('f16'),
      output: normal(key(2), [8, 2]).mul(0.5).cast('f16'),
    }
    const training = state(params, { backend })
    const loss = ({ hidden, output }: typeof params): Tensor =>
      mean(crossEntropy(matmul(relu(matmul(shifted, hidden)), output).cast('f32'), labels))
    const losses: number[] = []
    for (let i = 0; i < 40; i++)
      losses.push(
        await training.update((p) => {
          const [value, slopes] = valueAndGrad(loss)(p)
          expect(slopes.hidden.dtype).toBe('f16')
          const next = { hidden: p.hidden.sub(slopes.hidden.mul(0.5)), output: p.output.sub(slopes.output.mul(0.5)) }
          return [next, value]
        }),
      )
    expect(losses[0]).toBeGreaterThan(0.4)
    expect(losses.at(-1)).toBeLessThan(0.2)
  })
})

const [page = ''] = Object.values(
  import.meta.glob('../../../docs/webgpu.md', { query: '?raw', import: 'default', eager: true }),
) as string[]

it('the program of mixed precision in the docs learns, with f16 where the device has it', async () => {
  const [, program = ''] = /```js\n([^`]*const scale[^`]*)```/.exec(page) ?? []
  const names = { ...core, crossEntropy, webgpu: testBackend, console: { log: (v: number) => losses.push(v) } }
  const losses: number[] = []
  const text = program.replaceAll(/^import .*$/gm, '')
  await new Function(...Object.keys(names), `return (async () => {${text}})()`)(...Object.values(names))
  expect(losses).toHaveLength(20)
  expect(losses.at(-1)).toBeLessThan(0.8 * (losses[0] as number))
})
