import { fc, test } from '@fast-check/vitest'
import { cpu } from '@wengert/backend-cpu'
import {
  cumSum,
  logSumExp,
  max,
  mean,
  norm,
  softmax,
  softplus,
  sum,
  type Tensor,
  tensor,
  useBackend,
} from '@wengert/core'
import { beforeAll, describe, expect, it } from 'vitest'
import { LawError, labels, laws, logits, shapes, tensors } from './index.ts'

beforeAll(() => useBackend(cpu()))

const rows = shapes({ minRank: 1, maxRank: 3 }).chain((shape) => tensors(shape))
const pairs = shapes({ minRank: 1 }).chain((shape) => fc.tuple(tensors(shape), tensors(shape)))
const batches = fc
  .tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 }))
  .chain(([B, K]) => fc.tuple(logits([B, K]), labels([B], K)))

/** A law with a function that keeps it and one that does not, and arguments for both. */
type Row = readonly [
  name: string,
  args: fc.Arbitrary<readonly unknown[]>,
  right: (...args: never[]) => void,
  wrong: (...args: never[]) => void,
  message: RegExp,
]

const one = rows.map((x) => [x] as const)
const fixed = (...args: readonly Tensor[]): fc.Arbitrary<readonly unknown[]> => fc.constant(args)
const f64 = (data: number[] | number[][]): Tensor => tensor(data, { dtype: 'f64' })

const table: readonly Row[] = [
  [
    'invariant',
    one,
    laws.invariant(
      (x: Tensor) => sum(x.square()),
      (x: Tensor) => [x.neg()],
    ),
    laws.invariant(
      (x: Tensor) => sum(x).add(1),
      (x: Tensor) => [x.mul(2).add(1)],
    ),
    /f must be the same for changed arguments, got .* and .*\.$/,
  ],
  [
    'equivariant',
    one,
    laws.equivariant(
      (x: Tensor) => x.exp(),
      (x: Tensor) => [x.add(1)],
      (y) => y.mul(Math.E),
    ),
    laws.equivariant(
      (x: Tensor) => x.exp(),
      (x: Tensor) => [x.add(1)],
      (y) => y.mul(2.71),
    ),
    /change with its arguments/,
  ],
  [
    'shiftInvariant',
    one,
    laws.shiftInvariant((x: Tensor) => softmax(x)),
    laws.shiftInvariant((x: Tensor) => logSumExp(x)),
    /not change where argument 0 is \+ 3/,
  ],
  [
    'shiftInvariant of two arguments',
    pairs,
    laws.shiftInvariant((a: Tensor, b: Tensor) => a.sub(b), { args: [0, 1], by: -2 }),
    laws.shiftInvariant((a: Tensor, b: Tensor) => a.sub(b), { by: -2 }),
    /argument 0 is \+ -2/,
  ],
  [
    'homogeneous',
    one,
    laws.homogeneous((x: Tensor) => norm(x, { axis: -1 })),
    laws.homogeneous((x: Tensor) => norm(x, { axis: -1 }).add(1)),
    /be 0\.5\^1 times as large where argument 0 is · 0\.5/,
  ],
  [
    'homogeneous of degree 2 in two arguments',
    pairs,
    laws.homogeneous((a: Tensor, b: Tensor) => ({ product: a.mul(b) }), { degree: 2, args: [0, 1] }),
    laws.homogeneous((a: Tensor, b: Tensor) => ({ product: a.mul(b).add(1) }), { degree: 2, args: [0, 1] }),
    /of output\.product/,
  ],
  [
    'permutationInvariant',
    batches,
    laws.permutationInvariant((z: Tensor, y: Tensor) => sum(z, { axis: 0 }).add(sum(y))),
    // The first row counts twice, so that the seed must not leave it first.
    laws.permutationInvariant((z: Tensor, y: Tensor) => sum(cumSum(z.add(y.expandDims(-1)).add(1), { axis: 0 }))),
    /not depend on the order along axis 0/,
  ],
  [
    'permutationEquivariant',
    batches,
    laws.permutationEquivariant((z: Tensor, y: Tensor) => logSumExp(z, { axis: -1 }).add(y)),
    laws.permutationEquivariant((z: Tensor, _: Tensor) => cumSum(z, { axis: 0 })),
    /keep the order along axis 0/,
  ],
  [
    'permutationEquivariant along the last axis',
    one,
    laws.permutationEquivariant((x: Tensor) => softmax(x), { axis: -1 }),
    laws.permutationEquivariant((x: Tensor) => cumSum(x, { axis: -1 }), { axis: -1 }),
    /along axis -1/,
  ],
  [
    'symmetric',
    pairs,
    laws.symmetric((a: Tensor, b: Tensor) => a.sub(b).square()),
    laws.symmetric((a: Tensor, b: Tensor) => a.sub(b)),
    /its first two arguments change places/,
  ],
  [
    'bounded',
    one,
    laws.bounded((x: Tensor) => softmax(x), { min: 0, max: 1, tolerance: 1e-15 }),
    laws.bounded((x: Tensor) => softmax(x), { min: 0, max: 0.5 }),
    /must lie from 0 to 0\.5, got/,
  ],
  [
    'convex',
    pairs,
    laws.convex((x: Tensor) => softplus(x)),
    laws.convex((x: Tensor) => x.square().neg()),
    /below its chords, got .* above .*, t = 0\.25/,
  ],
  [
    'exampleWise',
    batches,
    laws.exampleWise((z: Tensor, y: Tensor) => logSumExp(z, { axis: -1 }).sub(y)),
    laws.exampleWise((z: Tensor, _: Tensor) => z.sub(mean(z)).add(sum(z))),
    /give example 0 its own value/,
  ],
  [
    'tendsTo',
    one,
    laws.tendsTo(
      (t: number) => (x: Tensor) => logSumExp(x.div(t), { axis: -1 }).mul(t),
      (x: Tensor) => max(x, { axis: -1 }),
      { along: [1, 1e-2, 1e-4], tolerance: 1e-3 },
    ),
    laws.tendsTo(
      (t: number) => (x: Tensor) => x.add(t),
      (x: Tensor) => x,
      { along: [1e-3, 1, 1e-3], tolerance: 1e-2 },
    ),
    /come within 0\.01 of its limit at 1, got 1/,
  ],
  [
    'allOf',
    one,
    laws.allOf(
      laws.bounded((x: Tensor) => softmax(x), { min: 0 }),
      laws.shiftInvariant((x: Tensor) => softmax(x)),
    ),
    laws.allOf(
      laws.shiftInvariant((x: Tensor) => softmax(x)),
      laws.bounded((x: Tensor) => softmax(x), { max: 0 }),
    ),
    /laws\.bounded/,
  ],
]

describe.each(table)('the law %s', (_, args, right, wrong, message) => {
  test.prop([args])('lets a function pass that keeps it', (drawn) => {
    right(...(drawn as readonly never[]))
  })

  it('finds a function that does not', () => {
    const { failed, counterexample } = fc.check(fc.property(args, (drawn) => wrong(...(drawn as readonly never[]))))
    expect(failed).toBe(true)
    expect(() => wrong(...(counterexample as unknown as [never[]])[0])).toThrow(LawError)
    expect(() => wrong(...(counterexample as unknown as [never[]])[0])).toThrow(message)
  })
})

describe('laws', () => {
  it('say where they fail most, and with which numbers', () => {
    const law = laws.invariant(
      (x: Tensor) => [x, { y: x.mul(2) }],
      (x: Tensor) => [x.mul(f64([1, 3]))],
    )
    expect(() => law(f64([1, 2]))).toThrow(
      'laws.invariant: f must be the same for changed arguments, got 6 and 2 of output[0] at [1].',
    )
  })

  it('find results of other shapes', () => {
    const law = laws.invariant(
      (x: Tensor) => x,
      (x: Tensor) => [x.expandDims(0)],
    )
    expect(() => law(f64([1, 2]))).toThrow('f must give results of equal shapes, got [1, 2] and [2].')
  })

  it('take NaN for a difference unless both are', () => {
    const law = laws.invariant(
      (x: Tensor) => x.log(),
      (x: Tensor) => [x.neg()],
    )
    expect(() => law(f64([1]))).toThrow('got NaN and 0 at [0]')
    laws.invariant(
      (x: Tensor) => x.mul(Number.NaN),
      (x: Tensor) => [x.neg()],
    )(f64([1]))
  })

  it('count differences above the tolerance only', () => {
    const nudged = (by: number) =>
      laws.invariant(
        (x: Tensor) => x,
        (x: Tensor) => [x.add(by)],
        { tolerance: 1e-6 },
      )
    nudged(0.9e-6)(f64([0.5]))
    expect(() => nudged(1.1e-6)(f64([0.5]))).toThrow(LawError)
    nudged(0.9e-3)(f64([1e3]))
  })

  it('permute for real, by their seed', () => {
    const sees: string[] = []
    const law = (seed: number) =>
      laws.permutationInvariant(
        (x: Tensor) => {
          sees.push([...x.dataSync()].join())
          return sum(x)
        },
        { seed },
      )
    const x = f64([1, 2, 3, 4, 5])
    for (const seed of [0, 0, 1]) law(seed)(x)
    const [a, own, b, , c] = sees
    expect(own).toBe('1,2,3,4,5')
    expect(a).toBe(b)
    expect(new Set([a, c, own]).size).toBe(3)
  })
})

test.prop([fixed(f64([1]), f64([2]))])('laws are properties of fast-check', ([a, b]) => {
  laws.symmetric((x: Tensor, y: Tensor) => x.mul(y))(a as Tensor, b as Tensor)
})
