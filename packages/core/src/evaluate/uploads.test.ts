import { cpu } from '@wengert/backend-cpu'
import { collectGarbage, type Device, device } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import * as w from '../index.ts'

/** How many arrays are uploaded while the sum of each tensor is read in turn. */
async function uploadsOf(backend: Device, ...xs: w.Tensor[]): Promise<number> {
  const before = backend.counts.uploads
  for (const x of xs) await w.sum(x.mul(2)).data({ backend })
  return backend.counts.uploads - before
}

const bytes = (n: number): w.Tensor => w.tensor(new Float32Array(n / 4).fill(1))

describe('host data', () => {
  it('is uploaded twice, then stays', async () => {
    const backend = device({ uploadBudget: 2 ** 20 })
    const x = bytes(4000)
    expect(await uploadsOf(backend, x, x, x, x, x)).toBe(2)
    expect(backend.memory()).toEqual({ buffers: 1, bytes: 4000 })
    expect(x.dataSync()[0]).toBe(1)
  })

  it('that one run uses is not kept', async () => {
    const backend = device({ uploadBudget: 2 ** 20 })
    const constant = bytes(4000)
    await uploadsOf(backend, constant, constant)
    for (let i = 0; i < 1000; i++) {
      const before = backend.counts.uploads
      await w.sum(bytes(4000).mul(constant)).data({ backend })
      expect(backend.counts.uploads - before).toBe(1)
    }
    expect(backend.memory().buffers).toBe(1)
  })

  it('stays within the budget, and the least recently used goes first', async () => {
    const backend = device({ uploadBudget: 10_000 })
    const [a, b, c] = [bytes(4000), bytes(4000), bytes(4000)]
    await uploadsOf(backend, a, a, b, b)
    expect(await uploadsOf(backend, a, b, a)).toBe(0)
    expect(await uploadsOf(backend, c, c)).toBe(2)
    expect(backend.memory()).toEqual({ buffers: 2, bytes: 8000 })
    // b was used before a, so c took its place; b takes that of a.
    expect(await uploadsOf(backend, c, a, c)).toBe(0)
    expect(await uploadsOf(backend, b)).toBe(1)
    expect(await uploadsOf(backend, b, c)).toBe(0)
    expect(await uploadsOf(backend, a)).toBe(1)
  })

  it('larger than the budget is uploaded for each run and drives nothing out', async () => {
    const backend = device({ uploadBudget: 5000 })
    const [small, large] = [bytes(4000), bytes(8000)]
    expect(await uploadsOf(backend, small, small, large, large, large)).toBe(5)
    expect(await uploadsOf(backend, small)).toBe(0)
    expect(backend.memory().bytes).toBe(4000)
  })

  it('counts at least 256 bytes', async () => {
    const backend = device({ uploadBudget: 1000 })
    const all = Array.from({ length: 10 }, () => bytes(4))
    await uploadsOf(backend, ...all, ...all)
    expect(backend.memory().buffers).toBe(3)
  })

  it('of one run may exceed the budget while it runs', async () => {
    const backend = device({ uploadBudget: 5000 })
    const all = Array.from({ length: 5 }, () => bytes(4000))
    for (let i = 0; i < 4; i++) {
      const sum = all.reduce((x, y) => x.add(y))
      expect((await w.sum(sum).data({ backend }))[0]).toBe(5000)
      expect(backend.memory().bytes).toBe(i === 0 ? 0 : 4000)
    }
  })

  it('goes when nobody can reach it', async () => {
    const backend = device({ uploadBudget: 2 ** 20 })
    await (async () => {
      const [x, y] = [bytes(4000), bytes(400)]
      await uploadsOf(backend, x, x, y, y)
      expect(backend.memory().buffers).toBe(2)
    })()
    await collectGarbage(() => backend.memory().buffers === 0)
    expect(backend.memory()).toEqual({ buffers: 0, bytes: 0 })
  })

  it('is not taken over by a state that begins with it', async () => {
    const backend = device({ uploadBudget: 2 ** 20 })
    const x = w.tensor([1, 2, 3])
    await uploadsOf(backend, x, x)
    const training = w.state({ x, y: x }, { backend })
    for (let i = 0; i < 3; i++) await training.update((s) => [{ x: s.x.mul(2).add(x), y: s.x }, w.sum(x)])
    expect([...(await training.value.x.data({ backend }))]).toEqual([15, 30, 45])
    expect(await training.update((s) => [{ x, y: s.y }, w.sum(x)])).toBe(6)
    await training.update((s) => [{ x: s.x.mul(5), y: s.y }, []])
    expect([...(await w.data([x.mul(1)], { backend }))[0]!]).toEqual([1, 2, 3])
    expect(await uploadsOf(backend, x)).toBe(0)
  })

  it('serves what is compiled', async () => {
    const backend = device({ uploadBudget: 2 ** 20 })
    const [table, x] = [bytes(4000), bytes(4000)]
    const f = w.compile((v: w.Tensor) => v.add(table), { backend })
    for (let i = 0; i < 5; i++) f(x)
    expect(backend.counts.uploads).toBe(4)
    f(bytes(4000))
    expect(backend.counts.uploads).toBe(5)
  })

  it('is read in place by a backend without a budget', async () => {
    const [copying, inPlace] = [device(), cpu()]
    const x = bytes(4000)
    expect(await uploadsOf(copying, x, x, x)).toBe(3)
    for (let i = 0; i < 3; i++) x.add(1).dataSync({ backend: inPlace })
    expect([copying.memory().buffers, inPlace.memory().buffers]).toEqual([0, 0])
  })
})
