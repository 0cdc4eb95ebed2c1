import { cpu } from '@wengert/backend-cpu'
import { describe, expect, it } from 'vitest'
import {
  concat,
  conv2d,
  type KernelProfile,
  matmul,
  maximum,
  maxPool2d,
  profile,
  replay,
  state,
  sum,
  type Tensor,
  type TypedArray,
  take,
  tensor,
  where,
} from '../index.ts'

const backend = cpu()
const waves = (...shape: number[]): Tensor =>
  tensor(Float32Array.from({ length: shape.reduce((size, n) => size * n, 1) }, (_, i) => Math.sin(i))).reshape(shape)
const x = waves(64, 64)
const row = waves(1, 64)
const speeds = { bandwidth: 1e9, arithmetic: 1e9 }

describe('profile', () => {
  it('counts what each kernel must move and compute', async () => {
    const { kernels } = await profile(() => matmul(x.exp(), x).dataSync({ backend }), { backend, speeds })
    const found = Object.fromEntries(kernels.map(({ kernel, runs, bytes, flops }) => [kernel, { runs, bytes, flops }]))
    expect(found).toEqual({
      'map exp f32 [64, 64]': { runs: 1, bytes: 2 * 4 * 4096, flops: 4096 },
      'matmul f32 [64, 64] · [64, 64]': { runs: 1, bytes: 3 * 4 * 4096, flops: 2 * 64 ** 3 },
    })
  })

  it.each<[name: string, () => Tensor, bytes: number, flops: number]>([
    ['sum of sub exp mul f32 [64, 64] over [1]', () => sum(x.sub(row).exp().mul(2), { axis: 1 }), 4 * 4224, 4 * 4096],
    ['map less where f32 [64, 64]', () => where(x.less(row), x, 0), 4 * (4096 + 64 + 4096), 2 * 4096],
    // Windows overlap.
    [
      'max of f32 [1, 1, 3, 3, 62, 62] over [2, 3]',
      () => maxPool2d(waves(1, 1, 64, 64), 3, { stride: 1 }),
      4 * (4096 + 3844),
      9 * 3844,
    ],
    [
      'matmul f32 [1, 1, 1, 9] · [1, 1, 9, 3844] then add maximum',
      () => maximum(conv2d(waves(1, 1, 64, 64), waves(1, 1, 3, 3)).add(waves(62, 62)), 0),
      4 * (4096 + 9 + 2 * 3844),
      3844 * (2 * 9 + 2),
    ],
    // A part of a join writes its own place alone.
    ['concat f32 [66, 64]', () => concat([x, row, row]), 2 * 4 * 66 * 64, 0],
    ['gather f32 [1, 3, 64]', () => take(x, tensor([5, 0, 5], { dtype: 'i32' })), 4 * (3 + 2 * 3 * 64), 0],
    ['gather f32 [1, 5, 64]', () => take(row, tensor([0, 0, 0, 0, 0], { dtype: 'i32' })), 4 * (5 + 64 + 5 * 64), 0],
  ])('counts what has a body, overlaps or repeats: %s', async (name, f, bytes, flops) => {
    const { kernels } = await profile(() => f().dataSync({ backend }), { backend, speeds })
    expect(kernels.find(({ kernel }) => kernel === name)).toMatchObject({ bytes, flops })
  })

  it('tells the time that programs took to prepare, which those of a known plan do not', async () => {
    const f = (): TypedArray => matmul(waves(9, 5).exp(), waves(5, 7)).dataSync({ backend })
    const { kernels, preparing, ms } = await profile(f, { backend, speeds })
    expect(kernels.map(({ kernel }) => kernel).sort()).toEqual(['map exp f32 [9, 5]', 'matmul f32 [9, 5] · [5, 7]'])
    for (const kernel of kernels) expect(kernel.preparing).toBeGreaterThan(0)
    expect(preparing).toBeCloseTo(kernels.reduce((sum, kernel) => sum + kernel.preparing, 0))
    expect(preparing + kernels.reduce((sum, kernel) => sum + kernel.ms, 0)).toBeLessThanOrEqual(ms)
    const again = await profile(f, { backend, speeds })
    expect(again.preparing).toBe(0)
    expect(again.kernels).toMatchObject([{ runs: 1 }, { runs: 1 }])
  })

  it('shows what was prepared and not run', async () => {
    const v = waves(3)
    const found = await profile(() => void replay([v], [v.log()], { backend }), { backend, speeds })
    expect(String(found)).toMatch(
      /, 0 % of them in 0 kernels, \d+ % in preparing 1\n.*\n0.00 +0 % +0 +[\d.]+ {2}map log f32 \[3\]$/,
    )
  })

  it('says how near a kernel comes to the speeds of the machine', async () => {
    const { kernels, ms } = await profile(() => sum(x, { axis: 0 }).dataSync({ backend }), { backend, speeds })
    const { ms: took, floor, bytes } = kernels.find(({ kernel }) => kernel.startsWith('sum')) as KernelProfile
    expect(bytes).toBe(4 * (4096 + 64))
    expect(floor).toBeCloseTo(bytes / 1e9 / (took / 1000), 6)
    expect(took).toBeLessThanOrEqual(ms)
  })

  it('sees the updates of a state, and small plans that would run bound', async () => {
    const training = state({ w: tensor([1, 2, 3]) }, { backend })
    const step = () => training.update(({ w }) => [{ w: w.mul(2) }, sum(w)])
    for (let i = 0; i < 6; i++) await step()
    const { kernels } = await profile(step, { backend })
    expect(kernels.map(({ kernel }) => kernel).sort()).toEqual(['map mul f32 [3]', 'sum of f32 [3] over [0]'])
  })

  it('reads as a table and as a trace, and watches no longer than it should', async () => {
    const found = await profile(() => x.exp().dataSync({ backend }), { backend })
    expect(String(found)).toMatch(
      /^[\d.]+ ms, \d+ % of them in 1 kernels, \d+ % in preparing 1\n +ms +of all .*\n.* 1 .* [\d.]+ {2}map exp f32 \[64, 64\]$/,
    )
    const { traceEvents } = JSON.parse(found.toTrace())
    expect(traceEvents).toMatchObject([
      { ph: 'X', cat: 'prepare', name: 'prepare map exp f32 [64, 64]' },
      { ph: 'X', cat: 'run', name: 'map exp f32 [64, 64]' },
    ])
    expect(traceEvents[1].ts).toBeGreaterThan(traceEvents[0].ts)
    x.log().dataSync({ backend })
    expect(found.kernels).toHaveLength(1)
  })

  it('stops watching when what it watches throws', async () => {
    const failing = profile(() => Promise.reject(new Error('mine')), { backend, speeds })
    await expect(failing).rejects.toThrow('mine')
    const { kernels } = await profile(() => x.neg().dataSync({ backend }), { backend, speeds })
    expect(kernels).toHaveLength(1)
  })

  it('refuses backends that answer later', async () => {
    const { readSync: _, ...later } = cpu()
    await expect(profile(() => 0, { backend: { ...later, name: 'later' } })).rejects.toThrow(
      'profile: backend must be synchronous, got later. Use the profiler of the device or of the browser.',
    )
  })
})
