import { fc, test } from '@fast-check/vitest'
import { type Tensor, take, tensor, zeros } from '@wengert/core'
import { laws, masks, permutations, tensors } from '@wengert/gradcheck'
import { describeErrors, expectClose, values } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { boxWhiskerFilter } from './boxWhiskerFilter.ts'

const lists = fc.integer({ min: 1, max: 12 }).chain((N) => tensors([N]))
const whiskers = fc.constantFrom(0, 0.25, 1, 1.5)
/** The definition in plain numbers. */
const plain = (list: readonly number[], whisker: number): boolean[] => {
  const sorted = list.toSorted((a, b) => a - b)
  const [q1, q3] = [0.25, 0.75].map((q) => sorted[Math.floor(q * list.length)]) as [number, number]
  return list.map((v) => v >= q1 - whisker * (q3 - q1) && v <= q3 + whisker * (q3 - q1))
}
const keptOf = (x: Tensor, whisker: number): boolean[] => values(boxWhiskerFilter(x, { whisker })).map(Boolean)

describe('boxWhiskerFilter', () => {
  test.prop([lists, whiskers])('keeps what lies within the whiskers', (x, whisker) => {
    expect(keptOf(x, whisker)).toEqual(plain(values(x), whisker))
  })

  test.prop([fc.integer({ min: 1, max: 8 }).chain((N) => fc.tuple(tensors([3, N]), masks([3, N]))), whiskers])(
    'takes each row by itself, and of it what the mask says there is',
    ([x, mask], whisker) => {
      const N = x.shape[1] as number
      const [list, there] = [values(x), values(mask)]
      const expected = [0, 1, 2].flatMap((row) => {
        const at = Array.from({ length: N }, (_, i) => row * N + i)
        const present = at.filter((i) => there[i])
        const kept = plain(
          present.map((i) => list[i] as number),
          whisker,
        )
        return at.map((i) => there[i] === 1 && (kept[present.indexOf(i)] as boolean))
      })
      expect(values(boxWhiskerFilter(x, { whisker, mask })).map(Boolean)).toEqual(expected)
    },
  )

  test.prop([fc.integer({ min: 1, max: 9 }).chain((N) => fc.tuple(tensors([N]), permutations(N))), whiskers])(
    'follows the order of the list, and minds neither shifts nor factors',
    ([x, order], whisker) => {
      laws.equivariant(
        (a: Tensor) => boxWhiskerFilter(a, { whisker }),
        (a: Tensor) => [take(a, order)],
        (kept) => take(kept, order),
      )(x)
      // Powers of 2 and numbers of few digits, which round nothing.
      laws.invariant(
        (a: Tensor) => boxWhiskerFilter(a, { whisker }),
        (a: Tensor) => [a.mul(4).add(16)],
      )(x)
    },
  )

  test.prop([lists, lists])('keeps no less with wider whiskers, all with endless ones', (x) => {
    const [narrow, wide] = [keptOf(x, 0.5), keptOf(x, 1)]
    narrow.forEach((kept, i) => {
      if (kept) expect(wide[i]).toBe(true)
    })
    expectClose(boxWhiskerFilter(x, { whisker: Number.MAX_VALUE }).cast('f64'), 1, 0)
  })

  it('keeps what lies on a whisker, and the only value of a list', () => {
    expect(keptOf(tensor([0, 1, 2, 3, 6]), 1.5)).toEqual([true, true, true, true, true])
    expect(keptOf(tensor([0, 1, 2, 3, 6.5]), 1.5)).toEqual([true, true, true, true, false])
    expect(keptOf(tensor([7]), 0)).toEqual([true])
  })
})

describeErrors('boxWhiskerFilter', {
  'boxWhiskerFilter: whisker must be at least 0, got -1.': () => boxWhiskerFilter(zeros([2]), { whisker: -1 }),
  'boxWhiskerFilter: number of values must be an integer of at least 1, got 0.': () => boxWhiskerFilter(zeros([0])),
  'boxWhiskerFilter: mask must have shape [...S, N], got [3] (...S = [], N = 2). Expected values [...S, N], mask [...S, N].':
    () => boxWhiskerFilter(zeros([2]), { mask: zeros([3], { dtype: 'bool' }) }),
})
