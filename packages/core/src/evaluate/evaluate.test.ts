import { fc, test } from '@fast-check/vitest'
import { cpu } from '@wengert/backend-cpu'
import { shapes, tensors } from '@wengert/gradcheck'
import { collectGarbage, device } from '@wengert/testing'
import { beforeEach, describe, expect, expectTypeOf, it } from 'vitest'
import * as w from '../index.ts'

let backend = cpu()
beforeEach(() => {
  backend = cpu()
})

/** Ways to make a tensor of the same shape from one or two others. */
const moves: readonly ((a: w.Tensor, b: w.Tensor) => w.Tensor)[] = [
  (a, b) => a.add(b),
  (a, b) => a.mul(b),
  (a, b) => a.sub(b.mul(0.5)),
  (a) => w.tanh(a),
  (a) => w.sigmoid(a).add(1),
  (a, b) => w.where(a.less(b), a, b.neg()),
  (a, b) => w.maximum(a, b),
  (a) => a.sub(a.shape.length > 0 ? w.max(a, { axis: -1, keepDims: true }) : a),
  (a) => w.sum(a).mul(0.1).add(a),
  (a) => (a.shape.length > 1 ? a.transpose().mul(2).transpose() : a.mul(2)),
  (a) => a.reshape([-1]).add(1).reshape(a.shape),
  (a) => w.stopGradient(a).square(),
  (a, b) => a.cast('f32').add(b),
  (a) => (a.shape.length > 1 ? w.matmul(a, w.matmul(a.transpose(), a)).mul(0.01) : a),
]

/** A program: each line applies a move to two earlier values. */
const programs = fc.array(fc.tuple(fc.nat(moves.length - 1), fc.nat(), fc.nat()), { minLength: 1, maxLength: 25 })

function execute(program: readonly (readonly [number, number, number])[], x: w.Tensor): w.Tensor[] {
  const values = [x]
  const pick = (i: number): w.Tensor => values[i % values.length] as w.Tensor
  for (const [move, a, b] of program) values.push((moves[move] as (typeof moves)[number])(pick(a), pick(b)))
  return values
}

const inputs = shapes({ minSize: 1 }).chain((shape) => tensors(shape))

describe('evaluation', () => {
  test.prop([programs, inputs])('gives the same bits fused and unfused, values and gradients', (program, x) => {
    const outputs = execute(program, x)
    const gradient = w.grad((v: w.Tensor) => w.sum(execute(program, v).at(-1) as w.Tensor))(x)
    const all = [...outputs.slice(1), gradient]
    const data = [x.dataSync()]
    expect(w.replay([x], all, { backend })(data)).toEqual(w.replay([x], all, { backend, fuse: false })(data))
  })

  it('gives back every buffer where one cannot be had', () => {
    const y = w
      .tensor([1, 2])
      .exp()
      .reshape([2, 1])
      .add(w.zeros([2 ** 40]))
    expect(() => y.dataSync({ backend })).toThrow(
      'backend-cpu: 2199023255552 elements of f32 must fit into memory, got none. Compute in smaller parts.',
    )
    expect(backend.memory()).toEqual({ buffers: 0, bytes: 0 })
  })

  test.prop([programs, inputs])('gives back every buffer', (program, x) => {
    const y = execute(program, x).at(-1) as w.Tensor
    y.dataSync({ backend })
    expect(backend.memory()).toEqual({ buffers: 0, bytes: 0 })
  })

  test.prop([programs, inputs])('is the same whatever is read before', (program, x) => {
    const [once, twice] = [execute(program, x), execute(program, x)]
    for (const value of twice) value.dataSync({ backend })
    expect((once.at(-1) as w.Tensor).dataSync({ backend })).toEqual((twice.at(-1) as w.Tensor).dataSync({ backend }))
  })

  test.prop([programs, shapes({ minSize: 0 })])('takes empty tensors', (program, shape) => {
    const empty = w.zeros([0, ...shape], { dtype: 'f64' })
    const safe = program.filter(([move]) => move !== 7)
    expect((execute(safe, empty).at(-1) as w.Tensor).dataSync({ backend }).length).toBe(0)
  })
})

describe('concat', () => {
  const size = 1000
  const x = w.arange(size)

  /** The most bytes held while outputs are computed from x. */
  const peakOf = (...outputs: readonly w.Tensor[]): number => {
    let most = 0
    const alloc: w.Backend['alloc'] = (dtype, size) => {
      const buffer = backend.alloc(dtype, size)
      most = Math.max(most, backend.memory().bytes)
      return buffer
    }
    w.compile(() => outputs, { backend: { ...backend, alloc } as w.Backend })()
    return most - 4 * size
  }
  const parts = Array.from({ length: 10 }, (_, i) => x.add(i).square())

  it('takes room for its result and one part, as parts are copied when they are there', () => {
    expect(peakOf(w.concat(parts))).toBe(4 * 11 * size)
    expect(peakOf(w.concat([...parts.slice(0, 5), w.concat(parts.slice(5))]))).toBe(4 * 16 * size)
  })

  it('finds parts that come from elsewhere, and those that others read too', () => {
    const shared = x.sub(1).exp()
    const [a, b, whole] = [x.mul(3), x.sqrt(), x.add(shared)] as const
    const joined = w.concat([a, x, shared, shared, w.concat([b, x]), whole])
    const [found, again] = [joined.add(0).dataSync({ backend }), shared.add(whole).dataSync({ backend })]
    const alone = [a, x, shared, shared, b, x, whole].map((part) => [...part.dataSync({ backend })])
    expect([...found]).toEqual(alone.flat())
    expect(again[3]).toBe(Math.fround((alone[2]?.[3] as number) + (alone[6]?.[3] as number)))
  })
})

describe('values computed twice', () => {
  const step = (x: w.Tensor) =>
    x.sub(
      w
        .grad((v: w.Tensor) => w.sum(w.sin(v).square()))(x)
        .mul(0.1),
    )

  it('are kept, so that a loop outside of a state costs the same in each step', () => {
    let x = w.tensor([1, 2, 3])
    const lengths: number[] = []
    for (let i = 0; i < 200; i++) {
      x = step(x)
      const loss = w.sum(x)
      lengths.push(w.tape(loss).lines.length)
      loss.item({ backend })
    }
    expect(Math.max(...lengths.slice(3))).toBe(lengths[3])
    expect(w.planCount(backend)).toBeLessThan(6)
    expect(backend.memory().buffers).toBe(0)
    let alone = w.tensor([1, 2, 3])
    for (let i = 0; i < 200; i++) alone = step(alone)
    expect(x.dataSync({ backend })).toEqual(alone.dataSync({ backend }))
  })

  it('may be views of a view whose value is known', () => {
    const known = w.tensor([1, 2]).exp().reshape([2, 1])
    const twice = known.reshape([1, 2])
    const e = Math.fround(Math.E)
    expect(known.dataSync({ backend })[0]).toBe(e)
    expect(twice.add(1).dataSync({ backend })[0]).toBe(Math.fround(e + 1))
    expect(twice.mul(2).dataSync({ backend })[0]).toBe(2 * e)
  })

  it('are kept on an asynchronous backend too, in buffers that go with their lines', async () => {
    const later = device()
    let x = w.tensor([1, 2, 3])
    const kernels: number[] = []
    for (let i = 0; i < 200; i++) {
      x = step(x)
      const loss = w.sum(x)
      const before = later.counts.kernels
      await loss.data({ backend: later })
      kernels.push(later.counts.kernels - before)
    }
    expect(Math.max(...kernels.slice(3))).toBe(kernels[3])
    expect(later.counts.reads).toBe(200)
    expect(w.planCount(later)).toBeLessThan(6)
    let alone = w.tensor([1, 2, 3])
    for (let i = 0; i < 200; i++) alone = step(alone)
    expect(await x.data({ backend: later })).toEqual(alone.dataSync({ backend }))
    await collectGarbage(() => later.memory().buffers <= 1)
    // The last line but one is what x reads.
    expect(later.memory().buffers).toBeLessThanOrEqual(1)
    x = alone
    await collectGarbage(() => later.memory().buffers === 0)
    expect(later.memory()).toEqual({ buffers: 0, bytes: 0 })
  })

  it('belong to the asynchronous backend that keeps them', async () => {
    const later = device()
    const kept = w.tensor([1, 2]).exp()
    await kept.mul(2).data({ backend: later })
    await kept.mul(3).data({ backend: later })
    const reads = later.counts.reads
    await expect(kept.mul(4).data({ backend })).rejects.toThrow(
      'data: this tensor must be read on the backend that holds it, device, got cpu. ' +
        'Copy it with tensor(await x.data(), { shape: x.shape }).',
    )
    expect([...(await kept.data({ backend: later }))].map(Math.log)).toEqual([1, 2].map((v) => expect.closeTo(v, 6)))
    expect(later.counts.reads).toBe(reads + 1)
    expect(
      (
        await w
          .grad((v: w.Tensor) => w.sum(v.mul(kept)))(w.ones([2]))
          .data({ backend: later })
      )[0],
    ).toBeCloseTo(Math.E)
  })

  it('may be read while a function is differentiated, and before a pullback is used', () => {
    const x = w.tensor([1, 2])
    const f = (v: w.Tensor) => {
      const square = v.square()
      return w.sum(square.dataSync({ backend })[0] === 1 ? square.mul(v) : v)
    }
    expect([...w.grad(f)(x).dataSync({ backend })]).toEqual([3, 12])
    const [y, pullback] = w.vjp((v: w.Tensor) => v.square().mul(v), x)
    expect([...y.dataSync({ backend })]).toEqual([1, 8])
    expect([...pullback(w.ones([2]))[0].dataSync({ backend })]).toEqual([3, 12])
    const again = w.grad((g: w.Tensor) => w.sum(pullback(g)[0]))(w.ones([2]))
    expect([...again.dataSync({ backend })]).toEqual([3, 12])
  })
})

describe('plans', () => {
  it('are found again by structure, whatever the numbers', () => {
    for (let i = 0; i < 1000; i++)
      w.tensor([i, 2])
        .mul(i)
        .add(1 / (i + 1))
        .dataSync({ backend })
    expect(w.planCount(backend)).toBe(1)
    w.tensor([[1, 2]])
      .mul(3)
      .add(1)
      .dataSync({ backend })
    expect(w.planCount(backend)).toBe(2)
    w.tensor([1, 2], { dtype: 'f64' }).mul(3).add(1).dataSync({ backend })
    expect(w.planCount(backend)).toBe(3)
  })

  it('are told apart by wiring, attributes and what is already known', () => {
    const x = w.tensor([
      [1, 2],
      [3, 4],
    ])
    const y = w.tensor([
      [5, 6],
      [7, 8],
    ])
    const results = [x.sub(y), y.sub(x), x.sub(x), w.sum(x, { axis: 0 }), w.sum(x, { axis: 1 })].map((z) => [
      ...z.dataSync({ backend }),
    ])
    expect(results).toEqual([
      [-4, -4, -4, -4],
      [4, 4, 4, 4],
      [0, 0, 0, 0],
      [4, 6],
      [3, 7],
    ])
    const product = x.mul(y)
    product.dataSync({ backend })
    expect([...product.add(1).dataSync({ backend })]).toEqual([6, 13, 22, 33])
  })

  it('are kept up to a number', () => {
    for (let n = 1; n <= 1100; n++) w.ones([n]).add(1).dataSync({ backend })
    expect(w.planCount(backend)).toBe(1024)
  })
})

describe('backends', () => {
  it('must be chosen', async () => {
    const message =
      'a backend must be chosen before anything is computed, got none. ' +
      "Call useBackend(cpu()) once, with cpu from '@wengert/backend-cpu', or pass { backend }."
    const x = w.tensor([1]).add(1)
    expect(() => x.dataSync()).toThrow(`dataSync: ${message}`)
    await expect(x.data()).rejects.toThrow(w.BackendError)
    expect(() => w.state(x)).toThrow(`state: ${message}`)
    expect(w.tensor([1]).dataSync()[0]).toBe(1)
  })

  it('may be asynchronous and lack dtypes', async () => {
    const { readSync: _, ...rest } = cpu()
    const later = { ...rest, name: 'later', dtypes: new Set(['bool', 'i32', 'f32'] as const) }
    const x = w.tensor([1, 2])
    expect([...(await x.mul(3).data({ backend: later }))]).toEqual([3, 6])
    expect(() => x.mul(2).dataSync({ backend: later })).toThrow(
      'dataSync: backend must be synchronous, got later. Use await x.data().',
    )
    expect(() => x.mul(2).slice([0], [1]).item({ backend: later })).toThrow(w.BackendError)
    expect(() => w.replay([x], [x.mul(2)], { backend: later })).toThrow(w.BackendError)
    await expect(x.cast('f64').data({ backend: later })).rejects.toThrow(
      "backend-later: dtype of cast must be one of bool, i32, f32, got f64. Cast it with x.cast('f32') or run on backend-cpu.",
    )
    const training = w.state(x, { backend: later })
    expect(await training.update((v) => [v.mul(2), w.sum(v)])).toBe(3)
  })
})

describe('data', () => {
  it('reads a tree in one run, wherever its values are', async () => {
    const x = w.tensor([1, 2])
    const y = x.mul(3)
    const training = w.state(w.tensor([7]), { backend })
    const before = w.planCount(backend)
    const all = { y, deep: [w.sum(y), x, w.full([], 4)], y2: y, p: training.value }
    const values = await w.data(all, { backend })
    expectTypeOf(values.deep).toEqualTypeOf<w.TypedArray[]>()
    expect(values).toEqual({
      y: new Float32Array([3, 6]),
      deep: [new Float32Array([9]), new Float32Array([1, 2]), new Float32Array([4])],
      y2: new Float32Array([3, 6]),
      p: new Float32Array([7]),
    })
    expect(w.planCount(backend) - before).toBe(1)
    values.y[0] = 100
    expect((await w.data([y]))[0]?.[0]).toBe(3)
    expect(backend.memory().buffers).toBe(1)
  })
})

describe('reading with a check', () => {
  const logits = w.tensor([[1, 2, 3]])
  const steps = (x: w.Tensor) => x.sub(2).log().mul(0.5).add(1)

  it('returns what is finite', () => {
    expect(steps(w.tensor([3])).item({ backend, check: 'finite' })).toBe(1)
    expect(logits.dataSync({ check: 'finite' }).length).toBe(3)
    expect(() => logits.dataSync({ check: 'nan' as never })).toThrow("data: check must be 'finite', got nan.")
  })

  it('names the first line that is not, whatever was fused, and its inputs', async () => {
    const y = steps(logits)
    const message =
      'every line must be finite, got NaN at [0, 0] of %3 = log %2 : f32 [1, 3], the first that is not. Its inputs: %2 from -1 to 1.'
    expect(() => y.dataSync({ backend, check: 'finite' })).toThrow(`dataSync: ${message}`)
    await expect(steps(logits).data({ backend, check: 'finite' })).rejects.toThrow(`data: ${message}`)
    expect(y.dataSync({ backend })[2]).toBe(1)
    expect(backend.memory().buffers).toBe(0)
  })

  it('finds lines of the backward walk, and data', () => {
    const slope = w.grad((x: w.Tensor) => w.sum(x.sqrt()))(w.tensor([4, 0]))
    expect(() => slope.dataSync({ backend, check: 'finite' })).toThrow(/got Infinity at \[1\] of %\d+ = div/)
    expect(() => w.tensor([1, Number.NaN]).mul(2).dataSync({ backend, check: 'finite' })).toThrow(
      'got NaN at [1] of %0 = source : f32 [2], the first that is not. It is data that was given.',
    )
    expect(() => w.tensor(Number.NaN).item({ backend, check: 'finite' })).toThrow(w.ValueError)
    const kept = w.tensor([-1]).log()
    for (const factor of [2, 3]) kept.mul(factor).dataSync({ backend })
    expect(() => kept.mul(4).dataSync({ backend, check: 'finite' })).toThrow(
      'got NaN at [0] of %0 = log : f32 [1], the first that is not. It was computed in an earlier run.',
    )
  })
})

describe('replay', () => {
  it('computes again with other data', () => {
    const x = w.tensor([1, 2], { dtype: 'f64' })
    const run = w.replay([x], [w.sum(x.square()), x.mul(w.tensor([1, 10]))], { backend })
    expect(run([new Float64Array([3, 4])])).toEqual([new Float64Array([25]), new Float64Array([3, 40])])
    expect(run([new Float64Array([1, 0])])).toEqual([new Float64Array([1]), new Float64Array([1, 0])])
    expect(() => run([new Float64Array(3)])).toThrow('replay: value 0 must have 2 elements, got 3.')
    expect(() => run([])).toThrow(w.ShapeError)
    expect(backend.memory().buffers).toBe(0)
  })

  it('writes the arrays of an earlier call again where it is given them, and else leaves them alone', () => {
    const x = w.tensor([1, 2], { dtype: 'f64' })
    const run = w.replay([x], [w.sum(x), x.mul(2), x], { backend })
    let into: w.TypedArray[] | undefined
    for (let i = 0; i < 8; i++) {
      into = run([new Float64Array([i, 1])], into)
      const [kept, wanted] = [run([new Float64Array([7, i])]), [7 + i, 14, 2 * i, 7, i]]
      expect(into.flatMap((data) => [...data])).toEqual([i + 1, 2 * i, 2, i, 1])
      expect(kept.flatMap((data) => [...data])).toEqual(wanted)
    }
  })

  /** The CPU backend without the means to bind plans, and one that counts how many were bound. */
  const { bind, ...plain } = cpu()
  const counting = () => {
    let bound = 0
    const counted = (sequence: Parameters<NonNullable<typeof bind>>[0]) => {
      bound++
      return (bind as NonNullable<typeof bind>)(sequence)
    }
    return { backend: { ...cpu(), bind: counted }, count: () => bound }
  }
  const often = 8

  test.prop([programs, inputs, fc.boolean()])(
    'gives the same bits from a plan that runs often, on buffers of its own',
    (program, x, fuse) => {
      const outputs = execute(program, x)
      const gradient = w.grad((v: w.Tensor) => w.sum(execute(program, v).at(-1) as w.Tensor))(x)
      const all = [...outputs.slice(1), gradient]
      const { backend, count } = counting()
      const [run, check] = [w.replay([x], all, { backend, fuse }), w.replay([x], all, { backend: plain, fuse })]
      const data = x.dataSync()
      for (let i = 0; i < often; i++) {
        expect(run([data])).toEqual(check([data]))
        data.forEach((v, k) => {
          data[k] = v * 0.9 + i
        })
      }
      expect(count()).toBe(1)
      expect(backend.memory().buffers).toBe(0)
    },
  )

  it('runs kernels of every kind from buffers of its own', () => {
    const { backend, count } = counting()
    const x = w.tensor(new Float32Array(12), { shape: [3, 4] })
    const at = w.tensor([2, 0], { dtype: 'i32' })
    const outputs = [
      w.matmul(x, x.transpose()),
      w.cumSum(x.mul(2)),
      w.sort(x),
      w.take(x, at),
      w.scatterAdd(x, at, x.slice([0, 0], [2, 4])),
      w.pad(x, [
        [1, 0],
        [0, 2],
      ]),
      w.concat([x, x.exp()]),
      w.uniform(w.key(1), [3]).add(w.sum(x)),
      w.qr(x.transpose()).r,
      w.sum(x.less(0.5)),
      w.max(x, { axis: [0] }),
      x.transpose().reshape([2, 6]),
      x.reshape([12, 1]).mul(w.arange(60)).exp(),
      w.sum(w.sin(x.reshape([12, 1]).add(w.arange(60))), { axis: 0 }),
    ]
    const [run, check] = [w.replay([x], outputs, { backend }), w.replay([x], outputs, { backend: plain })]
    for (let i = 0; i < often; i++) {
      const data = Float32Array.from({ length: 12 }, (_, k) => Math.sin(k + i))
      expect(run([data])).toEqual(check([data]))
    }
    expect(count()).toBe(1)
  })

  it('returns arrays of their own, and tells numbers apart where plans are shared', () => {
    const { backend, count } = counting()
    const x = w.tensor([1, 2, 3])
    const scaled = (factor: number) => w.replay([x], [x.mul(factor), w.sum(x.mul(factor))], { backend })
    const data = [new Float32Array([1, 2, 3])]
    const first = Array.from({ length: often }, () => scaled(2)(data))
    for (const factor of [3, 0, -0, Number.NaN, -0, 3]) {
      const [scaledBy, total] = scaled(factor)(data) as [Float32Array, Float32Array]
      expect(scaledBy).toEqual(new Float32Array([factor, 2 * factor, 3 * factor]))
      expect(total[0]).toBe(6 * factor + 0)
    }
    expect(first).toEqual(first.map(() => [new Float32Array([2, 4, 6]), new Float32Array([12])]))
    expect(w.planCount(backend)).toBe(1)
    expect(count()).toBe(1)
  })

  it('keeps buffers for small plans only, and not for data that lies on the backend', async () => {
    const { backend, count } = counting()
    const x = w.tensor(new Float32Array(9000))
    const large = w.replay([x], [x.mul(2)], { backend })
    const training = w.state(w.tensor([1, 2]), { backend })
    const y = w.tensor([3, 4])
    const beside = w.replay([y], [y.mul(training.value)], { backend })
    for (let i = 0; i < often; i++) {
      large([new Float32Array(9000).fill(i)])
      expect(beside([new Float32Array([i, 1])])).toEqual([new Float32Array([i, 2])])
    }
    expect(count()).toBe(0)
    await training.update((v) => [v.mul(2), []])
    expect(() => beside([new Float32Array(2)])).toThrow(w.StateError)
  })
})
