import { fc, test } from '@fast-check/vitest'
import { cpu } from '@wengert/backend-cpu'
import { checkGradients, shapes, tensors } from '@wengert/gradcheck'
import { agrees, arrayField, type Field, fieldOf, valuesOf } from '@wengert/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import * as w from '../index.ts'

beforeAll(() => w.useBackend(cpu()))

/** One change of shape, as core does it and as its definition says. */
interface Change {
  readonly apply: (x: w.Tensor) => w.Tensor
  readonly define: (field: Field) => Field
}

const changes: ((shape: w.Shape) => fc.Arbitrary<Change>)[] = [
  (shape) =>
    fc
      .shuffledSubarray(
        shape.map((_, i) => i),
        { minLength: shape.length },
      )
      .map((order) => ({
        apply: (x) => x.transpose(order),
        define: ({ shape, at }) => ({
          shape: order.map((axis) => shape[axis] as number),
          at: (index) => at(shape.map((_, axis) => index[order.indexOf(axis)] as number)),
        }),
      })),
  (shape) =>
    fc
      .tuple(
        ...shape.map((n) =>
          fc.record({ start: fc.nat({ max: n }), end: fc.nat({ max: n }), step: fc.integer({ min: 1, max: 3 }) }),
        ),
      )
      .map((axes) => ({
        apply: (x) =>
          x.slice(
            axes.map((a) => a.start),
            axes.map((a) => a.end),
            axes.map((a) => a.step),
          ),
        define: ({ at }) => ({
          shape: axes.map(({ start, end, step }) => Math.max(0, Math.ceil((end - start) / step))),
          at: (index) => at(index.map((i, axis) => (axes[axis]?.start ?? 0) + i * (axes[axis]?.step ?? 1))),
        }),
      })),
  (shape) =>
    fc.constantFrom(...splits(shape)).map((wanted) => ({
      apply: (x) => x.reshape(wanted),
      define: (field) => arrayField(valuesOf(field), wanted),
    })),
  (shape) =>
    fc.nat({ max: shape.length }).map((axis) => ({
      apply: (x) => x.expandDims(axis),
      define: ({ shape, at }) => ({
        shape: shape.toSpliced(axis, 0, 1),
        at: (index) => at(index.toSpliced(axis, 1)),
      }),
    })),
  (shape) =>
    fc.subarray(shape.map((_, i) => i)).map((axes) => ({
      apply: (x) => w.flip(x, { axis: axes }),
      define: ({ shape, at }) => ({
        shape,
        at: (index) => at(index.map((i, axis) => (axes.includes(axis) ? (shape[axis] as number) - 1 - i : i))),
      }),
    })),
  () =>
    fc.integer({ min: 1, max: 3 }).map((times) => ({
      apply: (x) => x.broadcastTo([times, ...x.shape]),
      define: ({ shape, at }) => ({ shape: [times, ...shape], at: (index) => at(index.slice(1)) }),
    })),
]

/** Some shapes with as many elements. */
function splits(shape: w.Shape): w.Shape[] {
  const size = w.sizeOf(shape)
  const pairs = Array.from({ length: Math.max(size, 1) }, (_, i) => i + 1).filter((d) => size % d === 0)
  return [[size], [size, 1], ...pairs.map((d) => [d, size / d]), shape.toReversed()]
}

/** A chain of changes, each fitting the shape that the one before leaves. */
const chains = shapes({ minRank: 1, maxRank: 3, maxSize: 4 }).chain((shape) => {
  const extend = (links: readonly Change[], field: Field, left: number): fc.Arbitrary<readonly Change[]> =>
    left === 0
      ? fc.constant(links)
      : fc
          .oneof(...changes.map((change) => change(field.shape)))
          .chain((link) => extend([...links, link], link.define(field), left - 1))
  const dummy: Field = { shape, at: () => 0 }
  return fc.tuple(
    tensors(shape, { distinct: true }),
    fc.integer({ min: 1, max: 4 }).chain((n) => extend([], dummy, n)),
  )
})

describe('changes of shape', () => {
  test.prop([chains])('compose like their definitions', ([x, links]) => {
    const y = links.reduce((value, { apply }) => apply(value), x)
    const expected = links.reduce((field, { define }) => define(field), fieldOf(x))
    expect(agrees(y, expected, 0)).toBe(true)
    expect(agrees(y.mul(2), { shape: expected.shape, at: (index) => 2 * expected.at(index) }, 0)).toBe(true)
  })

  test.prop([chains])('have right derivatives', ([x, links]) => {
    checkGradients((v: w.Tensor) => links.reduce((value, { apply }) => apply(value), v.square()), [x])
  })

  it('infer one size', () => {
    expect(w.zeros([2, 6]).reshape([-1, 3]).shape).toEqual([4, 3])
    expect(w.zeros([0, 6]).reshape([-1, 3]).shape).toEqual([0, 3])
  })

  it('refuse what does not fit, with both shapes', () => {
    const x = w.zeros([2, 3])
    expect(() => x.reshape([4])).toThrow(
      'reshape: shape must hold the 6 elements of [2, 3], got [4]. One size may be -1 and is worked out.',
    )
    expect(() => x.transpose([0, 0])).toThrow(w.ShapeError)
    expect(() => w.zeros([3]).transpose()).toThrow(w.ShapeError)
    expect(() => x.broadcastTo([3, 3])).toThrow(w.ShapeError)
    expect(() => x.broadcastTo([3])).toThrow(w.ShapeError)
    expect(() => x.slice([0])).toThrow(w.ShapeError)
    expect(() => x.slice([0, 0], [1, 1], [1, 0])).toThrow(w.ShapeError)
    expect(() => x.squeeze(0)).toThrow('squeeze: axis must name axes of size 1, got axis 0 of [2, 3].')
    expect(() => x.expandDims(4)).toThrow(w.ShapeError)
    expect(() => x.cast('f8' as unknown as w.DType)).toThrow(w.DTypeError)
  })

  it('slice counts negative positions from the back and clamps', () => {
    const x = w.arange(5)
    expect([...x.slice([-2]).dataSync()]).toEqual([3, 4])
    expect([...x.slice([1], [-1], [2]).dataSync()]).toEqual([1, 3])
    expect([...x.slice([3], [99]).dataSync()]).toEqual([3, 4])
    expect(x.slice([4], [2]).shape).toEqual([0])
  })
})

it('shapes are taken as they were given, whatever becomes of the arrays', () => {
  const makers: ((shape: number[]) => w.Tensor)[] = [
    (shape) => w.arange(6).reshape(shape),
    (shape) => w.tensor(1).broadcastTo(shape),
    (shape) => w.ones(shape),
    (shape) => w.tensor([1, 2, 3, 4, 5, 6], { shape }),
    (shape) => w.uniform(w.key(0), shape),
  ]
  for (const make of makers) {
    const shape = [2, 3]
    const x = make(shape)
    const before = [...x.dataSync()]
    const again = make(shape)
    shape.push(5)
    shape[0] = 7
    expect([x.shape, again.shape]).toEqual([
      [2, 3],
      [2, 3],
    ])
    expect([...again.dataSync()]).toEqual(before)
  }
})
