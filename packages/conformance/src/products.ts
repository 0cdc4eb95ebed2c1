import * as w from '@wengert/core'
import { floats, input, strided } from './inputs.ts'
import type { Row } from './programs.ts'

/** Matrix products, whole, of blocks and of windows, and the routines of linear algebra. */
export function* products(): Generator<Row> {
  for (const dtype of floats) {
    const matrix = (shape: w.Shape, seed: number) => input(shape, { dtype, seed })
    yield [
      `matmul in ${dtype}`,
      () => [
        ...[
          [1, 1, 1],
          [3, 5, 7],
          [4, 4, 4],
          [17, 33, 9],
          [64, 65, 66],
          [5, 0, 3],
          [0, 3, 4],
        ].map(([m = 0, k = 0, n = 0]) => w.matmul(matrix([m, k], 0), matrix([k, n], 1))),
        w.matmul(matrix([5, 3], 0).transpose(), matrix([7, 5], 1).transpose()),
        w.matmul(strided([6, 5], { dtype }), strided([5, 3], { dtype, seed: 1 })),
        w.matmul(matrix([2, 1, 3, 4], 0), matrix([5, 4, 2], 1)),
        w.matmul(matrix([4], 0), matrix([4], 1)),
      ],
    ]
    yield [
      `matmul of blocks in ${dtype}`,
      () =>
        [
          [true, false, true, false],
          [false, true, true, true],
          [false, false, false, false],
          [true, true, true, true],
        ].flatMap((flags) => {
          const kept = w.tensor(flags, { dtype: 'bool' })
          const mask = w.take(
            kept,
            w.tensor(
              Array.from({ length: 38 }, (_, i) => Math.floor(i / 10)),
              { dtype: 'i32' },
            ),
          )
          const rows = w.where(mask.expandDims(1), matrix([38, 21], 0), 0)
          const columns = w.where(mask, matrix([18, 38], 2), 0)
          const options = { of: 'columns', size: 10 } as const
          return [
            w.blockMatmul(rows, matrix([21, 12], 1), kept, { size: 10 }),
            w.blockMatmul(columns, matrix([38, 7], 3), kept, options),
            w.blockMatmul(rows.transpose(), matrix([12, 38], 4).transpose(), kept, options),
          ]
        }),
    ]
    yield [
      `convolutions, heads side by side and what follows them in ${dtype}`,
      () => {
        const small = (shape: w.Shape, seed: number) => input(shape, { dtype, seed, range: [-0.5, 0.5] })
        const convolve = ([x, weight, bias]: readonly w.Tensor[]) =>
          w.relu(
            w
              .conv2d(x as w.Tensor, weight as w.Tensor, { stride: [2, 1], padding: 1, groups: 2 })
              .add(bias as w.Tensor),
          )
        const parts = [small([2, 4, 7, 6], 0), small([6, 2, 3, 2], 1), small([6, 1, 1], 2)]
        const heads = small([2, 3, 5, 4], 3).transpose([0, 2, 1, 3]).reshape([10, 12])
        const attend = (weight: w.Tensor) =>
          w
            .matmul(heads, weight)
            .mul(0.3)
            .add(small([10, 8], 4))
        const product = w.matmul(small([9, 5], 5), small([5, 7], 6))
        return [
          convolve(parts),
          ...w.grad((all: readonly w.Tensor[]) => w.sum(convolve(all).square()))(parts),
          attend(small([12, 8], 7)),
          w.grad((weight: w.Tensor) => w.sum(w.tanh(attend(weight))))(small([12, 8], 7)),
          product,
          w.tanh(product.mul(0.1)),
          w.sum(product.less(0).cast('i32'), { axis: 1 }),
        ]
      },
    ]
    yield [
      `routines in ${dtype}`,
      () => {
        const a = matrix([3, 5, 5], 0)
        const positive = w.matmul(a, a.transpose()).add(w.eye(5, { dtype }).mul(5))
        const b = matrix([3, 5, 2], 1)
        const { q, r } = w.qr(matrix([4, 6, 3], 2))
        const { values } = w.eigh(positive)
        return [w.cholesky(positive), w.solve(positive, b), w.triangularSolve(w.tril(positive), b), q, r, values]
      },
    ]
  }
}
