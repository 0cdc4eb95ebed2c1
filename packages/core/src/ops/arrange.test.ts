import { fc, test } from '@fast-check/vitest'
import { cpu } from '@wengert/backend-cpu'
import { checkGradients, shapes } from '@wengert/gradcheck'
import { agrees, describeErrors, type Field, fieldOf, laidOut } from '@wengert/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import * as w from '../index.ts'

beforeAll(() => w.useBackend(cpu()))

/** One rearrangement, as core does it and as its definition says. */
interface Move {
  readonly apply: (x: w.Tensor) => w.Tensor
  readonly define: (field: Field) => Field
}

const moves: Record<string, (shape: w.Shape) => fc.Arbitrary<Move>> = {
  flip: (shape) =>
    fc.subarray(shape.map((_, i) => i)).map((axes) => ({
      apply: (x) => w.flip(x, { axis: axes }),
      define: ({ shape, at }) => ({
        shape,
        at: (index) => at(index.map((i, axis) => (axes.includes(axis) ? (shape[axis] as number) - 1 - i : i))),
      }),
    })),
  roll: (shape) =>
    fc
      .record({ axis: fc.nat({ max: shape.length - 1 }), shift: fc.integer({ min: -9, max: 9 }) })
      .map(({ axis, shift }) => ({
        apply: (x) => w.roll(x, shift, { axis }),
        define: ({ shape, at }) => ({
          shape,
          at: (index) => {
            const n = shape[axis] as number
            return at(index.with(axis, ((((index[axis] as number) - shift) % n) + n) % n))
          },
        }),
      })),
  tile: (shape) =>
    fc.array(fc.nat({ max: 3 }), { maxLength: 4 }).map((repeats) => {
      const rank = Math.max(shape.length, repeats.length)
      const sizes = [...new Array<number>(rank - shape.length).fill(1), ...shape]
      const times = [...new Array<number>(rank - repeats.length).fill(1), ...repeats]
      return {
        apply: (x) => w.tile(x, repeats),
        define: ({ at }) => ({
          shape: sizes.map((n, i) => n * (times[i] as number)),
          at: (index) => at(index.map((i, axis) => i % (sizes[axis] as number)).slice(rank - shape.length)),
        }),
      }
    }),
  pad: (shape) =>
    fc
      .record({
        padding: fc.tuple(...shape.map(() => fc.tuple(fc.nat({ max: 2 }), fc.nat({ max: 2 })))),
        value: fc.constantFrom(0, 0.5, Number.NEGATIVE_INFINITY, Number.NaN),
      })
      .map(({ padding, value }) => ({
        apply: (x) => w.pad(x, padding, { value }),
        define: ({ shape, at }) => ({
          shape: shape.map((n, i) => n + (padding[i]?.[0] ?? 0) + (padding[i]?.[1] ?? 0)),
          at: (index) => {
            const inner = index.map((i, axis) => i - (padding[axis]?.[0] ?? 0))
            return inner.every((i, axis) => i >= 0 && i < (shape[axis] as number)) ? at(inner) : value
          },
        }),
      })),
}

describe.each(Object.entries(moves))('%s', (_, move) => {
  const cases = (minSize: number) =>
    shapes({ minRank: 1, minSize, maxSize: 3 }).chain((shape) => fc.tuple(laidOut(shape), move(shape)))

  test.prop([cases(0)])('moves elements as its definition says', ([x, { apply, define }]) => {
    const expected = define(fieldOf(x))
    expect(agrees(apply(x), expected, 0)).toBe(true)
    expect(agrees(apply(x).mul(2), { shape: expected.shape, at: (index) => 2 * expected.at(index) }, 0)).toBe(true)
  })

  test.prop([cases(1)])('has right derivatives', ([x, { apply }]) => {
    // What is padded with an infinity has no slopes to compare.
    checkGradients(
      (v: w.Tensor) => {
        const y = apply(v.square())
        return w.where(w.isFinite(y), y, 0)
      },
      [x],
    )
  })
})

describe('a flipped tensor', () => {
  const cases = shapes({ minRank: 2, maxRank: 3, maxSize: 3 }).chain((shape) => laidOut(shape))

  test.prop([cases])('is reduced, multiplied, cut and reshaped like its copy', (x) => {
    const flipped = w.flip(x)
    const copy = w.tensor(flipped.dataSync(), { shape: x.shape })
    const programs: ((v: w.Tensor) => w.Tensor)[] = [
      (v) => w.sum(v, { axis: 0 }),
      (v) => w.max(v, { axis: -1 }),
      (v) => w.matmul(v, v.transpose()),
      (v) => v.reshape([-1]).slice([1]),
      (v) => w.flip(v.reshape([1, -1, 1]), { axis: 1 }),
      (v) => w.concat([v, v.transpose().transpose()]),
      (v) => w.cumSum(v, { axis: 0 }),
      (v) => w.argSort(v),
      (v) =>
        w.pad(
          v,
          v.shape.map(() => [1, 0] as const),
        ),
      (v) => v.broadcastTo([2, ...v.shape]).add(v),
    ]
    for (const program of programs) expect(program(flipped).dataSync()).toEqual(program(copy).dataSync())
  })
})

it('flip turns all axes without options', () => {
  expect(
    w
      .flip(
        w.tensor([
          [1, 2],
          [3, 4],
        ]),
      )
      .dataSync(),
  ).toEqual(new Float32Array([4, 3, 2, 1]))
})

it('pad fills integers and bools', () => {
  expect(w.pad(w.tensor([1], { dtype: 'i32' }), [[0, 1]], { value: 7 }).dataSync()).toEqual(new Int32Array([1, 7]))
  expect(w.pad(w.tensor([false]), [[1, 0]], { value: 1 }).dataSync()).toEqual(new Uint8Array([1, 0]))
  expect(w.pad(w.tensor([true]), [[1, 0]]).dataSync()).toEqual(new Uint8Array([0, 1]))
})

describeErrors('arranging', {
  'flip: axis must be an integer from -1 to 0 for a tensor of rank 1, got 1.': () => w.flip(w.zeros([2]), { axis: 1 }),
  'roll: shift must be an integer, got 0.5.': () => w.roll(w.zeros([2]), 0.5),
  'roll: axis must be an integer from -1 to 0 for a tensor of rank 1, got 1.': () =>
    w.roll(w.zeros([2]), 1, { axis: 1 }),
  'tile: repeats must consist of non-negative integers, got [2, -1].': () => w.tile(w.zeros([2]), [2, -1]),
  'pad: padding must have a pair [before, after] of non-negative integers for each axis of [2, 3], got [[1,1]]. To remove elements use slice.':
    () => w.pad(w.zeros([2, 3]), [[1, 1]]),
  'pad: padding must have a pair [before, after] of non-negative integers for each axis of [2], got [[0,-1]]. To remove elements use slice.':
    () => w.pad(w.zeros([2]), [[0, -1]]),
})
