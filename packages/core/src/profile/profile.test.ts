import { cpu } from '@wengert/backend-cpu'
import { describe, expect, it } from 'vitest'
import { matmul, profile, state, sum, tensor } from '../index.ts'

const backend = cpu()
const x = tensor(Float32Array.from({ length: 64 * 64 }, (_, i) => Math.sin(i))).reshape([64, 64])
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

  it('says how near a kernel comes to the speeds of the machine', async () => {
    const { kernels, ms } = await profile(() => sum(x, { axis: 0 }).dataSync({ backend }), { backend, speeds })
    const [{ ms: took, floor, bytes } = { ms: 0, floor: 0, bytes: 0 }] = kernels
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
      /^[\d.]+ ms, \d+ % of them in 1 kernels\n +ms +of all .*\n.* 1 .*map exp f32 \[64, 64\]$/,
    )
    const { traceEvents } = JSON.parse(found.toTrace())
    expect(traceEvents).toHaveLength(1)
    expect(traceEvents[0]).toMatchObject({ ph: 'X', name: 'map exp f32 [64, 64]' })
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
