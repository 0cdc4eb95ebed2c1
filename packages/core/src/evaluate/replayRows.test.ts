import { fc, test } from '@fast-check/vitest'
import { cpu } from '@wengert/backend-cpu'
import { shapes, tensors } from '@wengert/gradcheck'
import { describe, expect, it } from 'vitest'
import * as w from '../index.ts'

const backend = cpu()

const firstOf = (x: w.Tensor): w.Tensor =>
  x.slice(
    x.shape.map(() => 0),
    x.shape.map(() => 1),
  )

/** Ways to make a value from another of rank at least 2 and from y, of the same shape, which all rows share. */
const moves: readonly ((x: w.Tensor, y: w.Tensor) => w.Tensor)[] = [
  (x, y) => x.mul(y),
  (x) => x.sub(w.max(x, { axis: 0, keepDims: true })).exp(),
  (x) => w.softmax(x),
  (x) => x.add(w.logSumExp(x)),
  (x) => w.where(x.less(0.5), x.square(), 3),
  (x) => x.transpose().reshape(x.shape).mul(2),
  (x) => w.flip(x, { axis: -1 }),
  // The gradient of a slice is no map.
  (x) => x.add(firstOf(w.stopGradient(x))),
  (x) => x.cast('f32').add(1),
  (_, y) => w.tanh(y),
  (x, y) => x.add(w.sum(y, { axis: -1, keepDims: true })),
]
const programs = fc.array(fc.nat(moves.length - 1), { minLength: 1, maxLength: 8 })
const drawn = shapes({ minRank: 2, minSize: 1, maxSize: 4 }).chain((shape) =>
  fc.tuple(tensors(shape), fc.array(tensors(shape), { minLength: 1, maxLength: 5 })),
)

describe('replayRows', () => {
  test.prop([programs, drawn])('gives each row what replay gives for it alone', (program, [y, xs]) => {
    const x = w.tensor(new Float64Array(w.sizeOf(y.shape)), { shape: y.shape })
    const value = (v: w.Tensor): w.Tensor => program.reduce((last, move) => moves[move]?.(last, y) as w.Tensor, v)
    const outputs = [value(x), w.sum(value(x)), w.grad((v: w.Tensor) => w.sum(value(v)))(x)]
    const [given, shared] = [xs.map((row) => row.dataSync()), y.dataSync()]
    const one = w.replay([x, y], outputs, { backend })
    const all = w.replayRows([x], outputs, { rows: xs.length, shared: [y], backend })
    const joined = Float64Array.from(given.flatMap((row) => [...row]))
    let into: w.TypedArray[] | undefined
    for (const scale of [1, -2]) {
      const held = shared.map((v) => scale * v)
      into = all?.([joined, held], into) as w.TypedArray[]
      const rows = given.map((row) => one([row, held]))
      outputs.forEach((_, i) => {
        expect([...(into?.[i] ?? [])]).toEqual(rows.flatMap((row) => [...(row[i] as w.TypedArray)]))
      })
    }
  })

  it('is null where a kernel knows no rows, or where they would need much memory', () => {
    const x = w.tensor([
      [1, 2],
      [3, 4],
    ])
    expect(w.replayRows([x], [w.matmul(x, x)], { rows: 2, backend })).toBeNull()
    expect(w.replayRows([x], [x.exp()], { rows: 2 ** 14, backend })).toBeNull()
    expect(w.replayRows([x], [x.exp()], { rows: 2 ** 4, backend })).not.toBeNull()
  })

  it('refuses values of another size', () => {
    const [x, y] = [w.tensor([1, 2]), w.tensor([3, 4])]
    const run = w.replayRows([x], [x.mul(y)], { rows: 2, shared: [y], backend })
    const [two, four] = [new Float32Array(2), new Float32Array(4)]
    expect(() => run?.([two, two])).toThrow('replayRows: value 0 must have 4 elements, got 2.')
    expect(() => run?.([four, four])).toThrow('replayRows: value 1 must have 2 elements, got 4.')
    expect(() => run?.([four])).toThrow(w.ShapeError)
  })
})
