import { fc, test } from '@fast-check/vitest'
import { cpu } from '@wengert/backend-cpu'
import { checkGradients } from '@wengert/gradcheck'
import { describeErrors, distance, expectClose } from '@wengert/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import * as w from '../index.ts'

beforeAll(() => w.useBackend(cpu()))

const keys = fc.maxSafeNat().map(w.key)
const size = fc.integer({ min: 0, max: 12 })
const f64 = { dtype: 'f64' } as const

const identity = (n: number) => w.eye(n, f64)
const mT = (x: w.Tensor) => x.transpose()

/** Numbers from −1 to 1, and n + 1 more on the diagonal of the last two axes, which so outweighs its row. */
const general = (key: w.Key, shape: w.Shape) => {
  const [m, n] = shape.slice(-2) as [number, number]
  return w.uniform(key, shape, { low: -1, ...f64 }).add(w.eye(m, { columns: n, ...f64 }).mul(n + 1))
}

/** The same with a diagonal that grows so fast that no two eigenvalues come near one another. */
const spread = (key: w.Key, n: number) => general(key, [n, n]).add(identity(n).mul(w.arange(n, f64).mul(4 * n)))

const positiveDefinite = (x: w.Tensor) => {
  const n = x.shape.at(-1) as number
  return w.matmul(x, mT(x)).add(w.eye(n, { dtype: x.dtype }).mul(n))
}

/** Zero where the column is beyond the row. */
const isLower = (x: w.Tensor, strict = 0) => {
  const [m, n] = x.shape.slice(-2) as [number, number]
  return x.dataSync().every((v, at) => v === 0 || (at % n) + strict <= Math.floor(at / n) % m)
}

const diagonal = (x: w.Tensor) =>
  w.sum(w.where(w.eye(x.shape.at(-2) as number, { columns: x.shape.at(-1) as number }).equal(1), x, 0), { axis: -1 })

/** Determinant by expansion along the first row. */
function determinant(a: readonly (readonly number[])[]): number {
  const minor = (column: number) => a.slice(1).map((row) => row.filter((_, j) => j !== column))
  return a[0] ? a[0].reduce((sum, v, j) => sum + (-1) ** j * v * determinant(minor(j)), 0) : 1
}

const rowsOf = (x: w.Tensor): number[][] => {
  const [m, n] = x.shape as [number, number]
  const data = x.dataSync()
  return Array.from({ length: m }, (_, i) => Array.from(data.subarray(i * n, (i + 1) * n)))
}

/** What each function does to any matrix far from singular, made what it takes. */
const functions: Record<string, (x: w.Tensor) => readonly w.Tensor[]> = {
  cholesky: (x) => [w.cholesky(positiveDefinite(x))],
  'triangularSolve, lower': (x) => [w.triangularSolve(x, x)],
  'triangularSolve, upper': (x) => [w.triangularSolve(x, x, { lower: false })],
  'triangularSolve, lower transposed': (x) => [w.triangularSolve(x, x, { transposed: true })],
  'triangularSolve, upper transposed of unit diagonal': (x) => [
    w.triangularSolve(x, x, { lower: false, transposed: true, unitDiagonal: true }),
  ],
  solve: (x) => [w.solve(x, mT(x))],
  inverse: (x) => [w.inverse(x)],
  logDet: (x) => [w.logDet(x)],
  qr: (x) => Object.values(w.qr(x)),
  'qr of a tall matrix': (x) => Object.values(w.qr(x.slice([...x.shape].fill(0), [...x.shape.slice(0, -1), 2]))),
  'qr of a wide matrix': (x) =>
    Object.values(w.qr(x.slice([...x.shape].fill(0), [...x.shape.slice(0, -2), 2, x.shape.at(-1) as number]))),
  eigh: (x) => Object.values(w.eigh(x)),
}

describe.each(Object.entries(functions))('%s', (_, f) => {
  test.prop([keys, fc.integer({ min: 1, max: 4 })], { numRuns: 12 })('has right derivatives', (key, n) => {
    checkGradients(f, [spread(key, n)])
  })

  test.prop([keys, fc.integer({ min: 0, max: 6 })], { numRuns: 30 })('of a batch is that of its matrices', (key, n) => {
    const x = general(key, [2, 3, n, n])
    const all = f(x)
    for (let i = 0; i < 2; i++)
      for (let j = 0; j < 3; j++)
        f(x.slice([i, j, 0, 0], [i + 1, j + 1, n, n]).reshape([n, n])).forEach((one, part) => {
          const whole = all[part] as w.Tensor
          expect(whole.shape).toEqual([2, 3, ...one.shape])
          const per = w.sizeOf(one.shape)
          expect(one.dataSync()).toEqual(whole.dataSync().slice((3 * i + j) * per, (3 * i + j + 1) * per))
        })
  })

  test.prop([keys, size], { numRuns: 30 })('agrees in f32', (key, n) => {
    const x = spread(key, n).cast('f32')
    const exact = f(x.cast('f64'))
    f(x).forEach((y, part) => {
      expect(y.dtype).toBe('f32')
      expect(distance(y.dataSync(), (exact[part] as w.Tensor).dataSync())).toBeLessThan(1e-4)
    })
  })
})

describe('cholesky', () => {
  test.prop([keys, size])('is lower triangular and multiplies back', (key, n) => {
    const a = positiveDefinite(w.normal(key, [n, n], f64))
    const l = w.cholesky(a)
    expect(isLower(l)).toBe(true)
    expect(
      diagonal(l)
        .dataSync()
        .every((v) => v > 0),
    ).toBe(true)
    expectClose(w.matmul(l, mT(l)), a)
  })

  test.prop([keys, size])('reads the symmetric part only', (key, n) => {
    const a = positiveDefinite(w.normal(key, [n, n], f64))
    const skew = w.normal(w.fold(key, 0), [n, n], f64)
    expectClose(w.cholesky(a.add(skew.sub(mT(skew)))), w.cholesky(a))
  })

  it('multiplies back where the matrix is nearly singular', () => {
    const n = 8
    const hilbert = w
      .arange(n, f64)
      .expandDims(1)
      .add(w.arange(n, { start: 1, ...f64 }))
      .pow(-1)
    const l = w.cholesky(hilbert)
    expectClose(w.matmul(l, mT(l)), hilbert, 1e-15)
  })

  it('is NaN, with its gradient, for just those matrices that are not positive definite', () => {
    const a = w.tensor([identity(2), identity(2).neg(), w.zeros([2, 2])].map((x) => rowsOf(x)) as number[][][], f64)
    const nan = Array(4).fill(Number.NaN)
    expect([...w.cholesky(a).dataSync()]).toEqual([1, 0, 0, 1, ...nan, ...nan])
    const slopes = w.grad((x: w.Tensor) => w.sum(w.cholesky(x)))(a)
    expect([...slopes.dataSync()].map(Number.isNaN)).toEqual([...Array(4).fill(false), ...Array(8).fill(true)])
  })
})

describe('triangularSolve', () => {
  const flags = fc.record({ lower: fc.boolean(), transposed: fc.boolean(), unitDiagonal: fc.boolean() })

  test.prop([keys, size, fc.nat({ max: 4 }), flags])('undoes the product with the triangle', (key, n, k, options) => {
    const full = general(key, [n, n])
    const keep = w.arange(n).expandDims(1).sub(w.arange(n))
    const inside = options.lower ? keep.greaterEqual(0) : keep.lessEqual(0)
    const triangle = w.where(inside, options.unitDiagonal ? w.where(keep.equal(0), 1, full.div(n * n + 1)) : full, 0)
    const x = w.normal(w.fold(key, 1), [n, k], f64)
    const b = w.matmul(options.transposed ? mT(triangle) : triangle, x)
    // What is not to be read must not matter: not even NaN.
    const beyond = options.unitDiagonal ? keep.notEqual(0).and(inside) : inside
    expectClose(w.triangularSolve(w.where(beyond, triangle, Number.NaN), b, options), x, 1e-11)
  })

  it('takes a vector as a column and repeats matrices along leading axes', () => {
    const a = w.tensor([[2, 0], [1, 4]]) // biome-ignore format: a matrix
    expect([...w.triangularSolve(a, w.tensor([2, 9])).dataSync()]).toEqual([1, 2])
    expect(w.triangularSolve(a, w.ones([5, 3, 2, 7])).shape).toEqual([5, 3, 2, 7])
    expect(w.triangularSolve(w.eye(2).broadcastTo([4, 1, 2, 2]), w.ones([3, 2, 1])).shape).toEqual([4, 3, 2, 1])
  })

  it('sums the gradient of a repeated matrix', () => {
    const a = general(w.key(3), [3, 3])
    const b = w.normal(w.key(4), [2, 3, 2], f64)
    checkGradients(w.triangularSolve, [a, b])
    checkGradients(w.solve, [a, b])
  })

  it('is NaN where the diagonal has a 0', () => {
    const x = w.triangularSolve(w.tensor([[[1, 0], [1, 0]], [[1, 0], [0, 1]]]), w.ones([2, 2, 1])) // biome-ignore format: matrices
    expect([...x.dataSync()]).toEqual([Number.NaN, Number.NaN, 1, 1])
  })
})

describe('solve', () => {
  test.prop([keys, size, fc.nat({ max: 4 })])(
    'undoes the product, and inverse is the solution of the identity',
    (key, n, k) => {
      // Rows in another order, so that the diagonal is small and pivots are needed.
      const a = mT(w.matmul(w.oneHot(w.permutation(key, n), Math.max(n, 1), f64).reshape([n, n]), general(key, [n, n])))
      const x = w.normal(w.fold(key, 1), [n, k], f64)
      expectClose(w.solve(a, w.matmul(a, x)), x, 1e-10)
      expectClose(w.matmul(a, w.inverse(a)), identity(n), 1e-10)
      expectClose(w.inverse(mT(a)), mT(w.inverse(a)), 1e-10)
    },
  )

  test.prop([keys, fc.integer({ min: 1, max: 5 })])('agrees with Cramer’s rule', (key, n) => {
    const a = general(key, [n, n])
    const b = Array.from(w.normal(w.fold(key, 1), [n], f64).dataSync())
    const rows = rowsOf(a)
    const whole = determinant(rows)
    const x = b.map((_, j) => determinant(rows.map((row, i) => row.with(j, b[i] as number))) / whole)
    expectClose(w.solve(a, w.tensor(b, f64)), w.tensor(x, f64), 1e-10)
    expectClose(w.logDet(a), w.tensor(Math.log(Math.abs(whole)), f64), 1e-10)
  })

  it('keeps a small residual where the matrix is nearly singular', () => {
    const n = 10
    const hilbert = w.arange(n, f64).expandDims(1).add(w.arange(n, { start: 1, ...f64 })).pow(-1) // biome-ignore format: short
    const b = w.ones([n], f64)
    const x = w.solve(hilbert, b)
    const largest = Math.max(...x.dataSync().map(Math.abs))
    expect(Math.max(...w.matmul(hilbert, x).sub(b).dataSync().map(Math.abs))).toBeLessThan(1e-15 * n * largest)
  })

  it('is NaN, and logDet −∞, for just those matrices that are singular', () => {
    const a = w.tensor([[[1, 2], [2, 4]], [[0, 1], [1, 0]]]) // biome-ignore format: matrices
    expect([...w.solve(a, w.tensor([[1], [2]])).dataSync()]).toEqual([Number.NaN, Number.NaN, 2, 1])
    expect([...w.logDet(a).dataSync()]).toEqual([Number.NEGATIVE_INFINITY, 0])
  })
})

describe('logDet', () => {
  test.prop([keys, size])('of a product is the sum', (key, n) => {
    const [a, b] = [general(key, [n, n]), general(w.fold(key, 1), [n, n])]
    expectClose(w.logDet(w.matmul(a, b)), w.logDet(a).add(w.logDet(b)), 1e-10)
  })

  it('neither overflows nor underflows', () => {
    for (const factor of [1e30, 1e-30]) expectClose(w.logDet(w.eye(20).mul(factor)), 20 * Math.log(factor), 1e-6)
  })
})

describe('qr', () => {
  test.prop([keys, size, size])('multiplies back into orthonormal columns and a triangle', (key, m, n) => {
    const a = w.normal(key, [m, n], f64)
    const { q, r } = w.qr(a)
    const k = Math.min(m, n)
    expect([q.shape, r.shape]).toEqual([
      [m, k],
      [k, n],
    ])
    expectClose(w.matmul(q, r), a)
    expectClose(w.matmul(mT(q), q), identity(k))
    expect(isLower(mT(r))).toBe(true)
    expect(
      diagonal(r)
        .dataSync()
        .every((v) => v >= 0),
    ).toBe(true)
  })

  test.prop([keys, fc.integer({ min: 1, max: 8 })])(
    'of a positive definite matrix’s factor gives it back',
    (key, n) => {
      const l = w.cholesky(positiveDefinite(w.normal(key, [n, n], f64)))
      const { q } = w.qr(w.normal(w.fold(key, 1), [n, n], f64))
      expectClose(w.qr(w.matmul(q, mT(l))).r, mT(l))
    },
  )

  it('holds for dependent columns and for zeros', () => {
    for (const a of [w.ones([4, 3], f64), w.zeros([4, 3], f64)]) {
      const { q, r } = w.qr(a)
      expectClose(w.matmul(q, r), a)
      expectClose(w.matmul(mT(q), q), identity(3))
    }
  })
})

describe('eigh', () => {
  test.prop([keys, size])('multiplies back from ascending values and orthonormal vectors', (key, n) => {
    const b = w.normal(key, [n, n], f64)
    const a = b.add(mT(b))
    const { values, vectors } = w.eigh(a)
    expectClose(w.matmul(vectors.mul(values.expandDims(-2)), mT(vectors)), a)
    expectClose(w.matmul(mT(vectors), vectors), identity(n))
    expect(values.dataSync()).toEqual(values.dataSync().toSorted())
  })

  test.prop([keys, fc.integer({ min: 1, max: 8 })])('finds the values that the matrix was made of', (key, n) => {
    const { q } = w.qr(w.normal(key, [n, n], f64))
    // Pairs of equal values among them.
    const values = w.arange(n, f64).mul(0.5).cast('i32').cast('f64').sub(1)
    const found = w.eigh(w.matmul(q.mul(values), mT(q)))
    expectClose(found.values, values)
    expectClose(w.matmul(found.vectors.mul(values), mT(found.vectors)), w.matmul(q.mul(values), mT(q)))
  })

  test.prop([keys, fc.integer({ min: 1, max: 5 })])(
    'has sum and sum of squares of the values in its gradient',
    (key, n) => {
      const b = w.normal(key, [n, n], f64)
      const a = b.add(mT(b))
      const power = (p: number) => w.grad((x: w.Tensor) => w.sum(w.eigh(x).values.pow(p)))(a)
      expectClose(power(1), identity(n))
      expectClose(power(2), a.mul(2))
    },
  )

  it.each([
    ['larger', w.normal(w.key(7), [70, 70], f64)],
    ['of low rank', w.normal(w.key(8), [30, 2], f64)],
    ['zero', w.zeros([5, 5], f64)],
    ['diagonal', w.eye(6, f64).mul(w.tensor([3, 1, 2, 1, 0, 1], f64))],
    ['large', w.normal(w.key(9), [8, 8], f64).mul(1e70)],
    ['small', w.normal(w.key(9), [8, 8], f64).mul(1e-70)],
  ])('multiplies back where the matrix is %s', (_, b) => {
    const a = w.matmul(b, mT(b))
    const { values, vectors } = w.eigh(a)
    const largest = Math.max(...values.dataSync(), Number.MIN_VALUE)
    expectClose(w.matmul(vectors.mul(values), mT(vectors)).div(largest), a.div(largest))
    expectClose(w.matmul(mT(vectors), vectors), identity(a.shape[0] as number))
  })

  it('takes equal eigenvalues without NaN, rightly for functions that are symmetric in the values', () => {
    const { q } = w.qr(w.normal(w.key(6), [3, 3], f64))
    for (const values of [w.tensor([2, 2, 5], f64), w.ones([3], f64)]) {
      const a = w.matmul(q.mul(values), mT(q))
      const trace = (x: w.Tensor) => w.sum(w.eigh(x).values.exp())
      expectClose(w.grad(trace)(a), w.matmul(q.mul(values.exp()), mT(q)))
      const ofVectors = w.grad((x: w.Tensor) => w.sum(w.eigh(x).vectors))(a)
      expect(ofVectors.dataSync().every((v) => Math.abs(v) < 10)).toBe(true)
    }
  })

  it('finds the ends of a graded spectrum to the rounding of the largest', () => {
    const { q } = w.qr(w.normal(w.key(5), [9, 9], f64))
    const values = w
      .arange(9, { start: -8, ...f64 })
      .mul(Math.LN10)
      .exp()
    const found = w.eigh(w.matmul(q.mul(values), mT(q))).values
    expectClose(found, values, 1e-14)
  })

  it('is NaN for just those matrices that are not finite', () => {
    const { values } = w.eigh(w.tensor([[[Number.NaN]], [[3]], [[Number.POSITIVE_INFINITY]]]))
    expect([...values.dataSync()]).toEqual([Number.NaN, 3, Number.NaN])
  })
})

describeErrors('linear algebra', {
  'cholesky: a must have shape [...B, N, N], got [2, 3] (...B = [], N = 2). Expected a [...B, N, N].': () =>
    w.cholesky(w.zeros([2, 3])),
  "cholesky: a must be f32 or f64, got i32 [2, 2]. Cast it, e.g. a.cast('f32').": () =>
    w.cholesky(w.zeros([2, 2], { dtype: 'i32' })),
  'triangularSolve: b must have shape [...B, N, K], got [3, 1] (...A = [], ...B = [], N = 2). Expected a [...A, N, N], b [...B, N, K].':
    () => w.triangularSolve(w.eye(2), w.zeros([3, 1])),
  'solve: a and b must have leading axes that broadcast, got [2, 3, 3] and [4, 3, 1]. The last two axes are the matrix; the others must agree from the last backwards, or be 1.':
    () => w.solve(w.zeros([2, 3, 3]), w.zeros([4, 3, 1])),
  "solve: a must be f32 or f64, got bool [1, 1]. Cast it, e.g. a.cast('f32').": () =>
    w.solve(w.tensor([[true]]), w.tensor([[true]])),
  'inverse: a must have shape [...B, N, N], got [3]. Expected a [...B, N, N].': () => w.inverse(w.zeros([3])),
  'logDet: a must have shape [...B, N, N], got []. Expected a [...B, N, N].': () => w.logDet(w.zeros([])),
  'qr: a must have shape [...B, M, N], got [4]. Expected a [...B, M, N].': () => w.qr(w.zeros([4])),
  "eigh: a must be f32 or f64, got i32 [1, 1]. Cast it, e.g. a.cast('f32').": () =>
    w.eigh(w.zeros([1, 1], { dtype: 'i32' })),
})
