import { fc, test } from '@fast-check/vitest'
import { eye, grad, key, matmul, mean, scatterAdd, sum, type Tensor, take, tensor, vjp } from '@wengert/core'
import { checkGradients, labels, laws, tensors } from '@wengert/gradcheck'
import { describeErrors, expectClose, runs, values } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { factoredSphericalLayer, type SphericalFactors, type SphericalSums } from './factoredSphericalLayer.ts'
import { sphericalForms } from './sphericalForms.ts'
import { sphericalMse } from './sphericalMse.ts'
import { sphericalSoftmaxLoss } from './sphericalSoftmaxLoss.ts'
import { taylorSoftmaxLoss } from './taylorSoftmaxLoss.ts'
import { zLoss } from './zLoss.ts'

/** One step's data, with steps so small that no weight loses its rank. */
interface Draw {
  readonly weight: Tensor
  readonly steps: readonly {
    readonly hidden: Tensor
    readonly indices: Tensor
    readonly gradients: SphericalSums
  }[]
}

const sizes = fc.record({
  D: fc.integer({ min: 1, max: 4 }),
  K: fc.integer({ min: 1, max: 6 }),
  B: fc.integer({ min: 1, max: 4 }),
  M: fc.integer({ min: 1, max: 3 }),
  count: fc.integer({ min: 1, max: 3 }),
})
const draws: fc.Arbitrary<Draw> = sizes.chain(({ D, K, B, M, count }) => {
  const step = fc.record({
    hidden: tensors([B, D], { min: -1, max: 1 }),
    indices: labels([B, M], K),
    gradients: fc.record({ selected: tensors([B, M]), q: tensors([B]), s: tensors([B]) }),
  })
  return fc.record({ weight: tensors([K, D]), steps: fc.array(step, { minLength: count, maxLength: count }) })
})
const lr = 0.005

const layerOf = (weight: Tensor) =>
  factoredSphericalLayer({ in: weight.shape[1] as number, out: weight.shape[0] as number, dtype: 'f64' })

/** The sums of a dense layer. */
function denseSums(weight: Tensor, hidden: Tensor, indices: Tensor): SphericalSums {
  const o = matmul(hidden, weight.transpose())
  const [B = 0, K = 0] = o.shape
  const at = tensor(Int32Array.from({ length: B }, (_, i) => i * K)).expandDims(1)
  const selected = take(o.reshape([B * K]), tensor(Int32Array.from(values(at.add(indices))), { shape: indices.shape }))
  return { selected, q: sum(o.square(), { axis: -1 }), s: sum(o, { axis: -1 }) }
}

/** What the gradients are given for: their objective, linear in the sums. */
function objective(sums: SphericalSums, by: SphericalSums): Tensor {
  return sum(sums.selected.mul(by.selected))
    .add(sum(sums.q.mul(by.q)))
    .add(sum(sums.s.mul(by.s)))
}

function expectFactorsOf(weight: Tensor, { u, uInverse, gram, total }: SphericalFactors, tolerance: number): void {
  expectClose(matmul(u, uInverse), eye(u.shape[0] as number, { dtype: 'f64' }), tolerance)
  expectClose(gram, matmul(weight.transpose(), weight), tolerance)
  expectClose(total, sum(weight, { axis: 0 }), tolerance)
}

describe('factoredSphericalLayer', () => {
  test.prop([draws])('moves as the dense layer does by gradient descent, in batches, step after step', (drawn) => {
    const layer = layerOf(drawn.weight)
    let dense = drawn.weight
    let { table, factors } = layer.from(dense)
    for (const { hidden, indices, gradients } of drawn.steps) {
      const rows = take(table, indices)
      const slope = grad((w: Tensor) => objective(denseSums(w, hidden, indices), gradients))(dense)
      dense = dense.sub(slope.mul(lr))
      const next = layer.update(factors, { rows, indices, hidden, gradients, lr })
      factors = next.factors
      table = scatterAdd(table, indices, next.change)
    }
    expectClose(layer.weight(table, factors), dense, 1e-10)
    expectFactorsOf(dense, factors, 1e-10)
    expectClose(factors.gram, factors.gram.transpose(), 0)
  })

  test.prop([draws])('gives the sums of the dense layer, and their gradients by what came in', (drawn) => {
    const layer = layerOf(drawn.weight)
    const [first] = drawn.steps
    if (!first) return
    const { hidden, indices, gradients } = first
    const start = layer.from(drawn.weight)
    const { factors, change } = layer.update(start.factors, { rows: take(start.table, indices), lr, ...first })
    const table = scatterAdd(start.table, indices, change)
    const weight = layer.weight(table, factors)
    const sums = (h: Tensor): SphericalSums => layer.apply(factors, take(table, indices), h)
    const dense = denseSums(weight, hidden, indices)
    for (const name of ['selected', 'q', 's'] as const) expectClose(sums(hidden)[name], dense[name], 1e-11)
    expectClose(
      grad((h: Tensor) => objective(sums(h), gradients))(hidden),
      grad((h: Tensor) => objective(denseSums(weight, h, indices), gradients))(hidden),
      1e-11,
    )
  })

  test.prop([draws], runs(0.25))('has derivatives by what came in that agree with differences, to order 2', (drawn) => {
    const { factors, table } = layerOf(drawn.weight).from(drawn.weight)
    const { hidden, indices } = drawn.steps[0] as Draw['steps'][number]
    const rows = take(table, indices)
    const layer = layerOf(drawn.weight)
    const all = (h: Tensor, rows: Tensor): Tensor => {
      const [M = 0, D = 0] = rows.shape.slice(-2)
      const { selected, q, s } = layer.apply(factors, rows.reshape([-1, M, D]), h.reshape([-1, D]))
      return sum(selected, { axis: -1 }).add(q).add(s).reshape(h.shape.slice(0, -1))
    }
    checkGradients((h: Tensor) => all(h, rows), [hidden], { order: 2 })
    laws.exampleWise(all, { args: [0, 1] })(hidden, rows)
  })

  test.prop([draws])('does not mind the order of the examples of a batch', (drawn) => {
    const layer = layerOf(drawn.weight)
    const { table, factors } = layer.from(drawn.weight)
    const { hidden, indices, gradients } = drawn.steps[0] as Draw['steps'][number]
    const next = (h: Tensor, at: Tensor, selected: Tensor, q: Tensor, s: Tensor): Tensor => {
      const rows = take(table, at)
      const step = layer.update(factors, { rows, indices: at, hidden: h, gradients: { selected, q, s }, lr })
      return layer.weight(scatterAdd(table, at, step.change), step.factors)
    }
    const law = laws.permutationInvariant(next, { tolerance: 1e-11, args: [0, 1, 2, 3, 4] })
    law(hidden, indices, gradients.selected, gradients.q, gradients.s)
  })

  it('begins with a normal weight of variance 1/D, fixed by the key', () => {
    const layer = factoredSphericalLayer({ in: 8, out: 2000 })
    const { table, factors } = layer.init(key(3))
    expect(table.dtype).toBe('f32')
    expect(values(mean(table.square()))[0]).toBeCloseTo(1 / 8, 2)
    expect(values(layer.init(key(3)).table)).toEqual(values(table))
    expectClose(factors.gram, matmul(table.transpose(), table), 1e-5)
  })

  it('learns in f32, without losing the weight in hundreds of steps', () => {
    const [D, K, B] = [6, 40, 4]
    const layer = factoredSphericalLayer({ in: D, out: K })
    let { table, factors } = layer.init(key(1))
    let loss = 0
    const losses: number[] = []
    const noise = values(layer.init(key(2)).table)
    for (let step = 0; step < 400; step++) {
      const classes = Int32Array.from({ length: B }, (_, i) => (step * 7 + i * 3) % K)
      const indices = tensor(classes, { shape: [B, 1] })
      const hidden = tensor(
        Float32Array.from(
          { length: B * D },
          (_, i) => 2 * (noise[(classes[(i / D) | 0] as number) * D + (i % D)] as number),
        ),
        { shape: [B, D] },
      )
      const rows = take(table, indices)
      const [perExample, pullback] = vjp(
        (sums: SphericalSums) => sphericalForms.z(sums, K),
        layer.apply(factors, rows, hidden),
      )
      const [gradients] = pullback(perExample.mul(0).add(1))
      const next = layer.update(factors, { rows, indices, hidden, gradients, lr: 0.05 })
      loss += (values(mean(perExample))[0] as number) / 50
      const settled = (x: Tensor): Tensor => tensor(Float32Array.from(values(x)), { shape: x.shape })
      table = settled(scatterAdd(table, indices, next.change))
      factors = Object.fromEntries(
        Object.entries(next.factors).map(([name, x]) => [name, settled(x)]),
      ) as unknown as SphericalFactors
      if (step % 50 === 49) {
        losses.push(loss)
        loss = 0
      }
    }
    expect(losses.at(-1) as number).toBeLessThan(0.7 * (losses[0] as number))
    const weight = layer.weight(table, factors)
    expect(
      values(factors.gram.sub(matmul(weight.transpose(), weight)).abs().div(mean(factors.gram.abs()))).every(
        (e) => e < 1e-3,
      ),
    ).toBe(true)
  })
})

describe('sphericalForms', () => {
  const cases = fc
    .record({ D: fc.integer({ min: 2, max: 4 }), K: fc.integer({ min: 3, max: 6 }), B: fc.integer({ min: 1, max: 4 }) })
    .chain(({ D, K, B }) => fc.tuple(tensors([K, D], { distinct: true }), tensors([B, D]), labels([B], K)))
  const pairs = {
    mse: [sphericalForms.mse, sphericalMse],
    softmax: [sphericalForms.softmax, sphericalSoftmaxLoss],
    taylor: [sphericalForms.taylor, taylorSoftmaxLoss],
    z: [sphericalForms.z, zLoss],
  } as const

  for (const [name, [form, loss]] of Object.entries(pairs))
    test.prop([cases])(`${name} is ${loss.name} of the dense layer's outputs, and so is its gradient`, ([w, h, y]) => {
      const K = w.shape[0] as number
      const logits = (w: Tensor): Tensor => matmul(h, w.transpose())
      const indices = y.expandDims(1)
      const spread = values(
        logits(w)
          .sub(mean(logits(w), { axis: -1, keepDims: true }))
          .abs(),
      )
      fc.pre(spread.some((v) => v > 0.1) && (h.shape[0] === 1 || name !== 'z'))
      const { factors, table } = layerOf(w).from(w)
      const ofSums = (h: Tensor): Tensor => form(layerOf(w).apply(factors, take(table, indices), h), K)
      const ofLogits = (h: Tensor): Tensor => loss(matmul(h, w.transpose()), y)
      expectClose(ofSums(h), ofLogits(h), 1e-9)
      expectClose(grad((x: Tensor) => sum(ofSums(x)))(h), grad((x: Tensor) => sum(ofLogits(x)))(h), 1e-7)
    })

  it('takes the options of the losses', () => {
    const sums = { selected: tensor([[1]]), q: tensor([5]), s: tensor([3]) }
    const y = tensor([0], { dtype: 'i32' })
    const z = tensor([[1, 2, 0]])
    expectClose(sphericalForms.softmax(sums, 3, { eps: 0.5 }), sphericalSoftmaxLoss(z, y, { eps: 0.5 }), 1e-6)
    expectClose(sphericalForms.z(sums, 3, { a: 2, b: 1 }), zLoss(z, y, { a: 2, b: 1 }), 1e-6)
  })

  it('takes the score of equal outputs as 0, with gradient 0', () => {
    const sums = { selected: tensor([[0.1]]), q: tensor([0.03]), s: tensor([0.3]) }
    expect(values(sphericalForms.z(sums, 3))[0]).toBeCloseTo(Math.LN2, 6)
    const slope = grad((s: SphericalSums) => sum(sphericalForms.z(s, 3)))({ ...sums, q: tensor([0]), s: tensor([0]) })
    expect(values(slope.q)).toEqual([0])
  })
})

const small = factoredSphericalLayer({ in: 2, out: 3 })
const { factors } = small.init(key(0))
describeErrors('factoredSphericalLayer', {
  'factoredSphericalLayer: in must be an integer of at least 1, got 0.': () =>
    factoredSphericalLayer({ in: 0, out: 3 }),
  'factoredSphericalLayer: weight must have shape [3, 2], got [2, 3]. Expected weight [3, 2].': () =>
    small.from(
      tensor([
        [1, 2, 3],
        [4, 5, 6],
      ]),
    ),
  'factoredSphericalLayer: lr must be a finite number, got NaN.': () =>
    small.update(factors, {
      rows: tensor([[[1, 2]]]),
      indices: tensor([[0]], { dtype: 'i32' }),
      hidden: tensor([[1, 2]]),
      gradients: { selected: tensor([[1]]), q: tensor([1]), s: tensor([1]) },
      lr: Number.NaN,
    }),
})
