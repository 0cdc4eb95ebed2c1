import { fc, test } from '@fast-check/vitest'
import { cpu } from '@wengert/backend-cpu'
import { positiveDefinites, tensors } from '@wengert/gradcheck'
import { device, expectClose, runs, values } from '@wengert/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import * as w from '../index.ts'
import { lineSearch, type Trial } from './lineSearch.ts'
import { twoLoop } from './twoLoop.ts'

beforeAll(() => w.useBackend(cpu()))

const f64 = { dtype: 'f64' } as const
const sumOfSquares = (x: w.Tensor): w.Tensor => w.sum(x.square())

/** Banana-shaped valleys, with the minimum 0 at ones. */
const rosenbrock = (x: w.Tensor): w.Tensor => {
  const n = x.shape[0] as number
  const [a, b] = [x.slice([0], [n - 1]), x.slice([1], [n])]
  return sumOfSquares(a.sub(1)).add(sumOfSquares(b.sub(a.square())).mul(100))
}

describe('minimize', () => {
  it.each([2, 20])('follows the valley of %i numbers to its end', async (n) => {
    const start = w.tensor(
      Array.from({ length: n }, (_, i) => (i % 2 ? 1 : -1.2)),
      f64,
    )
    const { params, value, gradientNorm, reason, iterations, evaluations } = await w.minimize(rosenbrock, start, {
      gradientTolerance: 1e-10,
    })
    expectClose(params, w.ones([n], f64), 1e-10)
    expect(value).toBeLessThan(1e-18)
    expect(gradientNorm).toBeLessThan(1e-10)
    expect(reason).toBe('gradientTolerance')
    expect(iterations).toBeLessThan(n === 2 ? 50 : 200)
    expect(evaluations).toBeLessThan(1.5 * iterations)
  })

  const n = 4
  test.prop([positiveDefinites([n, n]), tensors([n])], runs(0.3))(
    'solves a quadratic of n numbers in n steps, if it may look along each as far as it likes',
    async (A, b) => {
      const objective = (x: w.Tensor): w.Tensor => w.sum(x.mul(w.matmul(A, x.expandDims(1)).squeeze(1).mul(0.5).sub(b)))
      const { params, iterations } = await w.minimize(objective, w.zeros([n], f64), {
        curvature: 1e-6,
        gradientTolerance: 1e-6,
      })
      expect(iterations).toBeLessThanOrEqual(n)
      expectClose(w.matmul(A, params.expandDims(1)).squeeze(1), b, 1e-6)
    },
  )

  it("finds Newton's solution of a logistic regression whose features differ in size by 10⁴", async () => {
    const [N, D] = [60, 4]
    const sizes = w.tensor([1e-2, 1, 10, 100], f64)
    const x = w.normal(w.key(1), [N, D], f64).mul(sizes)
    const y = w
      .sum(x.div(sizes), { axis: 1 })
      .add(w.normal(w.key(2), [N], f64))
      .greater(0)
      .cast('f64')
    const objective = (theta: w.Tensor): w.Tensor => {
      const z = w.matmul(x, theta.expandDims(1)).squeeze(1)
      return w.sum(w.softplus(z).sub(y.mul(z))).add(sumOfSquares(theta).mul(0.005))
    }
    let theta = w.zeros([D], f64)
    for (let i = 0; i < 25; i++) {
      const move = w.solve(w.hessian(objective)(theta) as w.Tensor, w.grad(objective)(theta).expandDims(1))
      theta = w.tensor(theta.sub(move.squeeze(1)).dataSync() as Float64Array)
    }
    const found = await w.minimize(objective, w.zeros([D], f64), { gradientTolerance: 1e-9 })
    expect(found.reason).toBe('gradientTolerance')
    expectClose(found.params, theta, 1e-9)
  })

  it('gives parameters the structure they came in, and takes the steps of one vector', async () => {
    const start = { a: w.zeros([], f64), b: [w.ones([2, 1], f64).mul(-1)] as const }
    const vector = ({ a, b: [b] }: typeof start): w.Tensor => w.concat([a.expandDims(0), b.reshape([-1])])
    const tree = await w.minimize((p: typeof start) => rosenbrock(vector(p)), start)
    const plain = await w.minimize(rosenbrock, vector(start))
    expect(tree.params.b[0].shape).toEqual([2, 1])
    expect(values(vector(tree.params))).toEqual(values(plain.params))
    expect(tree.evaluations).toBe(plain.evaluations)
  })

  it('takes no step at a minimum', async () => {
    const { params, ...rest } = await w.minimize(sumOfSquares, w.zeros([3]))
    expect(values(params)).toEqual([0, 0, 0])
    expect(rest).toEqual({ value: 0, gradientNorm: 0, iterations: 0, evaluations: 1, reason: 'gradientTolerance' })
  })

  it('tells that it ran out of steps', async () => {
    const { reason, iterations, value } = await w.minimize(rosenbrock, w.zeros([2], f64), { maxIterations: 3 })
    expect([reason, iterations]).toEqual(['maxIterations', 3])
    expect(value).toBeLessThan(1)
  })

  it('tells where round-off, or an edge, is the end', async () => {
    // A thousand hides what is below 1e-4 in f32.
    const shallow = await w.minimize((x: w.Tensor) => rosenbrock(x.mul(0.7)).add(1000), w.zeros([4]), {
      gradientTolerance: 0,
    })
    expect(shallow.reason).toBe('noDescent')
    expectClose(shallow.params, 1 / 0.7, 0.05)
    const edge = await w.minimize((x: w.Tensor) => w.sum(x.abs()), w.tensor([1, -0.3], f64))
    expect(edge.reason).toBe('noDescent')
    expect(edge.value).toBeLessThan(1e-3)
  })

  it('steps back from where the objective is not finite', async () => {
    // The logarithm of what is not positive.
    const barrier = (x: w.Tensor): w.Tensor => w.sum(x.mul(50).sub(x.log()))
    const { params, reason } = await w.minimize(barrier, w.tensor([1, 0.5], f64), { gradientTolerance: 1e-9 })
    expect(reason).toBe('gradientTolerance')
    expectClose(params, 0.02, 1e-10)
  })

  it('works on asynchronous backends, reading once in each evaluation and once in each search', async () => {
    const backend = device()
    const start = w.tensor([-1.2, 1])
    const far = await w.minimize(rosenbrock, start, { backend, gradientTolerance: 1e-4 })
    expect(backend.counts.reads).toBeLessThanOrEqual(far.evaluations + far.iterations + 1)
    const near = await w.minimize(rosenbrock, start, { gradientTolerance: 1e-4 })
    expect(await far.params.data({ backend })).toEqual(await near.params.data())
  })

  test.prop([tensors([2], { min: -1, max: 1 }), positiveDefinites([2, 2])], runs(0.1))(
    'is differentiated by root',
    async (b, A) => {
      const objective = (x: w.Tensor, b: w.Tensor): w.Tensor =>
        w.sum(w.softplus(x).sub(b.mul(x))).add(w.sum(x.mul(w.matmul(A, x.expandDims(1)).squeeze(1))))
      const { params } = await w.minimize((x: w.Tensor) => objective(x, b), w.zeros([2], f64), {
        gradientTolerance: 1e-12,
      })
      const slope = (x: w.Tensor, b: w.Tensor): w.Tensor => w.grad((v: w.Tensor) => objective(v, b))(x)
      const solution = w.root(slope, (_: w.Tensor) => params)
      // Where the slope stays 0 as b changes.
      const jacobian = w.jacobian(solution)(b) as w.Tensor
      expectClose(w.matmul(w.jacobian((x: w.Tensor) => slope(x, b))(params) as w.Tensor, jacobian), w.eye(2, f64), 1e-9)
    },
  )

  const start = w.zeros([2])
  it.each<[string, () => Promise<unknown>]>([
    [
      "minimize: objective must be finite at the start, got NaN. Start elsewhere; reading it with check: 'finite' tells where this begins.",
      () => w.minimize((x: w.Tensor) => w.sum(x.sub(1).log()), start),
    ],
    [
      "minimize: gradient of the objective must be finite at the start, got Infinity. Start elsewhere; reading it with check: 'finite' tells where this begins.",
      () => w.minimize((x: w.Tensor) => w.sum(x.sqrt()), start),
    ],
    [
      "minimize: start must be f32 or f64, got i32 [2]. Cast it, e.g. start.cast('f32').",
      () => w.minimize((x: w.Tensor) => w.sum(x), w.tensor([1, 2], { dtype: 'i32' })),
    ],
    [
      'minimize: start must be of one dtype, got f32 and f64 at tree.b. Cast it.',
      () => w.minimize(({ a }: { a: w.Tensor; b: w.Tensor }) => w.sum(a), { a: start, b: w.zeros([], f64) }),
    ],
    ['minimize: start must hold at least one tensor, got none.', () => w.minimize(() => w.zeros([]), [])],
    ['minimize: memory must be an integer of at least 1, got 0.', () => w.minimize(sumOfSquares, start, { memory: 0 })],
    [
      'minimize: maxIterations must be an integer of at least 0, got 0.5.',
      () => w.minimize(sumOfSquares, start, { maxIterations: 0.5 }),
    ],
    [
      'minimize: gradientTolerance must be at least 0, got -1.',
      () => w.minimize(sumOfSquares, start, { gradientTolerance: -1 }),
    ],
    ['minimize: curvature must be between 0 and 1, got 1.', () => w.minimize(sumOfSquares, start, { curvature: 1 })],
  ])('fails with %s', async (message, call) => {
    await expect(call()).rejects.toThrow(message)
    await expect(call()).rejects.toBeInstanceOf(w.WengertError)
  })
})

describe('lineSearch', () => {
  /** A polynomial that goes down from 0, up in the end, and may wave between. */
  const polynomials = fc.record({
    slope: fc.double({ min: -50, max: -0.5, noNaN: true }),
    bend: fc.double({ min: -20, max: 20, noNaN: true }),
    twist: fc.double({ min: -2, max: 2, noNaN: true }),
    rise: fc.double({ min: 0.1, max: 5, noNaN: true }),
    first: fc.double({ min: 1e-3, max: 1e3, noNaN: true }),
    curvature: fc.constantFrom(0.9, 0.1, 0.01),
  })

  test.prop([polynomials])('ends where both strong Wolfe conditions hold', async ({ first, curvature, ...p }) => {
    const at = (t: number): Trial => ({
      step: t,
      value: t * (p.slope + t * (p.bend + t * (p.twist + t * p.rise))),
      slope: p.slope + t * (2 * p.bend + t * (3 * p.twist + 4 * t * p.rise)),
    })
    const found = await lineSearch(async (t) => at(t), at(0), { first, curvature, rounding: 0 })
    if (!found) expect.fail('no step was found')
    expect(found.step).toBeGreaterThan(0)
    expect(found.value).toBeLessThanOrEqual(1e-4 * found.step * p.slope)
    expect(Math.abs(found.slope)).toBeLessThanOrEqual(curvature * Math.abs(p.slope))
  })

  it('passes a level place by that lies hardly below the start', async () => {
    const at = (t: number): Trial => ({ step: t, value: -t * (1 - t) ** 2, slope: (1 - t) * (3 * t - 1) })
    const found = await lineSearch(async (t) => at(t), at(0), { first: 1, curvature: 0.9, rounding: 0 })
    expect(found?.value).toBeLessThan(-0.05)
  })

  it('stays where values and slopes are finite', async () => {
    for (const beyond of [
      { value: -100, slope: Number.NaN },
      { value: Number.NEGATIVE_INFINITY, slope: -1 },
    ]) {
      const at = (step: number): Trial => (step > 2 ? { step, ...beyond } : { step, value: -step, slope: -1 })
      const found = await lineSearch(async (t) => at(t), at(0), { first: 1, curvature: 0.9, rounding: 0 })
      expect(found?.step).toBeGreaterThan(1)
      expect(found?.step).toBeLessThanOrEqual(2)
    }
  })

  it('says where nothing falls', async () => {
    const at = (step: number): Trial => ({ step, value: step === 0 ? 0 : 1, slope: -1 })
    expect(await lineSearch(async (t) => at(t), at(0), { first: 1, curvature: 0.9, rounding: 0 })).toBeNull()
  })
})

describe('twoLoop', () => {
  const pairs = fc.array(
    fc
      .record({ step: tensors([3]), change: tensors([3]) })
      .filter(({ step, change }) => w.sum(step.mul(change)).item() > 0.1),
    { minLength: 1, maxLength: 3 },
  )

  test.prop([tensors([3]), pairs], runs(0.5))('is what updating the inverse Hessian pair by pair gives', (g, pairs) => {
    const outer = (a: w.Tensor, b: w.Tensor): w.Tensor => a.expandDims(1).mul(b)
    const { step, change } = pairs.at(-1) as (typeof pairs)[number]
    let H = w.eye(3, f64).mul(w.sum(step.mul(change)).div(sumOfSquares(change)))
    for (const { step: s, change: y } of pairs) {
      const share = w.sum(s.mul(y))
      const V = w.eye(3, f64).sub(outer(y, s).div(share))
      H = w.matmul(V.transpose(), w.matmul(H, V)).add(outer(s, s).div(share))
    }
    expectClose(twoLoop(g, pairs), w.matmul(H, g.expandDims(1)).squeeze(1).neg(), 1e-8)
    expectClose(twoLoop(change, pairs), step.neg(), 1e-8)
  })

  test.prop([tensors([3])])('goes down the gradient where nothing is remembered', (g) => {
    expect(values(twoLoop(g, []))).toEqual(values(g.neg()))
  })
})
