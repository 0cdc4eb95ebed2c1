import { fc, test } from '@fast-check/vitest'
import { cpu } from '@wengert/backend-cpu'
import { tensor, useBackend } from '@wengert/core'
import {
  away,
  descend,
  describeErrors,
  describeOptimizer,
  eachElement,
  gradientLists,
  lists,
  numbers,
  type OptimizerRun,
  type Reference,
} from '@wengert/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import { adagrad, lion, rmsprop, sgd } from './index.ts'

beforeAll(() => useBackend(cpu()))

const rates = fc.double({ min: 1e-4, max: 1, noNaN: true })
// In thousandths: with a share near 0, f32 loses what decides a sign.
const shares = fc.integer({ min: 0, max: 999 }).map((thousandths) => thousandths / 1000)
const small = fc.double({ min: 1e-10, max: 1e-2, noNaN: true })

const lionReference = (lr: number, beta1: number, beta2: number, decay: number): Reference =>
  eachElement(() => {
    let mean = 0
    return (p, g) => {
      const direction = Math.sign(beta1 * mean + (1 - beta1) * g)
      mean = beta2 * mean + (1 - beta2) * g
      return p - lr * (direction + decay * p)
    }
  })

/** torch.optim.RMSprop, line by line. */
const rmspropReference = (lr: number, alpha: number, eps: number, momentum: number, centered: boolean): Reference =>
  eachElement(() => {
    let [squares, mean, buffer] = [0, 0, 0]
    return (p, g) => {
      squares = alpha * squares + (1 - alpha) * g * g
      let average = squares
      if (centered) {
        mean = alpha * mean + (1 - alpha) * g
        average = Math.max(0, squares - mean * mean)
      }
      const direction = g / (Math.sqrt(average) + eps)
      buffer = momentum * buffer + direction
      return p - lr * buffer
    }
  })

/** torch.optim.Adagrad without lr_decay, line by line. */
const adagradReference = (lr: number, eps: number, initial: number): Reference =>
  eachElement(() => {
    let total = initial
    return (p, g) => {
      total += g * g
      return p - (lr * g) / (Math.sqrt(total) + eps)
    }
  })

const rows: Record<string, fc.Arbitrary<OptimizerRun>> = {
  lion: fc
    .record({ lr: rates, beta1: shares, beta2: shares, weightDecay: fc.oneof(fc.constant(0), rates) })
    .map(({ lr, beta1, beta2, weightDecay }) => ({
      transform: lion({ lr, beta1, beta2, weightDecay }),
      reference: lionReference(lr, beta1, beta2, weightDecay),
    })),
  'lion with defaults': fc.constant({ transform: lion(), reference: lionReference(1e-4, 0.9, 0.99, 0) }),
  rmsprop: fc.record({ lr: rates, decay: shares, eps: small, momentum: shares }).map((options) => ({
    transform: rmsprop(options),
    reference: rmspropReference(options.lr, options.decay, options.eps, options.momentum, false),
  })),
  'rmsprop with defaults': fc.constant({
    transform: rmsprop(),
    reference: rmspropReference(1e-2, 0.99, 1e-8, 0, false),
  }),
  // Little spread is a difference of near numbers, which rounding decides: a large eps stands above it.
  'rmsprop, centered': fc.record({ lr: rates, decay: shares, momentum: shares }).map((options) => ({
    transform: rmsprop({ ...options, eps: 0.1, centered: true }),
    reference: rmspropReference(options.lr, options.decay, 0.1, options.momentum, true),
  })),
  adagrad: fc.record({ lr: rates, eps: small, initial: fc.oneof(fc.constant(0), rates) }).map((options) => ({
    transform: adagrad(options),
    reference: adagradReference(options.lr, options.eps, options.initial),
  })),
  'adagrad with defaults': fc.constant({ transform: adagrad(), reference: adagradReference(1e-2, 1e-10, 0) }),
}
for (const [name, options] of Object.entries(rows)) describeOptimizer(name, options, { share: 0.3 })

describe('laws', () => {
  const f64 = (list: readonly number[]) => tensor(list, { dtype: 'f64' })
  const scales = fc.double({ min: 1e-3, max: 1e3, noNaN: true })

  test.prop([scales, lists(3), gradientLists(3)])(
    'the scale of gradients: lion, rmsprop and adagrad do not see it',
    (scale, start, gradients) => {
      // A power of two scales without rounding, so that no sign depends on it.
      const factor = 2 ** Math.round(Math.log2(scale))
      for (const transform of [
        lion({ lr: 0.1 }),
        rmsprop({ eps: 1e-100, momentum: 0.5 }),
        rmsprop({ eps: 1e-100, centered: true, decay: 0.5 }),
        adagrad({ eps: 1e-100 }),
      ]) {
        const run = (factor: number) =>
          numbers(
            descend(
              transform,
              f64(start),
              gradients.map((g) => f64(g.map((v) => v * factor))),
            ),
          )
        expect(away(run(factor), run(1))).toBeLessThan(1e-9)
      }
    },
  )

  test.prop([lists(3)])('a gradient of 0 moves nothing', (start) => {
    for (const transform of [lion(), rmsprop({ momentum: 0.9 }), rmsprop({ centered: true }), adagrad()])
      expect(numbers(descend(transform, f64(start), Array(3).fill(f64([0, 0, 0]))))).toEqual(start.map((v) => v + 0))
  })

  test.prop([rates, lists(3), lists(3)])('lion moves each element by lr, whatever its gradient', (lr, start, g) => {
    const moved = numbers(descend(lion({ lr }), f64(start), [f64(g)]))
    expect(
      away(
        moved,
        start.map((p, i) => p - lr * Math.sign(g[i] as number)),
      ),
    ).toBeLessThan(1e-15)
  })

  test.prop([rates, lists(3), lists(3)])(
    'adagrad takes its first step by lr, its fourth by half of it',
    (lr, start, g) => {
      const grads = Array<typeof start>(4).fill(g).map(f64)
      const at = (steps: number) => numbers(descend(adagrad({ lr, eps: 1e-100 }), f64(start), grads.slice(0, steps)))
      const [third, fourth] = [at(3), at(4)]
      expect(
        away(
          fourth,
          third.map((p, i) => p - (lr / 2) * Math.sign(g[i] as number)),
        ),
      ).toBeLessThan(1e-12)
    },
  )

  it('rmsprop that keeps nothing divides gradients by themselves; centered, by nothing but eps', () => {
    const step = (centered: boolean) =>
      numbers(descend(rmsprop({ lr: 1, decay: 0, eps: 0.5, centered }), f64([0, 0]), [f64([2, -4])]))
    expect(away(step(false), [-2 / 2.5, 4 / 4.5])).toBeLessThan(1e-15)
    expect(away(step(true), [-4, 8])).toBeLessThan(1e-15)
  })

  test.prop([rates, lists(3), gradientLists(3)])(
    'rmsprop with a large eps is sgd with momentum and lr / eps',
    (lr, start, gradients) => {
      const grads = gradients.map(f64)
      const along = descend(rmsprop({ lr: lr * 1e12, eps: 1e12, momentum: 0.9 }), f64(start), grads)
      expect(away(numbers(along), numbers(descend(sgd({ lr, momentum: 0.9 }), f64(start), grads)))).toBeLessThan(1e-9)
    },
  )

  it('centered rmsprop stays finite where rounding takes the spread below 0', () => {
    const same = Array(50).fill(tensor([0.1, 0.3, 1 / 3]))
    expect(
      numbers(descend(rmsprop({ centered: true, decay: 0.1 }), tensor([0, 0, 0]), same)).every(Number.isFinite),
    ).toBe(true)
  })
})

describeErrors('options', {
  'lion: lr must be positive and finite, got 0.': () => lion({ lr: 0 }),
  'lion: beta1 must be at least 0 and less than 1, got 1.': () => lion({ beta1: 1 }),
  'lion: beta2 must be at least 0 and less than 1, got -1.': () => lion({ beta2: -1 }),
  'lion: weightDecay must be finite and at least 0, got -1.': () => lion({ weightDecay: -1 }),
  'rmsprop: lr must be positive and finite, got NaN.': () => rmsprop({ lr: Number.NaN }),
  'rmsprop: decay must be at least 0 and less than 1, got 1.': () => rmsprop({ decay: 1 }),
  'rmsprop: eps must be positive and finite, got 0.': () => rmsprop({ eps: 0 }),
  'rmsprop: momentum must be at least 0 and less than 1, got 2.': () => rmsprop({ momentum: 2 }),
  'adagrad: lr must be positive and finite, got -1.': () => adagrad({ lr: -1 }),
  'adagrad: eps must be positive and finite, got Infinity.': () => adagrad({ eps: Number.POSITIVE_INFINITY }),
  'adagrad: initial must be finite and at least 0, got -0.1.': () => adagrad({ initial: -0.1 }),
})
