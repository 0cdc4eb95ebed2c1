import { fc, test } from '@fast-check/vitest'
import { cpu } from '@wengert/backend-cpu'
import {
  grad,
  hessian,
  relu,
  solve,
  sum,
  type Tensor,
  take,
  tensor,
  useBackend,
  WengertError,
  zeros,
} from '@wengert/core'
import { checkGradients, tensors } from '@wengert/gradcheck'
import { describeErrors, expectClose, runs, values } from '@wengert/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import { type LinearModel, linearScores, linearSvm, logisticRegression, mahalanobisEnsemble } from '../index.ts'

beforeAll(() => useBackend(cpu()))

const [N, D] = [12, 2]
const features = tensors([N, D], { min: -2, max: 2 })
const amounts = fc.constantFrom(0.1, 1, 10)
const exact = { gradientTolerance: 1e-10 }
const classesOf = (K: number): Tensor =>
  tensor(
    Array.from({ length: N }, (_, i) => i % K),
    { dtype: 'i32' },
  )
const rows = (x: Tensor, wanted: (row: number) => boolean): Tensor =>
  take(x, tensor(Array.from({ length: N }, (_, i) => i).filter(wanted), { dtype: 'i32' }))
const row = (x: Tensor, k: number): readonly number[] => {
  const width = x.shape[1] as number
  return values(x).slice(k * width, (k + 1) * width)
}

describe('logisticRegression', () => {
  test.prop([features, amounts], runs(0.05))("has Newton's solution for two classes", async (x, C) => {
    const { params, reason } = await logisticRegression(x, classesOf(2), { classes: 2, C, ...exact })
    expect(reason).not.toBe('maxIterations')
    const binary = mahalanobisEnsemble(x, classesOf(2), { C: 2 * C })
    const [a, b] = [row(params.weight, 1), row(params.weight, 0)]
    expectClose(
      tensor(
        a.map((w, d) => w - (b[d] as number)),
        { dtype: 'f64' },
      ),
      binary.weight,
      1e-7,
    )
    expect((values(params.bias)[1] as number) - (values(params.bias)[0] as number)).toBeCloseTo(binary.bias.item(), 6)
  })

  test.prop([features, amounts], runs(0.2))('is where the slopes of several classes are 0', async (x, C) => {
    const K = 3
    const { params, value } = await logisticRegression(x, classesOf(K), { classes: K, C, ...exact })
    const [X, W, b] = [values(x), values(params.weight), values(params.bias)]
    // In plain numbers: the sums over examples of (p − hit) x and of (p − hit).
    const slopes = Array.from({ length: K * (D + 1) }, () => 0)
    let cost = 0
    for (let i = 0; i < N; i++) {
      const point = [...X.slice(i * D, (i + 1) * D), 1]
      const z = b.map((bias, k) => point.reduce((s, v, d) => s + v * (d < D ? (W[k * D + d] as number) : bias), 0))
      const total = z.reduce((s, v) => s + Math.exp(v), 0)
      cost += Math.log(total) - (z[i % K] as number)
      z.forEach((v, k) => {
        const pull = Math.exp(v) / total - Number(i % K === k)
        point.forEach((u, d) => {
          slopes[k * (D + 1) + d] = (slopes[k * (D + 1) + d] as number) + C * pull * u
        })
      })
    }
    W.forEach((w, at) => {
      cost += (w * w) / 2 / C
      expect(slopes[Math.floor(at / D) * (D + 1) + (at % D)] as number).toBeCloseTo(-w, 8)
    })
    for (let k = 0; k < K; k++) expect(slopes[k * (D + 1) + D]).toBeCloseTo(0, 8)
    expect(value).toBeCloseTo(C * cost, 8)
  })

  test.prop([features], runs(0.1))('moves its bias alone where all features are moved', async (x) => {
    const fit = async (x: Tensor): Promise<LinearModel> =>
      (await logisticRegression(x, classesOf(3), { classes: 3, ...exact })).params
    const [here, there] = [await fit(x), await fit(x.add(1))]
    expectClose(there.weight, here.weight, 1e-7)
    expectClose(linearScores(x.add(1), there), linearScores(x, here), 1e-6)
  })
})

describe('linearSvm', () => {
  /** Newton's method on the examples inside the margin, until these stay the same: the exact solution, each class by itself. */
  const newton = (x: Tensor, signs: Tensor, C: number): Tensor => {
    const objective = (theta: Tensor): Tensor => {
      const w = theta.slice([0], [D])
      const margins = sum(x.mul(w), { axis: 1 })
        .add(theta.slice([D], [D + 1]))
        .mul(signs)
      return sum(relu(margins.neg().add(1)).square())
        .mul(C)
        .add(sum(w.square()).mul(0.5))
    }
    let theta = zeros([D + 1], { dtype: 'f64' })
    for (let step = 0; step < 12; step++) {
      const move = solve(hessian(objective)(theta) as Tensor, grad(objective)(theta).expandDims(1)).squeeze(1)
      const costs = [1, 0.5, 0.25, 0.1, 0.01].map((t) => ({ t, cost: objective(theta.sub(move.mul(t))).item() }))
      const { t } = costs.reduce((a, b) => (b.cost < a.cost ? b : a))
      theta = tensor(theta.sub(move.mul(t)).dataSync() as Float64Array)
    }
    return theta
  }

  test.prop([features, fc.constantFrom(0.1, 1)], runs(0.02))("has Newton's solution for each class", async (x, C) => {
    const { params } = await linearSvm(x, classesOf(3), { classes: 3, C, ...exact })
    for (let k = 0; k < 3; k++) {
      const theta = newton(x, classesOf(3).equal(k).cast('f64').mul(2).sub(1), C)
      expectClose(tensor([...row(params.weight, k), values(params.bias)[k] as number], { dtype: 'f64' }), theta, 1e-6)
    }
  })

  test.prop([features, amounts], runs(0.2))('does not mind examples beyond the margin', async (x, C) => {
    const labels = classesOf(2)
    const { params } = await linearSvm(x, labels, { classes: 2, C, ...exact })
    const scores = values(linearScores(x, params))
    const minds = (i: number): boolean => (scores[2 * i + (i % 2)] as number) < 1 + 1e-9
    const fewer = await linearSvm(rows(x, minds), rows(labels, minds), { classes: 2, C, ...exact })
    expectClose(fewer.params.weight, params.weight, 1e-6)
    expectClose(fewer.params.bias, params.bias, 1e-6)
  })

  test.prop([features, amounts], runs(0.3))('of two classes has one the mirror image of the other', async (x, C) => {
    const { weight, bias } = (await linearSvm(x, classesOf(2), { classes: 2, C, ...exact })).params
    expectClose(weight.slice([0, 0], [1, D]), weight.slice([1, 0], [2, D]).neg(), 1e-9)
    expectClose(bias.slice([0], [1]), bias.slice([1], [2]).neg(), 1e-9)
  })
})

describe.each([
  ['logisticRegression', logisticRegression],
  ['linearSvm', linearSvm],
] as const)('%s', (name, fit) => {
  test.prop([features], runs(0.1))('takes examples that occur twice as C twice as large', async (x) => {
    const labels = classesOf(3)
    const all = (x: Tensor): Tensor =>
      take(
        x,
        tensor(
          [...Array(2 * N).keys()].map((i) => i % N),
          { dtype: 'i32' },
        ),
      )
    const twice = await fit(all(x), all(labels), { classes: 3, ...exact })
    const doubled = await fit(x, labels, { classes: 3, C: 2, ...exact })
    expectClose(twice.params.weight, doubled.params.weight, 1e-6)
    expectClose(twice.params.bias, doubled.params.bias, 1e-6)
  })

  test.prop([features], runs(0.05))('finds in f32 what it finds in f64', async (x) => {
    const [coarse, fine] = [x.cast('f32'), x]
    const far = await fit(coarse, classesOf(3), { classes: 3 })
    expect(far.params.weight.dtype).toBe('f32')
    expectClose(
      far.params.weight.cast('f64'),
      (await fit(fine, classesOf(3), { classes: 3, ...exact })).params.weight,
      1e-3,
    )
  })

  it.each<readonly [string, () => Promise<unknown>]>([
    [
      `${name}: labels must be class indices from 0 to 1, got 2 at [1].`,
      () => fit(zeros([2, 1]), tensor([0, 2], { dtype: 'i32' }), { classes: 2 }),
    ],
    [
      `${name}: C must be a finite number greater than 0, got 0.`,
      () => fit(zeros([2, 1]), zeros([2], { dtype: 'i32' }), { classes: 1, C: 0 }),
    ],
    [
      `${name}: labels must have shape [N], got [3] (N = 2, D = 1). Expected x [N, D], labels [N].`,
      () => fit(zeros([2, 1]), zeros([3], { dtype: 'i32' }), { classes: 1 }),
    ],
    [
      `${name}: classes must be an integer of at least 1, got 0.5.`,
      () => fit(zeros([2, 1]), zeros([2], { dtype: 'i32' }), { classes: 0.5 }),
    ],
  ])('fails with %s', async (message, call) => {
    await expect(call()).rejects.toThrow(message)
    await expect(call()).rejects.toBeInstanceOf(WengertError)
  })
})

describe('linearScores', () => {
  test.prop([tensors([2, 3, D]), tensors([4, D]), tensors([4])], runs(0.2))(
    'has right gradients',
    (x, weight, bias) => {
      checkGradients((x: Tensor, weight: Tensor, bias: Tensor) => linearScores(x, { weight, bias }), [x, weight, bias])
    },
  )
})

describeErrors('linearScores', {
  'linearScores: bias must have shape [K], got [3] (...B = [], D = 2, K = 4). Expected x [...B, D], weight [K, D], bias [K].':
    () => linearScores(zeros([2]), { weight: zeros([4, 2]), bias: zeros([3]) }),
})
