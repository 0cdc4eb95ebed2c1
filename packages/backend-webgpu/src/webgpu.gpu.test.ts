import { cpu } from '@wengert/backend-cpu'
import {
  data,
  grad,
  key,
  matmul,
  mean,
  normal,
  state,
  sum,
  type Tensor,
  tensor,
  uniform,
  useBackend,
} from '@wengert/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type WebGpuBackend, webgpu } from './index.ts'
import { testBackend } from './testing/testBackend.ts'

let backend: WebGpuBackend
beforeEach(async () => {
  backend = await testBackend()
  useBackend(backend)
})

// They share a device, which is not to hear of all of them.
afterEach(() => backend.destroy())

/** Gradient descent on ‖w² − 1‖², one line of numbers after the other. */
function descent(size: number): { update: () => Promise<number> } {
  const training = state({ w: normal(key(1), [size]).mul(0.1).add(0.5) }, { backend })
  const loss = (w: Tensor): Tensor => mean(w.square().sub(1).square())
  return { update: () => training.update(({ w }) => [{ w: w.sub(grad(loss)(w).mul(0.1)) }, loss(w)]) }
}

describe('webgpu', () => {
  it('computes what cpu computes', async () => {
    const x = tensor([1, 2, 3])
    expect([...(await x.square().add(1).data())]).toEqual([2, 5, 10])
    expect([...(await x.less(2).data())]).toEqual([1, 0, 0])
    expect(await x.less(2).data()).toBeInstanceOf(Uint8Array)
  })

  it('submits once for an update and once for what is read together', async () => {
    const { update } = descent(100)
    await update()
    const before = backend.counts().submissions
    await update()
    expect(backend.counts().submissions).toBe(before + 1)
    const x = uniform(key(0), [10])
    await data([sum(x), x.mul(2), mean(x)])
    expect(backend.counts().submissions).toBe(before + 2)
  })

  // A browser's readback takes a millisecond, Node's a tenth of it.
  const updates = 'window' in globalThis ? 1_000 : 10_000
  it(`holds as much after ${updates} updates as after 10`, { timeout: 300_000 }, async () => {
    const { update } = descent(100)
    for (let i = 0; i < 10; i++) await update()
    const before = backend.memory()
    const pipelines = backend.counts().pipelines
    for (let i = 10; i < updates; i++) await update()
    expect(backend.memory()).toEqual(before)
    expect(backend.counts().pipelines).toBe(pipelines)
  })

  it('compiles the same work on many blocks of one array once', async () => {
    const [rows, blocks] = [64, 6]
    const x = uniform(key(1), [rows * blocks, 8])
    const host = tensor(await x.data(), { shape: x.shape })
    const parts = (count: number) =>
      Array.from({ length: count }, (_, i) => {
        const block = host.slice([i * rows, 0], [(i + 1) * rows, 8])
        return sum(matmul(block, block.transpose()), { axis: 0 }).add(block.slice([0, 0], [rows, 1]).reshape([rows]))
      })
    await data(parts(2))
    const before = backend.counts().pipelines
    const found = await data(parts(blocks))
    expect(backend.counts().pipelines).toBe(before)
    const wanted = await data(parts(blocks), { backend: cpu() })
    for (const [i, values] of found.entries())
      for (const [j, value] of values.entries()) expect(value).toBeCloseTo(wanted[i]?.[j] as number, 4)
  })

  it('uploads into no buffer that recorded work still reads', async () => {
    // Freed while its reader is only recorded, then a buffer of the same size is uploaded before anything is submitted.
    const first = backend.upload(new Float32Array([1, 2, 3, 4]), 'f32')
    const out = backend.alloc('f32', 4)
    const copy = backend.prepare({
      kind: 'map',
      dtype: 'f32',
      shape: [4],
      inputs: [{ shape: [4], strides: [1], offset: 0, dtype: 'f32' }],
      scalars: [],
      steps: [],
    })
    copy.run([first], [], [out])
    backend.free(first)
    const second = backend.upload(new Float32Array([9, 9, 9, 9]), 'f32')
    expect([...(await backend.read(out))]).toEqual([1, 2, 3, 4])
    expect([...(await backend.read(second))]).toEqual([9, 9, 9, 9])
  })

  it('reads more numbers of one run than a uniform buffer holds', async () => {
    const x = tensor([1, 2, 3])
    const many = Array.from({ length: 2000 }, (_, i) => sum(x.mul(i)))
    const read = await data(many)
    read.forEach((values, i) => void expect(values[0]).toBe(6 * i))
  })

  it('takes tensors of nothing', async () => {
    expect((await tensor(new Float32Array(0)).mul(2).data()).length).toBe(0)
    expect((await sum(tensor(new Float32Array(0))).data())[0]).toBe(0)
  })

  it('says so where a tensor is larger than a binding', () => {
    const most = backend.device.limits.maxStorageBufferBindingSize / 4
    expect(() => backend.alloc('f32', most + 1)).toThrow(/webgpu: a tensor must have at most \d+ elements/)
  })

  it('refuses f64', async () => {
    await expect(
      tensor(new Float64Array([1]), { dtype: 'f64' })
        .add(1)
        .data(),
    ).rejects.toThrow(/must be one of bool, i32,( f16,)? f32, got f64/)
  })

  it('throws a BackendError once its device is lost, and a copy of the state goes on elsewhere', async () => {
    const lost = await webgpu()
    const training = state({ w: tensor([1, 2]) }, { backend: lost })
    await training.update(({ w }) => [{ w: w.mul(2) }, sum(w)])
    const copy = await data(training.value, { backend: lost })
    lost.device.destroy()
    await lost.device.lost
    await expect(training.update(({ w }) => [{ w }, sum(w)])).rejects.toThrow(
      /the device must be there, got one that was lost/,
    )
    const restored = state({ w: tensor(copy.w) }, { backend: cpu() })
    expect(await restored.update(({ w }) => [{ w }, sum(w)])).toBe(6)
  })

  it('works on a device that is handed in, and leaves it alive', async () => {
    const mine = await webgpu({ device: backend.device })
    expect((await tensor([2]).add(1).data({ backend: mine }))[0]).toBe(3)
    mine.destroy()
    expect((await tensor([2]).add(2).data({ backend }))[0]).toBe(4)
  })
})
