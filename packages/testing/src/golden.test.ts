import { describe, expect, test } from 'vitest'
import { difference } from './golden.ts'

const inf = Number.POSITIVE_INFINITY

describe('golden figures', () => {
  test.each([
    ['are relative to their own size', [1 + 1e-9, 1e6], [1, 1e6]],
    ['are relative to a thousandth of the largest', [1e-3 + 1e-9, 1e3], [1e-3, 1e3]],
    ['may be off by 1e-14 at zero', [1e-14], [0]],
    ['take NaN for NaN and infinity for infinity', [Number.NaN, inf, -inf], [Number.NaN, inf, -inf]],
    ['ignore the sign of zero', [0], [-0]],
  ])('%s', (_, actual, wanted) => {
    expect(difference(actual, wanted, 1e-9)).toBe('')
  })

  test.each([
    ['is 1.00000001 instead of 1 at element 1', [2, 1 + 1e-8], [2, 1]],
    ['is 1e-13 instead of 0 at element 0', [1e-13], [0]],
    ['is NaN instead of 1 at element 0', [Number.NaN], [1]],
    ['is 1 instead of NaN at element 0', [1], [Number.NaN]],
    ['is -Infinity instead of Infinity at element 0', [-inf], [inf]],
    ['is Infinity instead of 1 at element 0', [inf], [1]],
    ['has 1 elements instead of 2', [1], [1, 2]],
  ])('that differ: %s', (problem, actual, wanted) => {
    expect(difference(actual, wanted, 1e-9)).toBe(problem)
  })
})
