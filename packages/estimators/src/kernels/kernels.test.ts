import { fc, test } from '@fast-check/vitest'
import { cpu } from '@wengert/backend-cpu'
import { asin, concat, eye, key, normal, type Tensor, tensor, useBackend, zeros } from '@wengert/core'
import { checkGradients, positives, tensors, unitVectors } from '@wengert/gradcheck'
import { describeErrors, expectClose, runs, values } from '@wengert/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import { hilbertKernelClassifier, infiniteNetworkClassifier, infiniteNetworkKernel } from '../index.ts'

beforeAll(() => useBackend(cpu()))

const f64 = { dtype: 'f64' } as const
const cubic = (z: Tensor): Tensor => z.pow(3).add(z).mul(0.5)
const erfDual = (z: Tensor): Tensor => asin(z.mul(2 / 3)).div(Math.asin(2 / 3))
const kinds = fc.constantFrom('nngp', 'ntk' as const)
const depths = fc.integer({ min: 1, max: 6 })
const [N, D] = [4, 3]
// Not parallel, and within a right angle: unit vectors of their own and noise.
const inputs = tensors([N, D], { min: -0.3, max: 0.3 }).map((noise) =>
  noise.abs().add(concat([eye(D, f64), tensor([[0.6, 0.6, 0.6]], f64)])),
)
const tests = positives([2, D])
const signs = tensors([N, 1]).map((x) => x.greaterEqual(0).cast('f64').mul(2).sub(1))

describe('infiniteNetworkKernel', () => {
  test.prop([unitVectors([N, D]), unitVectors([2, D]), depths], runs(0.5))(
    'is the recursion over layers of plain numbers',
    (a, b, depth) => {
      const [u, v] = [values(a), values(b)]
      const wanted = (kernel: 'nngp' | 'ntk'): number[] =>
        Array.from({ length: 2 * N }, (_, n) => {
          const [i, j] = [Math.floor(n / 2), n % 2]
          let like = [0, 1, 2].reduce((s, d) => s + (u[i * D + d] as number) * (v[j * D + d] as number), 0)
          let tangent = like
          for (let layer = 0; layer < depth; layer++) {
            tangent = (like ** 3 + like) / 2 + (tangent * (3 * like * like + 1)) / 2
            like = (like ** 3 + like) / 2
          }
          return kernel === 'ntk' ? tangent : like
        })
      for (const kernel of ['nngp', 'ntk'] as const)
        expectClose(
          infiniteNetworkKernel(a, b, { dual: cubic, depth, kernel }),
          tensor(wanted(kernel), { shape: [N, 2], dtype: 'f64' }),
          1e-11,
        )
    },
  )

  test.prop([inputs, depths], runs(0.3))('of linear layers is the cosine, once more in each', (x, depth) => {
    const linear = (kernel: 'nngp' | 'ntk'): Tensor =>
      infiniteNetworkKernel(x, x, { dual: (z) => z.mul(1), depth, kernel })
    expectClose(linear('ntk'), linear('nngp').mul(depth + 1), 1e-12)
  })

  test.prop([inputs, tests, positives([N, 1]), depths, kinds], runs(0.3))(
    'minds no lengths, and is the same the other way round',
    (a, b, lengths, depth, kernel) => {
      const options = { dual: erfDual, depth, kernel }
      const both = infiniteNetworkKernel(a, b, options)
      expectClose(infiniteNetworkKernel(a.mul(lengths), b, options), both, 1e-10)
      expectClose(infiniteNetworkKernel(b, a, options).transpose(), both, 1e-12)
    },
  )

  it('has no round-off on the diagonal, however deep', () => {
    const x = normal(key(0), [8, 3], f64)
    const diagonal = (b: Tensor): number[] =>
      values(infiniteNetworkKernel(x, b, { dual: cubic, depth: 100 })).filter((_, at) => at % 9 === 0)
    expect(diagonal(x)).toEqual(Array(8).fill(1))
    expect(Math.min(...diagonal(x.mul(1)))).toBeLessThan(0.5)
  })

  it('takes an input of zeros for one at a right angle to all', () => {
    expect(values(infiniteNetworkKernel(zeros([1, 2]), tensor([[1, 2]]), { dual: cubic, depth: 1 }))).toEqual([0])
  })
})

describe('infiniteNetworkClassifier', () => {
  test.prop([inputs, signs, depths, kinds], runs(0.3))('gives training points their own', (x, y, depth, kernel) => {
    expectClose(infiniteNetworkClassifier(x, y, x.mul(1), { dual: cubic, depth, kernel }), y, 1e-9)
  })

  test.prop([inputs, signs, tests, kinds], runs(0.3))(
    'is linear in y, and minds no order of the examples',
    (x, y, at, kernel) => {
      const options = { dual: erfDual, depth: 3, kernel }
      const scores = (x: Tensor, y: Tensor): Tensor => infiniteNetworkClassifier(x, y, at, options)
      const more = concat([y, y.mul(-2)], { axis: 1 })
      expectClose(scores(x, more), concat([scores(x, y), scores(x, y).mul(-2)], { axis: 1 }), 1e-8)
      const turned = (rows: Tensor): Tensor =>
        concat([rows.slice([2, 0], [N, rows.shape[1] as number]), rows.slice([0, 0], [2, rows.shape[1] as number])])
      expectClose(scores(turned(x), turned(y)), scores(x, y), 1e-8)
    },
  )

  test.prop([inputs, signs, tests, kinds], runs(0.1))('has right gradients', (x, y, at, kernel) => {
    const options = { dual: cubic, depth: 2, kernel }
    checkGradients((x: Tensor, y: Tensor, at: Tensor) => infiniteNetworkClassifier(x, y, at, options), [x, y, at])
  })

  it('finds in f32 what it finds in f64', () => {
    const [x, y, at] = [
      [
        [1, 0],
        [0, 1],
        [1, 1],
      ],
      [[1], [-1], [-1]],
      [[3, 1]],
    ].map((rows) => tensor(rows)) as [Tensor, Tensor, Tensor]
    const options = { dual: erfDual, depth: 2, kernel: 'ntk' } as const
    const fine = infiniteNetworkClassifier(x.cast('f64'), y.cast('f64'), at.cast('f64'), options)
    expectClose(infiniteNetworkClassifier(x, y, at, options), fine.cast('f32'), 1e-5)
  })
})

describe('hilbertKernelClassifier', () => {
  const exponents = fc.constantFrom(0.5, 1, 2, 4)
  const points = tensors([N, D], { min: -2, max: 2 })

  test.prop([points, tensors([N, 2]), tests.map((x) => x.add(3)), exponents], runs(0.5))(
    'is the sum over training points',
    (x, y, at, exponent) => {
      const [p, v, t] = [values(x), values(y), values(at)]
      const wanted = Array.from({ length: 4 }, (_, n) => {
        const [m, c] = [Math.floor(n / 2), n % 2]
        return [0, 1, 2, 3].reduce((s, i) => {
          const distance = Math.hypot(...[0, 1, 2].map((d) => (p[i * D + d] as number) - (t[m * D + d] as number)))
          return s + (v[i * 2 + c] as number) / distance ** exponent
        }, 0)
      })
      expectClose(
        hilbertKernelClassifier(x, y, at, { exponent }),
        tensor(wanted, { shape: [2, 2], dtype: 'f64' }),
        1e-11,
      )
    },
  )

  test.prop([inputs, signs, exponents], runs(0.3))('gives training points their own', (x, y, exponent) => {
    expect(values(hilbertKernelClassifier(x, y, x.mul(1), { exponent }))).toEqual(values(y))
  })

  test.prop([inputs, signs, tests, exponents], runs(0.3))(
    'follows the scale of all points, and no shift',
    (x, y, at, exponent) => {
      const scores = (x: Tensor, at: Tensor): Tensor => hilbertKernelClassifier(x, y, at.add(3), { exponent })
      const moved = hilbertKernelClassifier(x.add(1), y, at.add(4), { exponent })
      expectClose(moved, scores(x, at), 1e-9)
      expectClose(
        hilbertKernelClassifier(x.mul(2), y, at.add(3).mul(2), { exponent }).mul(2 ** exponent),
        scores(x, at),
        1e-9,
      )
    },
  )

  test.prop([inputs, tensors([N, 2]), tests.map((x) => x.add(3)), exponents], runs(0.1))(
    'has right gradients',
    (x, y, at, exponent) => {
      checkGradients((x: Tensor, y: Tensor, at: Tensor) => hilbertKernelClassifier(x, y, at, { exponent }), [x, y, at])
    },
  )

  it('has the sign of the nearest where powers overflow', () => {
    const x = tensor([[0], [1]])
    const scores = hilbertKernelClassifier(x, tensor([[-1], [1]]), tensor([[1e-12], [0.75]]), { exponent: 4 })
    expect(values(scores).map(Math.sign)).toEqual([-1, 1])
  })
})

const dual = cubic
describeErrors('kernels', {
  'infiniteNetworkKernel: depth must be an integer of at least 1, got 0.': () =>
    infiniteNetworkKernel(zeros([1, 1]), zeros([1, 1]), { dual, depth: 0 }),
  "infiniteNetworkClassifier: kernel must be 'nngp' or 'ntk', got rbf.": () =>
    infiniteNetworkClassifier(zeros([1, 1]), zeros([1, 1]), zeros([1, 1]), { dual, depth: 1, kernel: 'rbf' as 'ntk' }),
  'infiniteNetworkClassifier: y must have shape [N, C], got [1] (N = 1, D = 1, M = 1). Expected x [N, D], y [N, C], xTest [M, D].':
    () => infiniteNetworkClassifier(zeros([1, 1]), zeros([1]), zeros([1, 1]), { dual, depth: 1 }),
  'hilbertKernelClassifier: exponent must be a finite number above 0, got 0.': () =>
    hilbertKernelClassifier(zeros([1, 1]), zeros([1, 1]), zeros([1, 1]), { exponent: 0 }),
  "hilbertKernelClassifier: y must be f32 or f64, got i32 [1, 1]. Cast it, e.g. y.cast('f32').": () =>
    hilbertKernelClassifier(zeros([1, 1]), zeros([1, 1], { dtype: 'i32' }), zeros([1, 1]), { exponent: 1 }),
})
