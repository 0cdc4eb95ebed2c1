import { fc, test } from '@fast-check/vitest'
import { cpu } from '@wengert/backend-cpu'
import {
  grad,
  key,
  matmul,
  normal,
  state,
  sum,
  type Tensor,
  tensor,
  useBackend,
  ValueError,
  zerosLike,
} from '@wengert/core'
import {
  away,
  descend,
  describeOptimizer,
  eachElement,
  gradientLists,
  lists,
  numbers,
  type OptimizerRun,
  type Reference,
} from '@wengert/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import { adam, adamw, applyUpdates, chain, cosineDecay, sgd, type Transform, weightDecay } from './index.ts'

beforeAll(() => useBackend(cpu()))

const rates = fc.double({ min: 1e-4, max: 1, noNaN: true })
const shares = fc.oneof(fc.constantFrom(0, 0.9, 0.999), fc.double({ min: 0, max: 0.999, noNaN: true }))

/** torch.optim.SGD, line by line. */
const sgdReference = (lr: number, { momentum = 0, dampening = 0, nesterov = false, decay = 0 }): Reference =>
  eachElement(() => {
    let buffer: number | undefined
    return (p, gradient) => {
      let g = gradient + decay * p
      if (momentum !== 0) {
        buffer = buffer === undefined ? g : momentum * buffer + (1 - dampening) * g
        g = nesterov ? g + momentum * buffer : buffer
      }
      return p - lr * g
    }
  })

/** torch.optim.AdamW, line by line; Adam where the decay is 0. */
const adamReference = (lr: number, beta1: number, beta2: number, eps: number, decay: number): Reference =>
  eachElement(() => {
    let average = 0
    let averageOfSquares = 0
    return (p, g, t) => {
      const shrunk = p * (1 - lr * decay)
      average = beta1 * average + (1 - beta1) * g
      averageOfSquares = beta2 * averageOfSquares + (1 - beta2) * g * g
      const correction1 = 1 - beta1 ** t
      const correction2 = 1 - beta2 ** t
      const denominator = Math.sqrt(averageOfSquares) / Math.sqrt(correction2) + eps
      return shrunk - ((lr / correction1) * average) / denominator
    }
  })

const adamOptions = fc.record({
  lr: rates,
  beta1: shares,
  beta2: shares,
  eps: fc.double({ min: 1e-10, max: 1e-2, noNaN: true }),
})

/** Every optimizer, with random options, beside its definition. */
const rows: Record<string, fc.Arbitrary<OptimizerRun>> = {
  sgd: rates.map((lr) => ({ transform: sgd({ lr }), reference: sgdReference(lr, {}) })),
  'sgd with momentum': fc
    .record({ lr: rates, momentum: shares, dampening: shares })
    .map(({ lr, ...options }) => ({ transform: sgd({ lr, ...options }), reference: sgdReference(lr, options) })),
  'sgd with Nesterov momentum': fc
    .record({ lr: rates, momentum: fc.double({ min: 0.1, max: 0.99, noNaN: true }) })
    .map(({ lr, momentum }) => ({
      transform: sgd({ lr, momentum, nesterov: true }),
      reference: sgdReference(lr, { momentum, nesterov: true }),
    })),
  'sgd after weightDecay': fc.record({ lr: rates, decay: shares, momentum: shares }).map(({ lr, decay, momentum }) => ({
    transform: chain(weightDecay(decay), sgd({ lr, momentum })),
    reference: sgdReference(lr, { momentum, decay }),
  })),
  adam: adamOptions.map((options) => ({
    transform: adam(options),
    reference: adamReference(options.lr, options.beta1, options.beta2, options.eps, 0),
  })),
  'adam with defaults': fc.constant({ transform: adam(), reference: adamReference(1e-3, 0.9, 0.999, 1e-8, 0) }),
  adamw: fc.tuple(adamOptions, shares).map(([options, decay]) => ({
    transform: adamw({ ...options, weightDecay: decay }),
    reference: adamReference(options.lr, options.beta1, options.beta2, options.eps, decay),
  })),
  'adamw with defaults': fc.constant({ transform: adamw(), reference: adamReference(1e-3, 0.9, 0.999, 1e-8, 0.01) }),
}

const vectors = lists(3)

/** Three numbers as a tree with a matrix and a scalar in it. */
type Nested = { readonly layers: readonly [{ readonly weight: Tensor }, readonly []]; readonly scale: Tensor }

const nested = ([a = 0, b = 0, c = 0]: readonly number[], dtype: 'f32' | 'f64' = 'f64'): Nested => ({
  layers: [{ weight: tensor([[a, b]], { dtype }) }, []],
  scale: tensor(c, { dtype }),
})

for (const [name, runs] of Object.entries(rows)) describeOptimizer(name, runs, { tolerance: 1e-11 })

describe('laws between optimizers', () => {
  test.prop([rates, vectors, gradientLists(3)])('adamw without decay is adam', (lr, start, gradients) => {
    const trees = gradients.map((g) => nested(g))
    const plain = descend(adam({ lr }), nested(start), trees)
    expect(numbers(descend(adamw({ lr, weightDecay: 0 }), nested(start), trees))).toEqual(numbers(plain))
  })

  test.prop([rates, vectors, gradientLists(3)])(
    'a number is the schedule that always gives it',
    (lr, start, gradients) => {
      const trees = gradients.map((g) => nested(g))
      const always = (step: Tensor) => zerosLike(step).add(lr)
      const pairs: [Transform<unknown>, Transform<unknown>][] = [
        [sgd({ lr, momentum: 0.9 }), sgd({ lr: always, momentum: 0.9 })],
        [adamw({ lr }), adamw({ lr: always })],
      ]
      for (const [number, schedule] of pairs)
        expect(numbers(descend(schedule, nested(start), trees))).toEqual(numbers(descend(number, nested(start), trees)))
    },
  )

  test.prop([fc.double({ min: 1e-3, max: 1e3, noNaN: true }), vectors, gradientLists(3)])(
    'adam does not see the scale of the gradients',
    (scale, start, gradients) => {
      const run = (factor: number) =>
        numbers(
          descend(
            adam({ lr: 0.1, eps: 1e-100 }),
            nested(start),
            gradients.map((g) => nested(g.map((v) => v * factor + factor))),
          ),
        )
      expect(away(run(scale), run(1))).toBeLessThan(1e-9)
    },
  )

  it('the first step of adam is lr along each coordinate, to the last digits of f32', () => {
    const [updates] = adam({ lr: 1 }).update(tensor([5, -1e-3, 0]), adam().init(tensor([0, 0, 0])), tensor([0, 0, 0]))
    const [a, b, c] = updates.dataSync()
    expect(Math.abs((a as number) + 1)).toBeLessThan(3e-7)
    expect(Math.abs((b as number) - 1 + 1e-5)).toBeLessThan(3e-7)
    expect(Math.abs(c as number)).toBe(0)
  })

  test.prop([vectors])('a gradient of 0 moves nothing', (start) => {
    for (const transform of [sgd({ lr: 1, momentum: 0.9 }), adam()])
      expect(numbers(descend(transform, nested(start), Array(3).fill(nested([0, 0, 0]))))).toEqual(
        start.map((v) => v + 0),
      )
  })
})

/** ½ xᵀ A x − bᵀ x with A well conditioned, and its minimum. */
function quadratic(seed: number): { objective: (x: Tensor) => Tensor; start: Tensor; best: Tensor } {
  const n = 6
  const m = normal(key(seed), [n, n], { dtype: 'f64' })
  const diagonal = tensor(
    Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_, j) => Number(i === j))),
    { dtype: 'f64' },
  )
  const a = matmul(m, m.transpose()).div(n).add(diagonal)
  const best = normal(key(seed + 1), [n], { dtype: 'f64' })
  const objective = (x: Tensor) => sum(matmul(a, x.sub(best)).mul(x.sub(best))).mul(0.5)
  return { objective, start: normal(key(seed + 2), [n], { dtype: 'f64' }), best }
}

describe.each<[string, Transform<unknown>]>([
  ['sgd', sgd({ lr: 0.1 })],
  ['sgd with momentum', sgd({ lr: 0.05, momentum: 0.8 })],
  ['sgd with Nesterov momentum', sgd({ lr: 0.05, momentum: 0.8, nesterov: true })],
  ['adam', adam({ lr: cosineDecay({ initial: 0.3, steps: 200 }) })],
  ['adamw', adamw({ lr: cosineDecay({ initial: 0.3, steps: 200 }), weightDecay: 0 })],
])('%s', (_, optimizer) => {
  test.prop([fc.nat(1e6)], { numRuns: 5 })('finds the minimum of a random quadratic', async (seed) => {
    const { objective, start, best } = quadratic(seed)
    const training = state({ params: start, opt: optimizer.init(start) })
    for (let i = 0; i < 200; i++)
      await training.update(({ params, opt }) => {
        const [updates, next] = optimizer.update(grad(objective)(params), opt, params)
        return [{ params: applyUpdates(params, updates), opt: next }, []]
      })
    const left = sum(training.value.params.sub(best).square()).item() / sum(start.sub(best).square()).item()
    expect(left).toBeLessThan(1e-4)
  })
})

describe('options', () => {
  const bad: [() => unknown, string][] = [
    [() => sgd({ lr: 0 }), 'sgd: lr must be positive and finite, got 0.'],
    [() => sgd({ lr: -1 }), 'sgd: lr must be positive and finite, got -1.'],
    [() => sgd({ lr: Number.NaN }), 'sgd: lr must be positive and finite, got NaN.'],
    [() => sgd({ lr: Number.POSITIVE_INFINITY }), 'sgd: lr must be positive and finite, got Infinity.'],
    [() => sgd({ lr: 1, momentum: 1 }), 'sgd: momentum must be at least 0 and less than 1, got 1.'],
    [() => sgd({ lr: 1, dampening: -0.1 }), 'sgd: dampening must be at least 0 and less than 1, got -0.1.'],
    [
      () => sgd({ lr: 1, nesterov: true }),
      'sgd: nesterov must come with momentum and without dampening, got momentum 0 and dampening 0.',
    ],
    [
      () => sgd({ lr: 1, momentum: 0.5, dampening: 0.5, nesterov: true }),
      'sgd: nesterov must come with momentum and without dampening',
    ],
    [() => adam({ lr: 0 }), 'adam: lr must be positive and finite, got 0.'],
    [() => adam({ beta1: 1 }), 'adam: beta1 must be at least 0 and less than 1, got 1.'],
    [() => adam({ beta2: -1 }), 'adam: beta2 must be at least 0 and less than 1, got -1.'],
    [() => adam({ eps: 0 }), 'adam: eps must be positive and finite, got 0.'],
    [() => adamw({ beta2: 2 }), 'adamw: beta2 must be at least 0 and less than 1, got 2.'],
    [() => adamw({ weightDecay: -1 }), 'adamw: weightDecay must be finite and at least 0, got -1.'],
    [() => weightDecay(Number.POSITIVE_INFINITY), 'weightDecay: rate must be finite and at least 0, got Infinity.'],
  ]
  it.each(bad)('%s throws', (make, message) => {
    expect(make).toThrow(ValueError)
    expect(make).toThrow(message)
  })

  it('a schedule must return a scalar', () => {
    const optimizer = sgd({ lr: (step) => step.add(tensor([1, 2])) })
    const x = tensor([1, 2])
    expect(() => optimizer.update(x, optimizer.init(x), x)).toThrow(
      'sgd: lr must be a schedule that returns a scalar, got shape [2].',
    )
  })
})
