import { type CpuBackend, cpu } from '@wengert/backend-cpu'
import {
  grad,
  key,
  leaves,
  mean,
  normal,
  planCount,
  relu,
  state,
  sum,
  type Tensor,
  TreeError,
  tensor,
  uniform,
  useBackend,
  valueAndGrad,
} from '@wengert/core'
import { dense, dropout, type Params, sequential } from '@wengert/nn'
import { beforeAll, beforeEach, describe, expect, expectTypeOf, test } from 'vitest'
import {
  type AdamState,
  adam,
  applyUpdates,
  chain,
  clipByGlobalNorm,
  cosineDecay,
  type SgdState,
  sgd,
  stepDecay,
  type Transform,
  warmup,
  weightDecay,
} from './index.ts'

let backend: CpuBackend
beforeAll(() => useBackend(cpu()))
beforeEach(() => {
  backend = cpu()
  useBackend(backend)
})

const squaredError = (predictions: Tensor, targets: Tensor): Tensor =>
  sum(predictions.sub(targets).square(), { axis: -1 })

/** A teacher's noiseless answers to random inputs. */
function examples(count: number): { images: Tensor; labels: Tensor }[] {
  const teacher = dense({ in: 64, out: 10 })
  const truth = teacher.init(key(99))
  return Array.from({ length: count }, (_, i) => {
    const images = tensor(normal(key(i), [16, 64]).dataSync(), { shape: [16, 64] })
    return { images, labels: tensor(teacher.apply(truth, images).dataSync(), { shape: [16, 10] }) }
  })
}

test('the training loop learns, and is typed without casts', async () => {
  const batches = examples(100)
  const model = sequential(dense({ in: 64, out: 128 }), relu, dense({ in: 128, out: 10 }))
  const optimizer = chain(clipByGlobalNorm(1), adam({ lr: 1e-3 }))
  const params = model.init(key(0))
  const training = state({ params, opt: optimizer.init(params) })
  const losses: number[] = []
  for (const { images, labels } of batches) {
    const loss = await training.update(({ params, opt }) => {
      const objective = (p: Params<typeof model>) => mean(squaredError(model.apply(p, images), labels))
      const [loss, grads] = valueAndGrad(objective)(params)
      const [updates, next] = optimizer.update(grads, opt, params)
      return [{ params: applyUpdates(params, updates), opt: next }, loss]
    })
    expectTypeOf(loss).toEqualTypeOf<number>()
    losses.push(loss)
  }
  const average = (list: number[]) => list.reduce((a, b) => a + b) / list.length
  expect(average(losses.slice(-5))).toBeLessThan(average(losses.slice(0, 5)) / 2)
  expectTypeOf(training.value.params).toEqualTypeOf<Params<typeof model>>()
  expectTypeOf(optimizer).toEqualTypeOf<Transform<[readonly [], AdamState]>>()
  expect(training.value.opt[1].step.item()).toBe(100)
})

const smallModel = sequential(dense({ in: 3, out: 4 }), relu, dropout({ rate: 0.2 }), dense({ in: 4, out: 1 }))
const x = tensor([
  [1, 2, 3],
  [-1, 0.5, 2],
])
const y = tensor([[1], [-1]])

/** One step of the small model after another, with an optimizer for each. */
async function train(optimizers: Iterable<Transform<unknown>>, each: (i: number) => void = () => {}): Promise<void> {
  const params = smallModel.init(key(0))
  let training: ReturnType<typeof begin> | undefined
  const begin = (first: Transform<unknown>) => state({ params, opt: first.init(params) }, { backend })
  let i = 0
  for (const optimizer of optimizers) {
    training ??= begin(optimizer)
    const context = { key: { k0: 0, k1: i } }
    await training.update(({ params, opt }) => {
      const objective = (p: Params<typeof smallModel>) => mean(squaredError(smallModel.apply(p, x, context), y))
      const [loss, grads] = valueAndGrad(objective)(params)
      const [updates, next] = optimizer.update(grads, opt, params)
      return [{ params: applyUpdates(params, updates), opt: next }, loss]
    })
    each(i++)
  }
}

function* repeated<T>(value: T, count: number): Generator<T> {
  for (let i = 0; i < count; i++) yield value
}

describe('plans', () => {
  test.each<[string, Transform<unknown>]>([
    ['sgd under cosineDecay', sgd({ lr: cosineDecay({ initial: 0.1, steps: 150 }), momentum: 0.9 })],
    ['adam under stepDecay', adam({ lr: stepDecay({ initial: 0.1, every: 20, factor: 0.5 }) })],
    [
      'a whole chain under warmup',
      chain(
        clipByGlobalNorm(1),
        weightDecay(1e-4),
        adam({ lr: warmup(cosineDecay({ initial: 0.1, steps: 100 }), { steps: 50 }) }),
      ),
    ],
  ])('200 steps of %s make one', async (_, optimizer) => {
    const counts: number[] = []
    await train(repeated(optimizer, 200), () => counts.push(planCount(backend)))
    // One for the first version of the state, one for the step.
    expect(counts[0]).toBe(2)
    expect(counts.at(-1)).toBe(2)
  })

  test('50 different numbers as learning rate make one', async () => {
    const lrs = Array.from(uniform(key(1), [50], { low: 0.01, high: 0.1 }).dataSync({ backend: cpu() }))
    await train(lrs.map((lr) => sgd({ lr, momentum: 0.9 })))
    expect(planCount(backend)).toBe(2)
    await train(lrs.map((lr) => adam({ lr })))
    expect(planCount(backend)).toBe(4)
  })
})

test('10 000 steps hold as many buffers as 100', { timeout: 60_000 }, async () => {
  const held: { [step: number]: number } = {}
  await train(repeated(chain(clipByGlobalNorm(1), adam({ lr: 1e-3 })), 10_000), (i) => {
    held[i + 1] = backend.memory().buffers
  })
  expect(held[10_000]).toBe(held[100])
  // Four tensors of parameters, as many of each moment, and the step.
  expect(held[10_000]).toBe(13)
})

describe('chain', () => {
  const params = { w: tensor([1, 2]) }

  test('hands the updates of each to the next, and keeps a list of states', () => {
    const double: Transform<{ readonly calls: Tensor }> = {
      init: () => ({ calls: tensor(0) }),
      update: (grads, { calls }, _params) => [applyUpdates(grads, grads), { calls: calls.add(1) }],
    }
    const thrice = chain(double, double, sgd({ lr: 0.5 }))
    expectTypeOf(thrice).toEqualTypeOf<Transform<[{ readonly calls: Tensor }, { readonly calls: Tensor }, SgdState]>>()
    const [updates, [a, b, c]] = thrice.update(params, thrice.init(params), params)
    expect([...updates.w.dataSync()]).toEqual([-2, -4])
    expect([a.calls.item(), b.calls.item(), c.step.item()]).toEqual([1, 1, 1])
  })

  test('of nothing hands gradients through', () => {
    expect(chain().update(params, chain().init(params), params)).toEqual([params, []])
  })

  test('refuses the state of another', () => {
    const two = chain(clipByGlobalNorm(1), sgd({ lr: 1 }))
    const update = (state: unknown) => () => two.update(params, state as ReturnType<typeof two.init>, params)
    expect(update([[]])).toThrow(TreeError)
    expect(update([[]])).toThrow(
      'chain: state must be a list of 2, one entry per transform, got a list of 1. Use that from init(params).',
    )
    expect(update(adam().init(params))).toThrow('got object.')
  })
})

describe('applyUpdates', () => {
  test('adds leaf by leaf', () => {
    const moved = applyUpdates(
      [tensor([1, 2]), { b: tensor(3) }] as const,
      [tensor([0.5, -1]), { b: tensor(1) }] as const,
    )
    expect(leaves(moved).map((leaf) => [...leaf.dataSync()])).toEqual([[1.5, 1], [4]])
  })

  test('refuses what would only broadcast', () => {
    expect(() => applyUpdates([tensor([1, 2])], [tensor(1)])).toThrow(
      /^applyUpdates: updates must have the shapes of the parameters, got \[\] for \[2\] at tree\[0\]/,
    )
  })

  test('can be differentiated through, with the optimizer', () => {
    const optimizer = sgd({ lr: 0.1, momentum: 0.5 })
    const afterTwoSteps = (start: Tensor): Tensor => {
      const loss = (p: Tensor) => sum(p.square())
      let [params, opt] = [start, optimizer.init(start)]
      for (let i = 0; i < 2; i++) {
        const [updates, next] = optimizer.update(grad(loss)(params), opt, params)
        params = applyUpdates(params, updates)
        opt = next
      }
      return loss(params)
    }
    // p₁ = 0.8 p, v₂ = 0.5 · 2 p + 1.6 p, p₂ = 0.54 p.
    expect(grad(afterTwoSteps)(tensor(3)).item()).toBeCloseTo(2 * 0.54 ** 2 * 3, 5)
  })
})
