import { cpu } from '@wengert/backend-cpu'
import {
  type Backend,
  key,
  mean,
  minimize,
  normal,
  permutation,
  randomBits,
  relu,
  state,
  sum,
  type Tensor,
  uniform,
  valueAndGrad,
  zeros,
} from '@wengert/core'
import { batches, labelledExamples, parseCsv } from '@wengert/data'
import { crossEntropy } from '@wengert/losses'
import { dense, type Params, sequential } from '@wengert/nn'
import { adam, applyUpdates } from '@wengert/optim'
import { beforeAll, describe, expect, it } from 'vitest'
import { testBackend } from './testing/testBackend.ts'
import type { WebGpuBackend } from './webgpu.ts'

const [csv = ''] = Object.values(
  import.meta.glob('../../../examples/data/digits.csv', { query: '?raw', import: 'default', eager: true }),
)

let backend: WebGpuBackend
beforeAll(async () => {
  backend = await testBackend()
})

/** The losses of the first steps of a digit classifier. */
async function losses(on: Backend, steps: number): Promise<number[]> {
  const { x, labels } = labelledExamples(parseCsv(csv))
  const model = sequential(dense({ in: 64, out: 128 }), relu, dense({ in: 128, out: 10 }))
  const optimizer = adam({ lr: 1e-3 })
  const params = model.init(key(0))
  const training = state({ params, opt: optimizer.init(params) }, { backend: on })
  const found: number[] = []
  for (const batch of batches({ images: x, labels }, { size: 32, key: key(1) })) {
    if (found.length === steps) break
    const loss = await training.update(({ params: present, opt }) => {
      const objective = (p: Params<typeof model>) => mean(crossEntropy(model.apply(p, batch.images), batch.labels))
      const [value, grads] = valueAndGrad(objective)(present)
      const [updates, next] = optimizer.update(grads, opt, present)
      return [{ params: applyUpdates(present, updates), opt: next }, value]
    })
    found.push(loss)
  }
  return found
}

describe('training on webgpu', () => {
  it('has the same losses as on cpu over the first 50 steps', async () => {
    const [here, there] = [await losses(backend, 50), await losses(cpu(), 50)]
    expect(here).toHaveLength(50)
    here.forEach((loss, i) => {
      const wanted = there[i] as number
      expect(Math.abs(loss - wanted) / wanted, `step ${i}: ${loss} for ${wanted}`).toBeLessThan(1e-4)
    })
  })

  it('minimizes to the same place as on cpu', async () => {
    const valley = (x: Tensor): Tensor => {
      const [a, b] = [x.slice([0], [3]), x.slice([1], [4])]
      return sum(a.sub(1).square()).add(sum(b.sub(a.square()).square()).mul(100))
    }
    const { params, value, reason } = await minimize(valley, zeros([4]), { backend, gradientTolerance: 1e-3 })
    expect(reason).toBe('gradientTolerance')
    expect(value).toBeLessThan(1e-5)
    for (const x of await params.data({ backend })) expect(x).toBeCloseTo(1, 2)
  })

  it('draws the same bits as cpu', async () => {
    const draws = () => [uniform(key(3), [1001]), randomBits(key(4), [7, 11]), permutation(key(5), 100)]
    for (const [i, x] of draws().entries())
      expect(await x.data({ backend })).toEqual(await draws()[i]?.data({ backend: cpu() }))
    // What is made of uniform numbers by functions differs in the last bits.
    const [here, there] = [
      await normal(key(6), [500]).data({ backend }),
      await normal(key(6), [500]).data({ backend: cpu() }),
    ]
    here.forEach((v, i) => void expect(v).toBeCloseTo(there[i] as number, 5))
  })

  it.skipIf('window' in globalThis)('goes on when garbage is collected', async () => {
    const { collectGarbage } = await import('@wengert/testing')
    const device = new WeakRef(backend.device)
    for (let round = 0; round < 3; round++) {
      await collectGarbage(() => false)
      expect([...(await uniform(key(0), [3]).mul(0).data({ backend }))]).toEqual([0, 0, 0])
    }
    expect(device.deref()).toBe(backend.device)
  })
})
