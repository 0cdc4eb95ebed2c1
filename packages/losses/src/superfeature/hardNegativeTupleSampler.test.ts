import { fc, test } from '@fast-check/vitest'
import { key } from '@wengert/core'
import { describeErrors } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { hardNegativeTupleSampler } from './hardNegativeTupleSampler.ts'

/** Classes of enough samples for one tuple at least, and predictions for them. */
const samples = fc
  .array(fc.nat({ max: 4 }), { minLength: 4, maxLength: 30 })
  .map((list) => [0, 0, 1, 2, ...list])
  .chain((list) =>
    fc.tuple(fc.constant(list), fc.array(fc.nat({ max: 4 }), { minLength: list.length, maxLength: list.length })),
  )

describe('hardNegativeTupleSampler', () => {
  test.prop([samples, fc.nat(), fc.integer({ min: 3, max: 4 }), fc.boolean()])(
    'gives an anchor and a positive of one class, negatives of others, and no sample twice',
    ([labels, predictions], seed, tupleSize, predicted) => {
      const options = predicted ? { tupleSize, predictions } : { tupleSize }
      const tuples = hardNegativeTupleSampler(key(seed), labels, options)
      const all = tuples.flat()
      expect(new Set(all).size).toBe(all.length)
      for (const tuple of tuples) {
        expect(tuple.length).toBe(tupleSize)
        const [anchor, positive, ...negatives] = tuple.map((i) => labels[i])
        expect(positive).toBe(anchor)
        expect(negatives).not.toContain(anchor)
      }
      // No class that is left could make one more.
      const left = labels.filter((_, i) => !all.includes(i))
      for (const c of new Set(left)) {
        const own = left.filter((k) => k === c).length
        expect(own >= 2 && left.length - own >= tupleSize - 2).toBe(false)
      }
      expect(hardNegativeTupleSampler(key(seed), labels, options)).toEqual(tuples)
    },
  )

  it('prefers negatives that were taken for the class of the anchor', () => {
    // Each sample of class 0 is predicted rightly; half of the others are taken for it.
    const labels = Array.from({ length: 400 }, (_, i) => (i < 100 ? 0 : 1 + (i % 3)))
    const predictions = labels.map((c, i) => (c > 0 && i % 20 === 0 ? 0 : c))
    const shareOf = (options: { predictions?: number[] }): number => {
      const negatives = Array.from({ length: 60 }, (_, seed) => {
        const tuples = hardNegativeTupleSampler(key(seed), labels, { tupleSize: 4, ...options })
        return tuples.slice(0, 1).flatMap(([anchor, , ...rest]) => (labels[anchor as number] === 0 ? rest : []))
      }).flat()
      return negatives.filter((i) => predictions[i] === 0).length / negatives.length
    }
    const [plain, mined] = [shareOf({}), shareOf({ predictions })]
    expect(plain).toBeLessThan(0.2)
    expect(Math.abs(mined - 0.5)).toBeLessThan(0.25)
  })

  it('draws distinct classes in turn where nothing was predicted', () => {
    const labels = Array.from({ length: 60 }, (_, i) => i % 6)
    for (const tuple of hardNegativeTupleSampler(key(1), labels, { tupleSize: 7 }).slice(0, 3))
      expect(new Set(tuple.slice(2).map((i) => labels[i])).size).toBe(5)
  })
})

describeErrors('hardNegativeTupleSampler', {
  'hardNegativeTupleSampler: tupleSize must be an integer of at least 3, got 2.': () =>
    hardNegativeTupleSampler(key(0), [0, 0, 1], { tupleSize: 2 }),
  'hardNegativeTupleSampler: predictions must be as many as labels, 3, got 1. Give one for each sample.': () =>
    hardNegativeTupleSampler(key(0), [0, 0, 1], { tupleSize: 3, predictions: [0] }),
  'hardNegativeTupleSampler: labels must have two samples of one class and 1 of others, got none such. Lower tupleSize.':
    () => hardNegativeTupleSampler(key(0), [0, 0], { tupleSize: 3 }),
})
