import { fc, test } from '@fast-check/vitest'
import { cpu } from '@wengert/backend-cpu'
import { checkGradients, tensors } from '@wengert/gradcheck'
import { distance, values } from '@wengert/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import * as w from '../index.ts'

beforeAll(() => w.useBackend(cpu()))

const size = fc.integer({ min: 1, max: 3 })
const dot = (a: number[], b: number[]): number => a.reduce((s, v, i) => s + v * (b[i] as number), 0)

/** Rows of a matrix. */
function rowsOf(x: w.Tensor): number[][] {
  const [m = 0, d = 0] = x.shape
  const data = values(x)
  return Array.from({ length: m }, (_, i) => data.slice(i * d, (i + 1) * d))
}

describe('norm', () => {
  it('knows three orders', () => {
    const x = w.tensor([3, -4])
    expect([1, 2, Number.POSITIVE_INFINITY].map((ord) => w.norm(x, { ord }).item())).toEqual([7, 5, 4])
    expect(() => w.norm(x, { ord: 3 })).toThrow('norm: ord must be 1, 2 or Infinity, got 3.')
    expect(() => w.norm(x, { axis: 1 })).toThrow('norm: axis must be an integer from -1 to 0')
  })

  test.prop([tensors([3]), tensors([3]), fc.constantFrom(1, 2, Number.POSITIVE_INFINITY)])(
    'obeys the triangle inequality',
    (a, b, ord) => {
      const length = (x: w.Tensor): number => w.norm(x, { ord }).item()
      expect(length(a.add(b))).toBeLessThanOrEqual((length(a) + length(b)) * (1 + 1e-15))
    },
  )
})

describe('cdist', () => {
  const pairs = fc.tuple(size, size, size).chain(([m, n, d]) => fc.tuple(tensors([m, d]), tensors([n, d])))

  test.prop([pairs])('measures all pairs of rows', ([x, y]) => {
    const truth = rowsOf(x).flatMap((a) => rowsOf(y).map((b) => Math.hypot(...a.map((v, i) => v - (b[i] as number)))))
    expect(distance(w.cdist(x, y).dataSync(), truth)).toBeLessThan(1e-14)
    expect(distance(w.cdist(y, x).transpose().dataSync(), truth)).toBeLessThan(1e-14)
  })

  test.prop([tensors([2, 2], { distinct: true }), tensors([3, 2], { distinct: true })])(
    'has right derivatives',
    (x, y) => {
      checkGradients(w.cdist, [x, y.add(1 / 200)])
    },
  )

  it('takes batches, and names what does not fit', () => {
    const x = w.arange(12, { dtype: 'f64' }).reshape([2, 2, 3])
    const alone = [0, 1].map((i) => w.cdist(x.slice([i, 0, 0], [i + 1, 2, 3]), x.slice([i, 0, 0], [i + 1, 1, 3])))
    const batch = w.cdist(x, x.slice([0, 0, 0], [2, 1, 3]))
    expect(batch.shape).toEqual([2, 2, 1])
    expect(values(batch)).toEqual(alone.flatMap(values))
    expect(() => w.cdist(w.zeros([2, 3]), w.zeros([2, 4]))).toThrow(w.ShapeError)
  })

  it('keeps the digits of small distances', () => {
    const x = w.tensor([[1e6, 1e6]], { dtype: 'f64' })
    expect(w.cdist(x, x.add(2 ** -20)).item()).toBe(Math.SQRT2 * 2 ** -20)
  })
})

describe('cosineSimilarity', () => {
  const vectors = tensors([2, 3], { min: 0.25, max: 3 })

  test.prop([vectors, vectors, fc.double({ min: 0.1, max: 100, noNaN: true })])(
    'is the cosine of the angle, whatever the lengths',
    (x, y, scale) => {
      const others = rowsOf(y)
      const cosines = rowsOf(x).map((p, i) => {
        const q = others[i] as number[]
        return dot(p, q) / Math.sqrt(dot(p, p) * dot(q, q))
      })
      expect(distance(w.cosineSimilarity(x, y).dataSync(), cosines)).toBeLessThan(1e-14)
      expect(distance(w.cosineSimilarity(x.mul(scale), y).dataSync(), cosines)).toBeLessThan(1e-14)
      const columns = w.cosineSimilarity(x.transpose(), y.transpose(), { axis: 0 })
      expect(distance(columns.dataSync(), cosines)).toBeLessThan(1e-14)
    },
  )

  test.prop([vectors, vectors])('has right derivatives', (x, y) => {
    checkGradients((a: w.Tensor, b: w.Tensor) => w.cosineSimilarity(a, b.neg()), [x, y])
  })

  it('broadcasts, and divides by eps at least', () => {
    const x = w.tensor(
      [
        [3, 4],
        [0, 2],
      ],
      { dtype: 'f64' },
    )
    expect(distance(w.cosineSimilarity(x, w.tensor([0, 1], { dtype: 'f64' })).dataSync(), [0.8, 1])).toBeLessThan(1e-15)
    expect(w.cosineSimilarity(w.tensor([1, 0]), w.tensor([2, 0]), { eps: 4 }).item()).toBe(1 / 8)
    expect(() => w.cosineSimilarity(x, x, { eps: 0 })).toThrow('cosineSimilarity: eps must be greater than 0, got 0.')
  })
})
