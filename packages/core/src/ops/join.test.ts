import { fc, test } from '@fast-check/vitest'
import { cpu } from '@wengert/backend-cpu'
import { checkGradients, shapes } from '@wengert/gradcheck'
import { agrees, describeErrors, type Field, fieldOf, laidOut } from '@wengert/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import * as w from '../index.ts'

beforeAll(() => w.useBackend(cpu()))

/** Tensors that differ along one axis only, and that axis. */
const cases = (least: number) =>
  shapes({ minRank: 1, maxRank: 3, minSize: least, maxSize: 3 }).chain((shape) =>
    fc
      .tuple(
        fc.nat({ max: shape.length - 1 }),
        fc.array(fc.integer({ min: least, max: 3 }), { minLength: 1, maxLength: 4 }),
      )
      .chain(([axis, sizes]) =>
        fc.record({
          axis: fc.constant(axis),
          parts: fc.tuple(...sizes.map((n) => laidOut(shape.with(axis, n)))),
        }),
      ),
  )

function joined(parts: readonly Field[], axis: number): Field {
  const sizes = parts.map(({ shape }) => shape[axis] as number)
  const [first] = parts as [Field]
  return {
    shape: first.shape.with(
      axis,
      sizes.reduce((a, b) => a + b, 0),
    ),
    at: (index) => {
      let i = index[axis] as number
      let part = 0
      while (i >= (sizes[part] as number)) i -= sizes[part++] as number
      return (parts[part] as Field).at(index.with(axis, i))
    },
  }
}

describe('concat', () => {
  test.prop([cases(0)])('joins along any axis, in any layout', ({ parts, axis }) => {
    expect(agrees(w.concat(parts, { axis }), joined(parts.map(fieldOf), axis), 0)).toBe(true)
  })

  test.prop([cases(1)])('has right derivatives', ({ parts, axis }) => {
    checkGradients((...xs: w.Tensor[]) => w.concat(xs, { axis }).square(), parts)
  })

  test.prop([cases(1)])('is undone by slices, and its gradient goes to those asked for only', ({ parts, axis }) => {
    const [first] = parts as [w.Tensor]
    const slopes = w.grad((v: w.Tensor) => w.sum(w.concat([v, ...parts], { axis }).mul(3)))(first)
    expect(agrees(slopes, { shape: first.shape, at: () => 3 }, 0)).toBe(true)
  })

  it('promotes dtypes', () => {
    const y = w.concat([w.tensor([true]), w.tensor([2], { dtype: 'i32' }), w.tensor([0.5])])
    expect(y.dataSync()).toEqual(new Float32Array([1, 2, 0.5]))
  })

  it('joins a tensor with itself and with constants', () => {
    const x = w.tensor([1, 2])
    expect(w.concat([x, w.ones([1]), x]).dataSync()).toEqual(new Float32Array([1, 2, 1, 1, 2]))
    expect(
      w
        .grad((v: w.Tensor) => w.sum(w.concat([v, v.square()])))(x)
        .dataSync(),
    ).toEqual(new Float32Array([3, 5]))
  })
})

describe('stack', () => {
  test.prop([
    shapes({ minSize: 0 }).chain((shape) =>
      fc.tuple(fc.nat({ max: shape.length }), fc.array(laidOut(shape), { minLength: 1, maxLength: 4 })),
    ),
  ])('joins along a new axis', ([axis, parts]) => {
    const fields = parts.map(fieldOf)
    const [first] = parts as [w.Tensor]
    const expected: Field = {
      shape: first.shape.toSpliced(axis, 0, parts.length),
      at: (index) => (fields[index[axis] as number] as Field).at(index.toSpliced(axis, 1)),
    }
    expect(agrees(w.stack(parts, { axis }), expected, 0)).toBe(true)
    expect(agrees(w.stack(parts, { axis: axis - first.shape.length - 1 }), expected, 0)).toBe(true)
  })
})

describeErrors('joining', {
  'concat: tensors must hold at least one tensor, got an empty list.': () => w.concat([]),
  'stack: tensors must hold at least one tensor, got an empty list.': () => w.stack([]),
  'concat: tensors must have equal shapes but for axis 1, got [2, 3], [3, 3]. To join along a new axis use stack.':
    () => w.concat([w.zeros([2, 3]), w.zeros([3, 3])], { axis: -1 }),
  'stack: tensors must have one shape, got [2], [3]. To join along an axis that is there use concat.': () =>
    w.stack([w.zeros([2]), w.zeros([3])]),
  'concat: axis must be an integer from -1 to 0 for a tensor of rank 1, got 1.': () =>
    w.concat([w.zeros([2])], { axis: 1 }),
})
