import { fc, test } from '@fast-check/vitest'
import {
  clip,
  eye,
  grad,
  jacobian,
  matmul,
  root,
  sum,
  type Tensor,
  take,
  tensor,
  topK,
  vjp,
  where,
} from '@wengert/core'
import { checkCustomVjp, dyadics, laws, logits, permutations, tensors } from '@wengert/gradcheck'
import { describeErrors, describeLoss, device, expectClose, runs, value, values } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { entmax } from '../fenchelYoung/entmax.ts'
import { softBinaryArgmax } from './softBinaryArgmax.ts'

const f64 = (...data: number[]): Tensor => tensor(data, { dtype: 'f64' })
const sizes = fc.constantFrom(1, 2, 3, 6)
const temperatures = fc.constantFrom(0.125, 0.75, 1, 1.5, 40)
/** A row and a whole k. */
const rowAndK = sizes.chain((n) => fc.tuple(logits([n]), fc.integer({ min: 0, max: n })))
const moderate = sizes.chain((n) => fc.tuple(tensors([n]), fc.integer({ min: 0, max: n })))
const n = (x: Tensor): number => x.shape.at(-1) as number
const sorted = (x: Tensor): number[] => values(x).sort((a, b) => b - a)
/** Round-off in what lies ±10⁴ away from the threshold, at the least of the temperatures. */
const tolerance = 1e-10

/** Whether no element is about to become 0 or 1, or to cease to be. */
const settled = (x: Tensor, k: number | Tensor, temperature = 1): boolean => {
  const near = [0.97, 1, 1.03].map((c) => values(softBinaryArgmax(x, k, { temperature: temperature * c })))
  const whole = (y: number): boolean => y === 0 || y === 1
  return (near[1] as number[]).every(
    (y, i) => near.every((ys) => whole(ys[i] as number) === whole(y)) && (whole(y) || Math.abs(y - 0.5) < 0.49),
  )
}

const batch = fc.tuple(fc.constantFrom(1, 3), sizes)
const fractions = (B: number, n: number): fc.Arbitrary<Tensor> => tensors([B], { min: 0, max: n })
const k = (x: Tensor, k: Tensor): Tensor => softBinaryArgmax(x, k)

describeLoss(k, {
  name: 'softBinaryArgmax',
  share: 0.5,
  args: batch.chain(([B, n]) => fc.tuple(logits([B, n]), fractions(B, n))),
  smooth: fc
    .tuple(fc.constantFrom(1, 3), fc.constantFrom(2, 5))
    .chain(([B, n]) => fc.tuple(tensors([B, n]), tensors([B], { min: 0.25, max: n - 0.25, avoid: [1, 2, 3, 4] })))
    .filter(([x, k]) => settled(x, k)),
  laws: {
    'lies from 0 to 1': laws.bounded(k, { min: 0, max: 1 }),
    'sums to k': (x, count) => {
      expectClose(sum(k(x, count), { axis: -1 }), count, tolerance)
    },
    'does not change when a row is shifted': laws.shiftInvariant(k, { by: 1024, tolerance }),
    'keeps the order of a row': (x, count) => {
      const [xs, ys] = [x, k(x, count)].map((t) => values(t).slice(0, n(x))) as [number[], number[]]
      xs.forEach((a, i) => {
        xs.forEach((b, j) => {
          if (a >= b) expect(ys[i]).toBeGreaterThanOrEqual(ys[j] as number)
        })
      })
    },
    'is 1 less that of the complement': (x, count) => {
      expectClose(k(x.neg(), count.neg().add(n(x))), k(x, count).neg().add(1), tolerance)
    },
    'has a gradient that sums to 0 over a row': (x, count) => {
      const weights = x.sub(1).square().add(1)
      const g = grad((z: Tensor) => sum(k(z, count).mul(weights)))(x)
      expectClose(sum(g, { axis: -1 }).div(sum(weights)), 0)
    },
  },
})

describe('softBinaryArgmax', () => {
  test.prop([moderate, temperatures])('is what sorting and pooling adjacent violators give', ([x, k], temperature) => {
    const scaled = values(x).map((v) => v / temperature)
    for (const count of [k, k / 2])
      expectClose(softBinaryArgmax(x, count, { temperature }), f64(...pooled(scaled, count)))
  })

  test.prop([moderate])('is nearer than any other point of the hypersimplex', ([x, k]) => {
    const y = values(softBinaryArgmax(x, k))
    const away = values(x).map((v, i) => v - (y[i] as number))
    // No corner lies in the direction of x from y: ⟨x − y, corner − y⟩ ≤ 0. The corners are all choices of k elements.
    for (let choice = 0; choice < 2 ** n(x); choice++) {
      const corner = y.map((_, i) => (choice >> i) & 1)
      if (corner.reduce((a, b) => a + b) !== k) continue
      const along = away.reduce((total, a, i) => total + a * ((corner[i] as number) - (y[i] as number)), 0)
      expect(along).toBeLessThanOrEqual(1e-12)
    }
  })

  test.prop([rowAndK.chain(([x, k]) => fc.tuple(fc.constant(x), fc.constant(k), permutations(n(x))))])(
    'keeps to the elements wherever they stand',
    ([x, k, order]) => {
      expectClose(softBinaryArgmax(take(x, order), k), take(softBinaryArgmax(x, k), order), tolerance)
    },
  )

  test.prop([rowAndK, temperatures])('divides by the temperature', ([x, k], temperature) => {
    expectClose(softBinaryArgmax(x, k, { temperature }), softBinaryArgmax(x.div(temperature), k), tolerance)
  })

  test.prop([rowAndK, temperatures])(
    'is 0 and 1 just where the k-th greatest leads by the temperature',
    ([x, k], temperature) => {
      const order = sorted(x)
      const lead = k === 0 || k === n(x) ? temperature : (order[k - 1] as number) - (order[k] as number)
      fc.pre(lead === temperature || Math.abs(lead - temperature) > 1e-9)
      const y = values(softBinaryArgmax(x, k, { temperature }))
      expect(y.every((v) => v === 0 || v === 1)).toBe(lead >= temperature)
    },
  )

  test.prop([sizes.chain((n) => fc.tuple(tensors([n], { distinct: true }), fc.integer({ min: 0, max: n })))])(
    'tends to 1 for the k greatest as the temperature falls, and to k / n as it grows',
    ([x, k]) => {
      const at = (temperature: number) => (x: Tensor) => softBinaryArgmax(x, k, { temperature })
      const cold = (x: Tensor): Tensor => {
        const least = k === 0 ? Number.POSITIVE_INFINITY : topK(x, k).values.slice([k - 1])
        return where(x.greaterEqual(least), f64(1), 0)
      }
      laws.tendsTo(at, cold, { along: [1, 1 / 64], tolerance: 0 })(x)
      laws.tendsTo(at, (x: Tensor) => x.mul(0).add(k / n(x)), { along: [10, 1e4, 1e12], tolerance: 1e-11 })(x)
    },
  )

  test.prop([rowAndK])('leaves points of the hypersimplex where they are', ([x, k]) => {
    const y = softBinaryArgmax(x, k)
    expectClose(softBinaryArgmax(y, k), y, tolerance)
  })

  test.prop([sizes.chain((n) => fc.tuple(tensors([n]), tensors([n]), fc.integer({ min: 0, max: n }))), temperatures])(
    'is firmly non-expansive in x / τ, so 1 / τ bounds its slope',
    ([a, b, k], temperature) => {
      const moved = [b, a].map((x) => softBinaryArgmax(x, k, { temperature })) as [Tensor, Tensor]
      const [dx, dy] = [b.sub(a), moved[0].sub(moved[1])]
      const [square, along] = [value(sum(dy.square())), value(sum(dy.mul(dx))) / temperature]
      expect(square).toBeLessThanOrEqual(along + 1e-12)
      expect(Math.sqrt(square)).toBeLessThanOrEqual(Math.sqrt(value(sum(dx.square()))) / temperature + 1e-12)
    },
  )

  test.prop([logits([5]), temperatures])('is sparsemax for k = 1', (x, temperature) => {
    expectClose(softBinaryArgmax(x, 1, { temperature }), entmax(x.div(temperature), { alpha: 2 }), tolerance)
  })

  test.prop([dyadics(), dyadics(), temperatures])('is a clipped difference for two elements', (a, b, temperature) => {
    const y = clip(
      f64(a - b, b - a)
        .div(2 * temperature)
        .add(0.5),
      { min: 0, max: 1 },
    )
    expectClose(softBinaryArgmax(f64(a, b), 1, { temperature }), y)
  })

  test.prop([moderate.filter(([x, k]) => settled(x, k, 1.5))])(
    'has the Jacobian (I − 1 1ᵀ / |A|) / τ on what is neither 0 nor 1: symmetric, positive semidefinite, with rows that sum to 0',
    ([x, k]) => {
      const temperature = 1.5
      const J = jacobian((z: Tensor) => softBinaryArgmax(z, k, { temperature }))(x)
      const y = softBinaryArgmax(x, k, { temperature })
      const active = y.greater(0).and(y.less(1)).cast('f64')
      const size = Math.max(1, value(sum(active)))
      const outer = active.expandDims(1).mul(active)
      expectClose(J, eye(n(x), { dtype: 'f64' }).mul(active).sub(outer.div(size)).div(temperature))
      expectClose(sum(J, { axis: 1 }), 0)
      expectClose(J, J.transpose(), 0)
      // A projection, divided by τ: its square is itself, so it has the eigenvalues 0 and 1 / τ.
      expectClose(matmul(J, J).mul(temperature), J)
    },
  )

  test.prop(
    [
      sizes
        .chain((n) => fc.tuple(tensors([n]), tensors([], { min: 0, max: n }), tensors([], { min: 0.5, max: 2 })))
        .filter(([x, k, temperature]) => settled(x, k, value(temperature))),
      tensors([6]),
      tensors([6]),
    ],
    runs(0.3),
  )('has the derivatives that root finds in the conditions for the nearest point', ([x, k, temperature], gs, vs) => {
    const [g, v] = [gs, vs].map((t) => t.slice([0], [n(x)])) as [Tensor, Tensor]
    interface Point {
      readonly y: Tensor
      readonly lambda: Tensor
    }
    type Project = (x: Tensor, k: Tensor, temperature: Tensor) => Tensor
    const own: Project = (x, k, temperature) => softBinaryArgmax(x, k, { temperature })
    const solve = (x: Tensor, k: Tensor, temperature: Tensor): Point => {
      const y = own(x, k, temperature)
      const active = y.greater(0).and(y.less(1))
      return { y, lambda: sum(where(active, x.div(temperature).sub(y), 0)).div(sum(active).cast('f64')) }
    }
    const conditions = ({ y, lambda }: Point, x: Tensor, k: Tensor, temperature: Tensor): Point => ({
      y: y.sub(clip(x.div(temperature).sub(lambda), { min: 0, max: 1 })),
      lambda: sum(y).sub(k),
    })
    const general: Project = (x, k, temperature) => root(conditions, solve)(x, k, temperature).y
    fc.pre(values(own(x, k, temperature)).some((y) => y > 0 && y < 1))
    expectClose(general(x, k, temperature), own(x, k, temperature))
    const slopes = (f: Project): readonly Tensor[] => vjp(f, x, k, temperature)[1](g)
    const wanted = slopes(general)
    slopes(own).forEach((slope, i) => {
      expectClose(slope, wanted[i] as Tensor)
    })
    const squares = (f: Project) => (x: Tensor) => sum(f(x, k, temperature).square().mul(g))
    const second = (f: Project) => vjp((z: Tensor) => grad(squares(f))(z), x)[1](v)[0]
    expectClose(second(general), second(own))
  })

  test.prop(
    [
      fc
        .tuple(tensors([4], { distinct: true }), tensors([], { min: 0.5, max: 2 }))
        .filter(([x, t]) => settled(x, 1.5, value(t))),
    ],
    runs(0.25),
  )('can be differentiated by x, k and temperature', ([x, temperature]) => {
    checkCustomVjp(
      (x: Tensor, k: Tensor, temperature: Tensor) => softBinaryArgmax(x, k, { temperature }),
      [x, f64(1.5).reshape([]), temperature],
    )
  })

  test.prop(
    [
      fc
        .integer({ min: 1, max: 4 })
        .chain((n) => fc.tuple(logits([2, n, 3]), tensors([2, 3], { min: 0, max: n }), tensors([2, 3], { min: 0.5 }))),
    ],
    runs(0.5),
  )('runs along any axis, each row with its own k and temperature', ([x, k, temperature]) => {
    const turned = x.transpose([0, 2, 1])
    const wanted = softBinaryArgmax(turned, k, { temperature }).transpose([0, 2, 1])
    expectClose(softBinaryArgmax(x, k, { temperature, axis: 1 }), wanted, tolerance)
    expectClose(softBinaryArgmax(x, k, { temperature, axis: -2 }), wanted, tolerance)
    const [row, ks, ts] = [turned, k, temperature].map((t) => values(t)) as [number[], number[], number[]]
    const first = f64(...row.slice(0, x.shape[1]))
    expectClose(
      f64(...values(wanted.transpose([0, 2, 1])).slice(0, x.shape[1])),
      softBinaryArgmax(first, ks[0] as number, { temperature: ts[0] as number }),
      tolerance,
    )
  })

  it.each([1000, 10_000])('goes back over %d elements in six kernels, however many found the threshold', async (n) => {
    const [x, g] = [1, 2].map((a) => tensor(Float32Array.from({ length: n }, (_, i) => Math.sin(a * i))))
    const project = (x: Tensor): Tensor => softBinaryArgmax(x, n / 4)
    const kernels = async (f: (x: Tensor) => Tensor): Promise<number> => {
      const backend = device()
      await f(x as Tensor).data({ backend })
      return backend.counts.kernels
    }
    const slope = grad((x: Tensor) => sum(project(x).mul(g as Tensor)))
    expect((await kernels(slope)) - (await kernels(project))).toBeLessThanOrEqual(6)
  })

  it('gives saturated elements that tie no gradient', () => {
    const x = f64(5, 5, -5, 0.3, 0.2, -7, -7)
    expectClose(softBinaryArgmax(x, 3), f64(1, 1, 0, 0.55, 0.45, 0, 0))
    const g = grad((z: Tensor) => sum(softBinaryArgmax(z, 3).mul(f64(1, 3, 2, 1, 0, 8, 9))))(x)
    expect(values(g)).toEqual([0, 0, 0, 0.5, -0.5, 0, 0])
  })

  it('shares evenly among elements that tie at the threshold', () => {
    expectClose(softBinaryArgmax(f64(2, 0, 0, 0, -2), 2), f64(1, 1 / 3, 1 / 3, 1 / 3, 0))
    expectClose(softBinaryArgmax(f64(1, 1, 1, 1), 3), 0.75)
  })

  it.each(['f32', 'f64'] as const)('finds the threshold however far the elements spread, in %s', (dtype) => {
    const low = Number.NEGATIVE_INFINITY
    const near = [0.25, -0.5, 0, 3]
    for (const far of [low, -1e30, -1e12, -1e4]) {
      const x = tensor([far, ...near, far, far], { dtype })
      const options = { temperature: 0.5 }
      expectClose(softBinaryArgmax(x, 2, options), tensor([0, 0.75, 0, 0.25, 1, 0, 0], { dtype }), 1e-6)
      const g = grad((z: Tensor) => sum(softBinaryArgmax(z, 2, options).square()))(x)
      expectClose(g, tensor([0, 1, 0, -1, 0, 0, 0], { dtype }), 1e-6)
    }
  })

  it('keeps its digits in f32 with thousands of elements', () => {
    const x = tensor(Float32Array.from({ length: 5000 }, (_, i) => 40 * Math.sin(i)))
    for (const k of [1, 700, 2500, 4999]) {
      const [y, wanted] = [softBinaryArgmax(x, k), softBinaryArgmax(x.cast('f64'), k)]
      expectClose(y.cast('f64'), wanted, 1e-5)
      expectClose(sum(y.cast('f64')), k, 1e-6)
    }
  })

  it('takes the figures of the paper', () => {
    const at = (temperature: number): number[] =>
      values(softBinaryArgmax(f64(0.1, 1.6, 1), 1, { temperature })).map((y) => Math.round(1e4 * y) / 1e4)
    expect(at(10)).toEqual([0.2533, 0.4033, 0.3433])
    expect(at(50)).toEqual([0.3173, 0.3473, 0.3353])
  })

  it('marks rows whose computed k or temperature is out of range by NaN', () => {
    const x = f64(1, 2, 3, 4).reshape([2, 2])
    const bad = (t: Tensor): boolean[] => values(t).map(Number.isNaN)
    expect(bad(softBinaryArgmax(x, f64(1, 2).add(1)))).toEqual([false, false, true, true])
    expect(bad(softBinaryArgmax(x, 1, { temperature: f64(1, 0).mul(1) }))).toEqual([false, false, true, true])
  })

  it('makes rows NaN that hold ∞ or NaN, or nothing but −∞', () => {
    const { NaN: none, POSITIVE_INFINITY: high, NEGATIVE_INFINITY: low } = Number
    const x = f64(1, high, 1, none, low, low, 1, low).reshape([4, 2])
    expect(values(softBinaryArgmax(x, 1)).map(Number.isNaN)).toEqual([...Array(6).fill(true), false, false])
  })

  it('has nothing to do where there is nothing', () => {
    expect(softBinaryArgmax(tensor([], { shape: [2, 0] }), 0).shape).toEqual([2, 0])
    expect(values(softBinaryArgmax(tensor([], { shape: [0, 2] }), 1))).toEqual([])
  })
})

describeErrors('softBinaryArgmax', {
  'softBinaryArgmax: k must be from 0 to 2, got 3.': () => softBinaryArgmax(f64(1, 2), 3),
  'softBinaryArgmax: k must be from 0 to 2, got 3 at [1].': () =>
    softBinaryArgmax(f64(1, 2, 3, 4).reshape([2, 2]), tensor([1, 3], { dtype: 'i32' })),
  'softBinaryArgmax: temperature must be greater than 0, got 0.': () =>
    softBinaryArgmax(f64(1, 2), 1, { temperature: 0 }),
  'softBinaryArgmax: axis must be one of the axes of [2], got 1.': () => softBinaryArgmax(f64(1, 2), 1, { axis: 1 }),
  'softBinaryArgmax: k must be a number or have shape [], one for each row of x [2] along axis 0, got [1].': () =>
    softBinaryArgmax(f64(1, 2), f64(1)),
  "softBinaryArgmax: x must be f32 or f64, got i32 [2]. Cast it, e.g. x.cast('f32').": () =>
    softBinaryArgmax(tensor([1, 2], { dtype: 'i32' }), 1),
})

/**
 * The authors' algorithm in plain numbers: in descending order y = s − v, where v is the decreasing sequence nearest to s − w with
 * w = (1, …, 1, the rest of k, 0, …), found by pooling what increases.
 */
function pooled(scores: readonly number[], k: number): number[] {
  const order = scores.map((_, i) => i).sort((a, b) => (scores[b] as number) - (scores[a] as number))
  const blocks: { total: number; size: number }[] = []
  order.forEach((i, rank) => {
    let block = { total: (scores[i] as number) - Math.min(1, Math.max(0, k - rank)), size: 1 }
    for (let last = blocks.at(-1); last && last.total / last.size < block.total / block.size; last = blocks.at(-1)) {
      blocks.pop()
      block = { total: last.total + block.total, size: last.size + block.size }
    }
    blocks.push(block)
  })
  const fit = blocks.flatMap(({ total, size }) => new Array<number>(size).fill(total / size))
  const y = new Array<number>(scores.length)
  order.forEach((i, rank) => {
    y[i] = (scores[i] as number) - (fit[rank] as number)
  })
  return y
}
