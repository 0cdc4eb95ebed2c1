import { fc, test } from '@fast-check/vitest'
import { cpu } from '@wengert/backend-cpu'
import {
  customVjp,
  jacobian,
  matmul,
  softmax,
  stopGradient,
  sum,
  type Tensor,
  tanh,
  tensor,
  useBackend,
} from '@wengert/core'
import { beforeAll, describe, expect, it } from 'vitest'
import { compareJacobians, matmulShapes, shapes, tensors } from './index.ts'

beforeAll(() => useBackend(cpu()))

const worst = (rows: readonly (readonly number[])[]): number => Math.max(0, ...rows.flat())

/** x² with a derivative that is wrong for chosen elements. */
const squareWith = (factors: number[]) =>
  customVjp(
    (x: Tensor) => x.square(),
    (g, _, x) => [g.mul(x).mul(tensor(factors, { dtype: 'f64' }))],
  )

describe('compareJacobians', () => {
  test.prop([shapes({ maxRank: 2, maxSize: 3 }).chain((shape) => tensors(shape))])(
    'has the rows that jacobian makes, and differences agree',
    (x) => {
      const f = (v: Tensor): Tensor => softmax(v.square().add(tanh(v)).expandDims(0).reshape([-1]))
      const { analytic, numeric, difference } = compareJacobians(f, [x])
      const wanted = jacobian(f)(x).dataSync()
      analytic.flat().forEach((entry, i) => {
        expect(entry).toBeCloseTo(wanted[i] as number, 12)
        expect(numeric.flat()[i]).toBeCloseTo(wanted[i] as number, 6)
      })
      expect(worst(difference)).toBeLessThanOrEqual(1)
    },
  )

  test.prop([matmulShapes({ maxSize: 3, maxBatch: 1 }).chain(([a, b]) => fc.tuple(tensors(a), tensors(b)))])(
    'has a row for each element of the outputs and a column for each of the inputs, in order',
    ([a, b]) => {
      const f = (p: { w: Tensor }, x: Tensor) => ({ product: matmul(p.w, x), own: [p.w] })
      const { outputs, inputs, analytic } = compareJacobians(f, [{ w: a }, b])
      const product = matmul(a, b)
      expect(outputs).toEqual([
        { name: 'output.product', shape: product.shape },
        { name: 'output.own[0]', shape: a.shape },
      ])
      expect(inputs).toEqual([
        { name: 'argument 0.w', shape: a.shape },
        { name: 'argument 1', shape: b.shape },
      ])
      const size = (x: Tensor): number => x.dataSync().length
      expect(analytic.length).toBe(size(product) + size(a))
      // The rows of `own` are those of an identity.
      analytic.slice(size(product)).forEach((row, i) => {
        expect(row).toEqual(Array.from({ length: size(a) + size(b) }, (_, j) => Number(i === j)))
      })
    },
  )

  test.prop([tensors([4], { min: 0.5 }), fc.nat({ max: 3 }), fc.constantFrom(1e-6, 1, 1e9)])(
    'differs just where the derivative is wrong, for entries of any size',
    (x, at, size) => {
      const factors = [2, 2, 2, 2].map((two, i) => (i === at ? 2.01 : two))
      const f = (v: Tensor): Tensor => squareWith(factors)(v).mul(size)
      const { difference } = compareJacobians(f, [x])
      difference.forEach((row, i) => {
        row.forEach((d, j) => {
          expect(d > 1).toBe(i === at && j === at)
        })
      })
    },
  )

  it('takes its tolerance', () => {
    const f = squareWith([2.01])
    const [[loose]] = compareJacobians(f, [tensor([1])], { tolerance: 0.1 }).difference as [[number]]
    const [[strict]] = compareJacobians(f, [tensor([1])], { tolerance: 1e-4 }).difference as [[number]]
    expect(loose).toBeCloseTo(0.05, 2)
    expect(strict / loose).toBeCloseTo(1000, 0)
  })

  it('holds fixed what stands behind stopGradient', () => {
    const { numeric } = compareJacobians((x: Tensor) => x.mul(stopGradient(x.exp())), [tensor([0, 1])])
    expect(numeric.flat().map((v) => v.toFixed(6))).toEqual(['1.000000', '0.000000', '0.000000', Math.E.toFixed(6)])
  })

  it('is infinitely far off where either is not finite', () => {
    const nan = squareWith([Number.NaN])
    expect(compareJacobians(nan, [tensor([1])]).difference).toEqual([[Number.POSITIVE_INFINITY]])
    expect(compareJacobians((x: Tensor) => x.log(), [tensor([-1])]).difference).toEqual([[Number.POSITIVE_INFINITY]])
  })

  it('has no rows for outputs without elements', () => {
    const { analytic, inputs } = compareJacobians((x: Tensor) => x.slice([0], [0]), [tensor([1, 2])])
    expect([analytic, inputs.length]).toEqual([[], 1])
    expect(compareJacobians((x: Tensor) => sum(x), [tensor([], { shape: [0] })]).analytic).toEqual([[]])
  })
})
