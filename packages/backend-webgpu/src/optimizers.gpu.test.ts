import { cpu } from '@wengert/backend-cpu'
import { type Backend, data, key, leaves, matmul, mean, normal, state, type Tensor, tanh, tensor } from '@wengert/core'
import {
  accumulate,
  adafactor,
  adagrad,
  adam,
  applyUpdates,
  chain,
  clipByGlobalNorm,
  groups,
  lamb,
  lion,
  lookahead,
  muon,
  parameterAverage,
  rmsprop,
  sam,
  type Transform,
} from '@wengert/optim'
import { expect, test } from 'vitest'
import { testBackend } from './testing/testBackend.ts'

const gpu = await testBackend()

const drawn = (seed: number, shape: readonly number[]): Tensor =>
  tensor(normal(key(seed), shape).dataSync({ backend: cpu() }), { shape })
const start = { weight: drawn(0, [3, 2]), bias: drawn(1, [2]) }
const [x, y] = [drawn(2, [5, 3]), drawn(3, [5, 2])]
const objective = ({ weight, bias }: typeof start): Tensor => mean(tanh(matmul(x, weight).add(bias)).sub(y).square())

/** Everything that training holds after some steps: parameters and the optimizer's state. */
async function trained(optimizer: Transform<unknown>, backend: Backend): Promise<number[]> {
  const training = state({ params: start, opt: optimizer.init(start) }, { backend })
  for (let i = 0; i < 5; i++)
    await training.update(({ params, opt }) => {
      const [, grads] = sam(objective, { rho: 0.05 })(params)
      const [updates, next] = optimizer.update(grads, opt, params)
      return [{ params: applyUpdates(params, updates), opt: next }, []]
    })
  return (await data(leaves(training.value), { backend })).flatMap((values) => Array.from(values))
}

test.each<[string, Transform<unknown>]>([
  ['lion', lion({ lr: 0.01, weightDecay: 0.1 })],
  ['rmsprop', rmsprop({ momentum: 0.5, centered: true, eps: 1e-3 })],
  ['adagrad', adagrad({ lr: 0.1 })],
  ['lamb', lamb({ lr: 0.1, weightDecay: 0.1 })],
  ['adafactor', adafactor()],
  ['muon beside adam', groups([/weight/, muon()], [/./, adam({ lr: 0.1 })])],
  [
    'what wraps others',
    chain(
      clipByGlobalNorm(0.1),
      lookahead(accumulate(adam({ lr: 0.1 }), { steps: 2 }), { every: 2 }),
      parameterAverage({ decay: 0.5 }),
    ),
  ],
])('%s after sam goes the way it goes on the CPU', async (_, optimizer) => {
  const [here, there] = [await trained(optimizer, gpu), await trained(optimizer, cpu())]
  expect(here.length).toBe(there.length)
  const off = here.map((value, i) => Math.abs(value - (there[i] as number)) / Math.max(1, Math.abs(there[i] as number)))
  expect(Math.max(...off)).toBeLessThan(1e-4)
})
