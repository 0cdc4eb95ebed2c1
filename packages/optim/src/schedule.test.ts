import { fc, test } from '@fast-check/vitest'
import { cpu } from '@wengert/backend-cpu'
import { type DType, tensor, useBackend, ValueError } from '@wengert/core'
import { beforeAll, describe, expect, it } from 'vitest'
import { cosineDecay, type Schedule, stepDecay, warmup } from './index.ts'

beforeAll(() => useBackend(cpu()))

const at = (schedule: Schedule, step: number, dtype: DType = 'f64'): number => schedule(tensor(step, { dtype })).item()

const rates = fc.double({ min: 1e-4, max: 1, noNaN: true })
const counts = fc.integer({ min: 1, max: 500 })

describe('cosineDecay', () => {
  test.prop([rates, rates, counts, fc.nat(600)])('is its formula', (initial, final, steps, t) => {
    const expected = final + (initial - final) * 0.5 * (1 + Math.cos(Math.PI * Math.min(t / steps, 1)))
    expect(at(cosineDecay({ initial, steps, final }), t)).toBeCloseTo(expected, 12)
    expect(at(cosineDecay({ initial, steps, final }), t, 'f32')).toBeCloseTo(expected, 5)
  })

  test.prop([rates, counts])('goes from the initial to the final rate and stays there', (initial, steps) => {
    const schedule = cosineDecay({ initial, steps, final: initial / 10 })
    expect(at(schedule, 0)).toBeCloseTo(initial, 14)
    for (const t of [steps, steps + 1, 10 * steps]) expect(at(schedule, t)).toBeCloseTo(initial / 10, 14)
    expect(at(cosineDecay({ initial, steps }), steps)).toBeCloseTo(0, 14)
  })

  test.prop([rates, counts, fc.nat(499)])('never rises towards a lower rate', (initial, steps, t) => {
    const schedule = cosineDecay({ initial, steps })
    expect(at(schedule, t + 1)).toBeLessThanOrEqual(at(schedule, t))
  })
})

describe('stepDecay', () => {
  test.prop([rates, counts, fc.double({ min: 0.1, max: 1, noNaN: true }), fc.nat(2000)])(
    'is its formula',
    (initial, every, factor, t) => {
      const expected = initial * factor ** Math.floor(t / every)
      expect(at(stepDecay({ initial, every, factor }), t)).toBeCloseTo(expected, 12)
    },
  )

  test.prop([counts, fc.integer({ min: 1, max: 2000 })])(
    'changes at multiples of its length, in f32 too',
    (every, k) => {
      const schedule = stepDecay({ initial: 1, every, factor: 0.999 })
      const [before, after] = [at(schedule, k * every - 1, 'f32'), at(schedule, k * every, 'f32')]
      expect(before).toBeCloseTo(0.999 ** (k - 1), 5)
      expect(after).toBeCloseTo(0.999 ** k, 5)
      expect(after).toBeLessThan(before)
    },
  )
})

describe('warmup', () => {
  test.prop([rates, counts, fc.nat(600)])('rises evenly to a number', (rate, steps, t) => {
    const expected = rate * Math.min((t + 1) / (steps + 1), 1)
    expect(at(warmup(rate, { steps }), t)).toBeCloseTo(expected, 12)
    expect(at(warmup(rate, { steps }), t)).toBeGreaterThan(0)
  })

  test.prop([rates, counts, counts, fc.nat(600)])('then goes on as the schedule', (initial, steps, length, t) => {
    const schedule = cosineDecay({ initial, steps: length })
    expect(at(warmup(schedule, { steps }), steps + t)).toBe(at(schedule, t))
  })

  test.prop([rates, counts, fc.nat(499)])('never falls before its end', (initial, steps, t) => {
    const schedule = warmup(cosineDecay({ initial, steps: 10 }), { steps })
    const early = Math.min(t, steps - 1)
    expect(at(schedule, early + 1)).toBeGreaterThan(at(schedule, early))
    expect(at(schedule, steps)).toBeCloseTo(initial, 14)
  })
})

it.each(['f32', 'f64'] as const)('a schedule has the dtype of its step, %s', (dtype) => {
  const schedules = [
    cosineDecay({ initial: 1, steps: 3 }),
    stepDecay({ initial: 1, every: 3, factor: 0.5 }),
    warmup(0.1, { steps: 3 }),
    warmup(cosineDecay({ initial: 1, steps: 3 }), { steps: 2 }),
  ]
  for (const schedule of schedules) {
    const rate = schedule(tensor(1, { dtype }))
    expect([rate.dtype, rate.shape]).toEqual([dtype, []])
  }
})

const bad: [() => unknown, string][] = [
  [() => cosineDecay({ initial: 0, steps: 1 }), 'cosineDecay: initial must be positive and finite, got 0.'],
  [() => cosineDecay({ initial: 1, steps: 0 }), 'cosineDecay: steps must be an integer of at least 1, got 0.'],
  [() => cosineDecay({ initial: 1, steps: 1, final: -1 }), 'cosineDecay: final must be finite and at least 0, got -1.'],
  [
    () => stepDecay({ initial: Number.NaN, every: 1, factor: 1 }),
    'stepDecay: initial must be positive and finite, got NaN.',
  ],
  [
    () => stepDecay({ initial: 1, every: 1.5, factor: 1 }),
    'stepDecay: every must be an integer of at least 1, got 1.5.',
  ],
  [() => stepDecay({ initial: 1, every: 1, factor: 0 }), 'stepDecay: factor must be positive and finite, got 0.'],
  [() => warmup(-1, { steps: 1 }), 'warmup: schedule must be positive and finite, got -1.'],
  [() => warmup(1, { steps: -1 }), 'warmup: steps must be an integer of at least 1, got -1.'],
]

it.each(bad)('%s throws', (make, message) => {
  expect(make).toThrow(ValueError)
  expect(make).toThrow(message)
})
