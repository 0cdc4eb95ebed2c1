import { fc, test } from '@fast-check/vitest'
import { cpu } from '@wengert/backend-cpu'
import { checkGradients, labels, shapes, tensors } from '@wengert/gradcheck'
import { agrees, describeErrors, type Field, fieldOf, indices, laidOut } from '@wengert/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import * as w from '../index.ts'

beforeAll(() => w.useBackend(cpu()))

/** A tensor, an axis, and indices into it: of any shape for `take`, and of the tensor's own but for the axis. */
const cases = shapes({ minRank: 1, maxRank: 3 })
  .chain((shape) => fc.tuple(fc.constant(shape), fc.nat({ max: shape.length - 1 }), shapes({ minSize: 0, maxSize: 3 })))
  .chain(([shape, axis, wanted]) => {
    const n = shape[axis] as number
    const [m = 2] = wanted
    const along = fc.subarray(shape.map((_, i) => i)).chain((ones) =>
      labels(
        shape.map((size, i) => (i === axis ? m : ones.includes(i) ? 1 : size)),
        n,
      ),
    )
    const replaced = [...shape.slice(0, axis), ...wanted, ...shape.slice(axis + 1)]
    return fc.record({
      x: laidOut(shape),
      axis: fc.constant(axis),
      into: labels(wanted, n),
      along,
      updates: laidOut(replaced),
    })
  })

const small = cases.filter(({ updates, along }) => w.sizeOf(updates.shape) <= 40 && w.sizeOf(along.shape) <= 40)

/** y[a…, i…, b…] = x[a…, into[i…], b…]. */
function taken(x: Field, into: Field, axis: number): Field {
  const rank = into.shape.length
  return {
    shape: [...x.shape.slice(0, axis), ...into.shape, ...x.shape.slice(axis + 1)],
    at: (index) =>
      x.at([...index.slice(0, axis), into.at(index.slice(axis, axis + rank)), ...index.slice(axis + rank)]),
  }
}

describe('take', () => {
  test.prop([cases])('looks up along any axis of any layout', ({ x, axis, into }) => {
    expect(agrees(w.take(x, into, { axis }), taken(fieldOf(x), fieldOf(into), axis), 0)).toBe(true)
    const turned = into.transpose(into.shape.map((_, i) => into.shape.length - 1 - i))
    expect(agrees(w.take(x, turned, { axis }), taken(fieldOf(x), fieldOf(turned), axis), 0)).toBe(true)
  })

  test.prop([small])('has right derivatives', ({ x, axis, into }) => {
    checkGradients((v: w.Tensor) => w.take(v.square(), into, { axis }), [x])
  })

  it('takes integers and bools', () => {
    const at = w.tensor([1, 1, 0], { dtype: 'i32' })
    expect(w.take(w.tensor([5, 7], { dtype: 'i32' }), at).dataSync()).toEqual(new Int32Array([7, 7, 5]))
    expect(w.take(w.tensor([true, false]), at).dataSync()).toEqual(new Uint8Array([0, 0, 1]))
  })

  it('takes one slice by one index, and none by none', () => {
    const x = w.tensor([
      [1, 2],
      [3, 4],
    ])
    expect(w.take(x, w.tensor(1, { dtype: 'i32' })).dataSync()).toEqual(new Float32Array([3, 4]))
    expect(w.take(w.zeros([0, 2]), w.zeros([0], { dtype: 'i32' })).shape).toEqual([0, 2])
  })

  it('yields NaN, with gradient 0, where a computed index points outside', () => {
    // Anew each time: once read, their numbers are known.
    const at = () => w.tensor([-1, 1, 2], { dtype: 'i32' }).add(0)
    const x = w.tensor([3, 4])
    expect(w.take(x, at()).dataSync()).toEqual(new Float32Array([Number.NaN, 4, Number.NaN]))
    expect(w.take(x.cast('i32'), at()).dataSync()).toEqual(new Int32Array([0, 4, 0]))
    expect(
      w
        .grad((v: w.Tensor) => w.sum(w.take(v, at())))(x)
        .dataSync(),
    ).toEqual(new Float32Array([0, 1]))
  })
})

describe('takeAlong', () => {
  test.prop([cases])('looks up each element by an index of its own', ({ x, axis, along }) => {
    const [values, at] = [fieldOf(x), fieldOf(along)]
    const expected: Field = {
      shape: x.shape.with(axis, along.shape[axis] as number),
      at: (index) => values.at(index.with(axis, at.at(index.map((i, a) => (along.shape[a] === 1 ? 0 : i))))),
    }
    expect(agrees(w.takeAlong(x, along, { axis }), expected, 0)).toBe(true)
  })

  test.prop([small])('has right derivatives', ({ x, axis, along }) => {
    checkGradients((v: w.Tensor) => w.takeAlong(v.square(), along, { axis }), [x])
  })
})

describe('scatterAdd', () => {
  test.prop([cases])('adds updates along any axis', ({ x, axis, into, updates }) => {
    const [values, at, added] = [fieldOf(x), fieldOf(into), fieldOf(updates)]
    const expected: Field = {
      shape: x.shape,
      at: (index) =>
        indices(into.shape)
          .filter((i) => at.at(i) === index[axis])
          .reduce((sum, i) => sum + added.at(index.toSpliced(axis, 1, ...i)), values.at(index)),
    }
    expect(agrees(w.scatterAdd(x, into, updates, { axis }), expected)).toBe(true)
  })

  test.prop([small])('has right derivatives', ({ x, axis, into, updates }) => {
    checkGradients((v: w.Tensor, u: w.Tensor) => w.scatterAdd(v, into, u.square(), { axis }), [x, updates])
  })

  it('adds nothing, with gradient 0, where a computed index points outside', () => {
    // Anew each time: once read, their numbers are known.
    const at = () => w.tensor([-1, 1, 2], { dtype: 'i32' }).add(0)
    const updates = w.tensor([10, 20, 30])
    expect(w.scatterAdd(w.zeros([2]), at(), updates).dataSync()).toEqual(new Float32Array([0, 20]))
    const slopes = w.grad((u: w.Tensor) => w.sum(w.scatterAdd(w.zeros([2]), at(), u)))(updates)
    expect(slopes.dataSync()).toEqual(new Float32Array([0, 1, 0]))
  })

  it('keeps the digits of a long sum in f32, and wraps integers', () => {
    const n = 1_000_003
    const all = w.zeros([n], { dtype: 'i32' })
    expect(w.scatterAdd(w.zeros([1]), all, w.full([n], 0.1)).item()).toBeCloseTo(n * Math.fround(0.1), -1)
    const top = w.tensor([2 ** 31 - 1, 2], { dtype: 'i32' })
    const both = w.tensor([0, 0], { dtype: 'i32' })
    expect(w.scatterAdd(w.zeros([1], { dtype: 'i32' }), both, top).item()).toBe(-(2 ** 31) + 1)
  })
})

test.prop([tensors([3, 2]), tensors([4, 2]), labels([4], 3)])(
  'take and scatterAdd are transposes of each other',
  (x, u, at) => {
    const there = w.sum(w.take(x, at).mul(u)).item()
    const back = w.sum(w.scatterAdd(w.zerosLike(x), at, u).mul(x)).item()
    expect(there).toBeCloseTo(back, 10)
  },
)

const i32 = (...data: number[]) => w.tensor(data, { dtype: 'i32' })

describeErrors('look-up', {
  "take: indices must be i32, got f32 [2]. Cast it, e.g. indices.cast('i32').": () =>
    w.take(w.zeros([3]), w.tensor([0, 1])),
  'take: indices must be from 0 to 2, the positions along axis 0 of [3, 2], got 3 at [1, 0]. Count from the front; negative indices are not taken.':
    () =>
      w.take(
        w.zeros([3, 2]),
        w.tensor(
          [
            [0, 1],
            [3, -1],
          ],
          { dtype: 'i32' },
        ),
      ),
  'takeAlong: indices must be from 0 to 2, the positions along axis 0 of [3], got -1 at [0]. Count from the front; negative indices are not taken.':
    () => w.takeAlong(w.zeros([3]), i32(-1)),
  'take: indices must be from 0 to 2, the positions along axis 0 of [3], got 7. Count from the front; negative indices are not taken.':
    () => w.take(w.zeros([3]), w.tensor(7, { dtype: 'i32' })),
  'take: x must have elements along axis 0, got shape [0, 3]. Only no indices point into nothing.': () =>
    w.take(w.zeros([0, 3]), i32(0)),
  'take: axis must be an integer from -1 to 0 for a tensor of rank 1, got 1.': () =>
    w.take(w.zeros([3]), i32(0), { axis: 1 }),
  'takeAlong: indices must have the shape of x, [3, 2], or 1, but for axis 1, got [2]. To take the same positions everywhere use take(x, indices, { axis: 1 }).':
    () => w.takeAlong(w.zeros([3, 2]), i32(0, 1)),
  'scatterAdd: updates must have shape [2, 5], that of x with axis 0 replaced by the axes of indices, got [5]. Use broadcastTo to repeat updates.':
    () => w.scatterAdd(w.zeros([3, 5]), i32(0, 1), w.zeros([5])),
  "scatterAdd: x must be i32, f16, f32 or f64, got bool [1]. Cast it, e.g. x.cast('f32').": () =>
    w.scatterAdd(w.tensor([true]), i32(0), w.tensor([true])),
})
