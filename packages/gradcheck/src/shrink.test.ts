import { fc, test } from '@fast-check/vitest'
import { cpu } from '@wengert/backend-cpu'
import { type Tensor, useBackend } from '@wengert/core'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  dyadics,
  logits,
  orthonormals,
  positiveDefinites,
  positives,
  probabilities,
  saturation,
  shapes,
  simplices,
  tensors,
  unitVectors,
} from './index.ts'
import { tensorLiteral } from './tensorLiteral.ts'

beforeAll(() => useBackend(cpu()))

/** The simplest value for which a property fails. */
function shrunk<T>(arbitrary: fc.Arbitrary<T>, fails: (value: T) => boolean, seed = 1): T {
  const { counterexample } = fc.check(
    fc.property(arbitrary, (value) => !fails(value)),
    { seed, numRuns: 10_000 },
  )
  return (counterexample as [T])[0]
}

const numbers = (x: Tensor): number[] => Array.from(x.dataSync())

/** How often a number must be doubled to be whole. */
const bits = (x: number): number =>
  Array.from({ length: 1100 }, (_, i) => i).findIndex((i) => Number.isInteger(x * 2 ** i))

describe('numbers', () => {
  test.prop([fc.double({ min: -2.9, max: 2.9, noNaN: true }), fc.integer({ min: 12, max: 200 }), fc.nat()])(
    'shrink to the coarsest in any window',
    (low, width, seed) => {
      const [from, to] = [low, low + width / 1024]
      const found = shrunk(dyadics({ min: -4, max: 4 }), (x) => x >= from && x <= to, seed)
      const coarsest = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10].find((i) => Math.ceil(from * 2 ** i) <= to * 2 ** i)
      expect(bits(found)).toBe(coarsest)
    },
  )

  it('shrink to the smallest integer beyond a threshold, the positive one', () => {
    expect(shrunk(dyadics({ min: -9, max: 9 }), (x) => Math.abs(x) > 0.3)).toBe(1)
    expect(shrunk(dyadics({ min: -900, max: 900 }), (x) => x < -123.4)).toBe(-124)
    expect(shrunk(dyadics(), () => true)).toBe(0)
  })

  test.prop([fc.nat()])('keep their range, grid and distance while they shrink', (seed) => {
    const drawn = dyadics({ min: -1.1, max: 2.3, step: 1 / 256, avoid: [0, 1, 0.5] })
    const seen: number[] = []
    shrunk(
      drawn,
      (x) => {
        seen.push(x)
        return Math.abs(x) > 0.2
      },
      seed,
    )
    for (const x of seen) {
      expect(x >= -1.1 && x <= 2.3 && Number.isInteger(x * 256)).toBe(true)
      expect(Math.min(Math.abs(x), Math.abs(x - 1), Math.abs(x - 0.5))).toBeGreaterThanOrEqual(1 / 64)
      expect(Object.is(x, -0)).toBe(false)
    }
  })

  it('shrink without context, as examples do', () => {
    const arbitrary = dyadics()
    expect(arbitrary.canShrinkWithoutContext(0.5)).toBe(true)
    expect([arbitrary.canShrinkWithoutContext(4), arbitrary.canShrinkWithoutContext('1')]).toEqual([false, false])
    expect([...arbitrary.shrink(-0.75, undefined)].map(({ value }) => value)).toEqual([0, 0.75, -1, -0.5, -0.25])
  })
})

describe('tensors', () => {
  it('shrink shape first, then elements, each to a short number', () => {
    const any = shapes({ minRank: 1 }).chain((shape) => tensors(shape))
    expect(numbers(shrunk(any, (x) => numbers(x).length > 1))).toEqual([0, 0])
    expect(tensorLiteral(shrunk(any, (x) => x.shape.length > 1))).toBe("tensor([[0]], { dtype: 'f64' })")
    expect(tensorLiteral(shrunk(tensors([2, 2]), (x) => (numbers(x)[2] as number) < -0.1))).toBe(
      "tensor([[0, 0], [-1, 0]], { dtype: 'f64' })",
    )
  })

  test.prop([fc.nat()])('stay distinct while they shrink', (seed) => {
    const seen: number[][] = []
    const last = shrunk(
      tensors([4], { distinct: true }),
      (x) => {
        seen.push(numbers(x))
        return true
      },
      seed,
    )
    for (const list of seen) expect(new Set(list).size).toBe(4)
    expect(Math.max(...numbers(last).map(bits))).toBeLessThanOrEqual(2)
  })

  it('of logits shrink to moderate ones, or keep what matters', () => {
    expect(numbers(shrunk(logits([2, 3]), () => true))).toEqual([0, 0, 0, 0, 0, 0])
    expect(numbers(shrunk(logits([1, 3]), (x) => numbers(x).some((v) => v > 500)))).toContain(501)
    const tied = shrunk(logits([1, 3]), (x) => numbers(x)[0] === numbers(x)[2] && numbers(x)[0] !== 0)
    expect(numbers(tied)).toEqual([1, expect.any(Number), 1])
    const masked = shrunk(logits([2, 3], { masked: true }), (x) => numbers(x).includes(Number.NEGATIVE_INFINITY))
    expect(numbers(masked).filter((v) => v !== 0)).toEqual([Number.NEGATIVE_INFINITY])
  })

  it.each([
    [positives([2]), '[1, 1]'],
    [probabilities([2]), '[0.5, 0.5]'],
    [simplices([1]), '[1]'],
    [simplices([4]), '[0.25, 0.25, 0.25, 0.25]'],
    [simplices([2, 3]), '[[0.5, 0.25, 0.25], [0.5, 0.25, 0.25]]'],
    [unitVectors([2]), '[1, 0]'],
    [orthonormals(2), '[[1, 0], [0, 1]]'],
    [positiveDefinites([2, 2]), '[[0.25, 0], [0, 0.25]]'],
  ])('of a domain shrink to short ones %#', (arbitrary, wanted) => {
    for (const seed of [1, 2, 3])
      expect(tensorLiteral(shrunk(arbitrary, () => true, seed))).toBe(`tensor(${wanted}, { dtype: 'f64' })`)
  })

  test.prop([fc.nat()])('of simplices stay exact while they shrink', (seed) => {
    const seen: number[][] = []
    const last = shrunk(
      simplices([5]),
      (x) => {
        seen.push(numbers(x))
        return (numbers(x)[1] as number) > 0.4
      },
      seed,
    )
    for (const p of seen) expect(p.reduce((a, b) => a + b)).toBe(1)
    expect(numbers(last)[1]).toBeGreaterThan(0.4)
  })
})

describe('logits', () => {
  const draws = (masked: boolean): number[][][] =>
    fc.sample(logits([3, 4], { masked }), { numRuns: 1000, seed: 5 }).map((x) => {
      const all = numbers(x)
      return [all.slice(0, 4), all.slice(4, 8), all.slice(8)]
    })
  const some = (row: number[], f: (v: number) => boolean): boolean => row.some(f)
  const inf = Number.NEGATIVE_INFINITY

  /** What a row may be; how often out of 3000 is no matter of chance. */
  const classes: Record<string, (row: number[]) => boolean> = {
    'moderate numbers only': (row) => row.every((v) => Math.abs(v) <= 8 && Math.abs(v) > 1e-9),
    'all zeros': (row) => row.every((v) => v === 0),
    'one value throughout, not 0': (row) => row.every((v) => v === row[0] && v !== 0),
    'ties beside other values': (row) => new Set(row).size === 2 && row.every((v) => v !== 0),
    'one-hot': (row) => row.filter((v) => v >= 1).length === 1 && row.filter((v) => v === 0).length === 3,
    'subnormal numbers of f64': (row) => some(row, (v) => v !== 0 && Math.abs(v) < 2 ** -1022),
    'subnormal numbers of f32': (row) => some(row, (v) => Math.abs(v) >= 2 ** -149 && Math.abs(v) < 2 ** -126),
    ...Object.fromEntries(saturation.map((s) => [`${s}`, (row: number[]) => row.includes(s) && new Set(row).size > 2])),
  }

  it.each(Object.entries(classes))('have rows of the class %s', (_, is) => {
    expect(draws(false).flat().filter(is).length).toBeGreaterThan(15)
  })

  it('have equal rows', () => {
    const equal = ([a, b, c]: number[][]): boolean => `${a}` === `${b}` && `${b}` === `${c}` && new Set(a).size > 2
    expect(draws(false).filter((x) => equal(x)).length).toBeGreaterThan(15)
  })

  it('have −∞ just where told to, and never throughout a row', () => {
    expect(draws(false).flat(2)).not.toContain(inf)
    const rows = draws(true).flat()
    expect(rows.filter((row) => row.includes(inf)).length).toBeGreaterThan(150)
    expect(rows.filter((row) => row.every((v) => v === inf))).toEqual([])
  })

  test.prop([shapes({ minSize: 0, maxSize: 3 }).chain((shape) => logits(shape).map((x) => [x, shape] as const))])(
    'have their shape, empty axes or none',
    ([x, shape]) => {
      expect(x.shape).toEqual(shape)
    },
  )
})
