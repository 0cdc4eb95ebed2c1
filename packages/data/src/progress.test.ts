import { describeErrors } from '@wengert/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { progress, progressLine } from './progress.ts'

/** A meter whose clock is set by hand, in seconds. */
function metered(options: { total?: number; span?: number } = {}) {
  const clock = { seconds: 100 }
  const meter = progress({ ...options, now: () => 1000 * clock.seconds })
  return {
    after(seconds: number, units?: number) {
      clock.seconds += seconds
      return meter.advance(units)
    },
  }
}

describe('progress', () => {
  it('shows a constant rate as it is, from the first advance on', () => {
    const steps = fc.array(fc.double({ min: 1e-3, max: 100, noNaN: true }), { minLength: 1, maxLength: 20 })
    fc.assert(
      fc.property(steps, fc.double({ min: 1e-3, max: 1e4, noNaN: true }), (times, rate) => {
        const meter = metered({ total: 1e9 })
        let [done, elapsed] = [0, 0]
        for (const time of times) {
          const far = meter.after(time, rate * time)
          done += rate * time
          elapsed += time
          expect(far.rate / rate).toBeCloseTo(1, 6)
          expect(far.elapsed).toBeCloseTo(elapsed, 6)
          expect(far.done).toBeCloseTo(done, 6)
          expect((far.remaining as number) / ((1e9 - done) / rate)).toBeCloseTo(1, 6)
        }
      }),
    )
  })

  it('forgets the pace of before, within a few spans', () => {
    const meter = metered({ span: 10 })
    for (let i = 0; i < 100; i++) meter.after(1, 5)
    // A tenth of the pace: after one span most of the weight is new, after five all but a hundredth.
    let far = meter.after(0, 0)
    for (let i = 0; i < 10; i++) far = meter.after(1, 0.5)
    expect(far.rate).toBeCloseTo(0.5 + 4.5 * Math.exp(-1), 1)
    for (let i = 0; i < 40; i++) far = meter.after(1, 0.5)
    expect(far.rate).toBeCloseTo(0.5 + 4.5 * Math.exp(-5), 1)
  })

  it('knows no remaining time without a total or a rate, and none below 0', () => {
    expect(metered().after(1).remaining).toBeNull()
    expect(metered({ total: 5 }).after(0, 1)).toEqual({ done: 1, total: 5, elapsed: 0, rate: 0, remaining: null })
    expect(metered({ total: 5 }).after(1, 7).remaining).toBe(0)
    expect(metered({ total: 5 }).after(-3, 1)).toMatchObject({ rate: 0, remaining: null })
  })

  it('has a clock of its own', () => {
    expect(progress({ total: 2 }).advance().elapsed).toBeLessThan(1)
  })

  describeErrors('progress', {
    'progress: total must be an integer of at least 0, got 1.5.': () => progress({ total: 1.5 }),
    'progress: span must be greater than 0, got 0.': () => progress({ span: 0 }),
    'advance: units must be at least 0, got -1.': () => progress().advance(-1),
  })
})

describe('progressLine', () => {
  const far = { done: 30, total: 120, elapsed: 15.2, rate: 2.04, remaining: 4500 }
  it.each([
    [far, { width: 48 }, '████░░░░░░░░░░░   30/120  2.04/s  15 s + 1:15:00'],
    [
      far,
      { width: 60, name: 'epoch 3', unit: 'steps', news: 'loss 1.2' },
      'epoch 3  ██░░░░░░   30/120 steps  2.04/s  15 s + 1:15:00  lo',
    ],
    [{ ...far, total: null, remaining: null, rate: 12_345 }, { unit: 'rows' }, '30 rows  12.3k/s  15 s'],
    [{ ...far, total: null, remaining: null, rate: 2.5e6, elapsed: 125 }, {}, '30  2.5M/s  2:05'],
    [{ done: 0, total: 0, elapsed: 0, rate: 0, remaining: null }, { width: 30 }, '█████████████  0/0  0/s  0.0 s'],
  ])('says it in a line: %#', (progress, options, line) => {
    expect(progressLine(progress, options)).toBe(line)
  })

  it('fills the width exactly where there is a bar, and never goes beyond', () => {
    const numbers = fc.record({
      done: fc.nat({ max: 1e6 }),
      total: fc.option(fc.nat({ max: 1e6 })),
      elapsed: fc.double({ min: 0, max: 1e6, noNaN: true }),
      rate: fc.double({ min: 0, max: 1e9, noNaN: true }),
      remaining: fc.option(fc.double({ min: 0, max: 1e6, noNaN: true })),
    })
    fc.assert(
      fc.property(numbers, fc.integer({ min: 1, max: 200 }), (far, width) => {
        const line = progressLine(far, { width })
        expect(line.length).toBeLessThanOrEqual(width)
        if (far.total === null) return
        if (width > 70) expect(line.length).toBe(width)
        const bar = line.match(/^█*░*/)?.[0].length ?? 0
        const full = line.match(/^█*/)?.[0].length ?? 0
        if (width > 70 && far.total > 0)
          expect(Math.abs(full / bar - Math.min(1, far.done / far.total))).toBeLessThanOrEqual(0.5 / bar + 1e-9)
      }),
    )
  })
})
