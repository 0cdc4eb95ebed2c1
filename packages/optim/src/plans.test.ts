import { type CpuBackend, cpu } from '@wengert/backend-cpu'
import {
  compile,
  grad,
  key,
  leaves,
  matmul,
  mean,
  normal,
  planCount,
  state,
  type Tensor,
  tanh,
  tensor,
  useBackend,
  valueAndGrad,
} from '@wengert/core'
import { away, numbers } from '@wengert/testing'
import { beforeEach, describe, expect, test } from 'vitest'
import {
  accumulate,
  adafactor,
  adagrad,
  adam,
  applyUpdates,
  chain,
  clipByGlobalNorm,
  cosineDecay,
  frozen,
  groups,
  igniteGradients,
  lamb,
  lion,
  lookahead,
  muon,
  parameterAverage,
  rmsprop,
  sam,
  sgd,
  type Transform,
} from './index.ts'

let backend: CpuBackend
beforeEach(() => {
  backend = cpu()
  useBackend(backend)
})

interface Params {
  readonly weight: Tensor
  readonly bias: Tensor
}

/** Drawn at once: what is computed twice is kept, which makes another plan. */
const drawn = (seed: number, shape: readonly number[]): Tensor =>
  tensor(normal(key(seed), shape).dataSync({ backend: cpu() }), { shape })

const start: Params = { weight: drawn(0, [3, 2]), bias: drawn(1, [2]) }
const x = drawn(2, [5, 3])
const y = drawn(3, [5, 2])
const predicted = ({ weight, bias }: Params): Tensor => tanh(matmul(x, weight).add(bias))
const objective = (params: Params): Tensor => mean(predicted(params).sub(y).square())

/** Each optimizer with numbers that change from step to step. */
const optimizers: Record<string, (i: number) => Transform<unknown>> = {
  lion: (i) => lion({ lr: 0.01 / i, beta1: 0.9 + 0.01 / i, beta2: 0.95 + 0.01 / i, weightDecay: 0.1 / i }),
  rmsprop: (i) => rmsprop({ lr: 0.01 / i, decay: 0.9 + 0.01 / i, eps: 1e-6 / i, momentum: 0.5 / i, centered: true }),
  adagrad: (i) => adagrad({ lr: 0.01 / i, eps: 1e-6 / i }),
  lamb: (i) => lamb({ lr: 0.01 / i, beta1: 0.9 / i, weightDecay: 0.1 / i }),
  adafactor: (i) => adafactor({ lr: 0.01 / i, decay: 0.8 / i, clip: 1 / i, leastScale: 1e-2 / i }),
  'adafactor by its own rate': () => adafactor(),
  'muon and adam, in groups': (i) =>
    groups([/weight/, muon({ lr: 0.01 / i, momentum: 0.9 / i, weightDecay: 0.1 / i })], [/./, adam({ lr: 0.1 / i })]),
  'frozen biases': (i) => groups([/bias/, frozen()], [/./, sgd({ lr: 0.1 / i })]),
  lookahead: (i) => lookahead(adam({ lr: 0.01 / i }), { every: 1 + (i % 3), alpha: 0.5 / i }),
  accumulate: (i) => accumulate(adam({ lr: 0.01 / i }), { steps: 1 + (i % 3) }),
  parameterAverage: (i) => chain(sgd({ lr: 0.1 / i }), parameterAverage({ decay: 0.9 / i })),
  'all at once': (i) =>
    lookahead(
      accumulate(
        chain(
          clipByGlobalNorm(1 / i),
          groups([/weight/, lion({ lr: cosineDecay({ initial: 0.1 / i, steps: 9 }) })], [/./, lamb()]),
        ),
        { steps: 2 },
      ),
    ),
}

describe.each(Object.entries(optimizers))('%s', (_, make) => {
  test('other numbers make no other plan, and a state computes what is computed without', async () => {
    const training = state({ params: start, opt: make(1).init(start) })
    let [params, opt]: [Params, unknown] = [start, make(1).init(start)]
    for (let i = 1; i <= 6; i++) {
      await training.update(({ params, opt }) => {
        const [updates, next] = make(i).update(grad(objective)(params), opt, params)
        return [{ params: applyUpdates(params, updates), opt: next }, []]
      })
      // One for the first version of the state, one for the step.
      expect(planCount(backend)).toBe(2)
    }
    for (let i = 1; i <= 6; i++) {
      const [updates, next] = make(i).update(grad(objective)(params), opt, params)
      params = applyUpdates(params, updates)
      opt = next
    }
    expect(away(numbers(training.value), numbers({ params, opt }))).toBeLessThan(1e-5)
    expect(away(numbers(params), numbers(start))).toBeGreaterThan(1e-4)
  })

  test('runs compiled', () => {
    const optimizer = make(1)
    const update = (params: Params, opt: unknown) => optimizer.update(grad(objective)(params), opt, params)
    const compiled = compile(update)
    let opt = optimizer.init(start)
    for (let i = 0; i < 3; i++) {
      const [updates, next] = compiled(start, opt)
      expect(away(numbers([updates, next]), numbers(update(start, opt)))).toBeLessThan(1e-6)
      opt = next
    }
  })
})

describe.each<[string, (params: Params, i: number) => readonly [Tensor, Params]]>([
  ['sam', (params, i) => sam(objective, { rho: 0.1 / i })(params)],
  [
    'igniteGradients',
    (params, i) => {
      const options = { lambda: 1 / i, rho: 0.1 / i, r: 0.01 / i, epsilon: 0.1 / i }
      const { loss, grads } = igniteGradients(objective, (p) => mean(predicted(p)), params, options)
      return [loss, grads]
    },
  ],
])('%s', (_, gradients) => {
  test('other numbers make no other plan', async () => {
    const optimizer = adam({ lr: 0.01 })
    const training = state({ params: start, opt: optimizer.init(start) })
    const losses: number[] = []
    for (let i = 1; i <= 20; i++) {
      const loss = await training.update(({ params, opt }) => {
        const [loss, grads] = gradients(params, i)
        const [updates, next] = optimizer.update(grads, opt, params)
        return [{ params: applyUpdates(params, updates), opt: next }, loss]
      })
      losses.push(loss)
      expect(planCount(backend)).toBe(2)
    }
    expect(losses.at(-1)).toBeLessThan(losses[0] as number)
    expect(leaves(training.value.params)).toHaveLength(2)
  })

  test('are compiled as they are', () => {
    const plain = gradients(start, 1)
    const compiled = compile((params: Params) => gradients(params, 1))(start)
    expect(away(numbers(compiled), numbers(plain))).toBeLessThan(1e-6)
    expect(numbers(compiled[0])).toEqual(numbers(valueAndGrad(objective)(start)[0]))
  })
})
