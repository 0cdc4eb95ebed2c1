import * as w from '@wengert/core'
import { floats, input, strided } from './inputs.ts'
import type { Row } from './programs.ts'

/** Plain reductions along all choices of axes. */
export function* reductions(): Generator<Row> {
  const axes = [[0], [1], [2], [0, 1], [1, 2], [0, 2], [0, 1, 2]]
  for (const dtype of ['i32', ...floats] as const)
    for (const [name, f] of [
      ['sum', w.sum],
      ['max', w.max],
      ['min', w.min],
    ] as const)
      yield [
        `${name} in ${dtype}`,
        () => [
          ...axes.map((axis) => f(input([3, 4, 5], { dtype }), { axis })),
          ...axes.map((axis) => f(strided([3, 4, 5], { dtype }), { axis })),
          f(input([1031], { dtype })),
          f(input([5, 1031], { dtype }), { axis: 0 }),
          f(input([1031, 5], { dtype }), { axis: 1 }),
          f(input([7], { dtype }).broadcastTo([3, 7]), { axis: 0 }),
          ...(name === 'sum' ? [f(input([0, 3], { dtype }), { axis: 0 }), f(input([3, 0], { dtype }))] : []),
        ],
      ]
}

/** Reductions of what elementwise functions make of several inputs: a backend meets them with the functions as a body. */
export function* bodies(): Generator<Row> {
  const axes = [[0], [1], [2], [0, 1], [1, 2], [0, 2], [0, 1, 2]]
  const folds = { sum: w.sum, max: w.max, min: w.min }
  for (const dtype of ['i32', ...floats] as const) {
    const range = [-1.5, 1.5] as const
    const x = (shape: w.Shape, seed = 0) => input(shape, { dtype, seed, range })
    for (const [name, f] of Object.entries(folds))
      yield [
        `${name} of products in ${dtype}`,
        () => [
          ...axes.map((axis) => f(x([3, 4, 5]).mul(x([3, 4, 5], 1)), { axis })),
          ...axes.map((axis) =>
            f(
              strided([3, 4, 5], { dtype, range })
                .mul(x([3, 4, 5], 1))
                .sub(1),
              { axis },
            ),
          ),
          ...axes.map((axis) =>
            f(
              x([4, 1])
                .mul(x([3, 1, 5], 1))
                .add(x([], 2)),
              { axis },
            ),
          ),
          f(x([1031]).mul(x([1031], 1))),
          f(x([5, 1031]).mul(x([1031], 1)), { axis: 0 }),
          f(x([5, 1031]).mul(x([5, 1], 1)), { axis: 1 }),
          f(x([1031, 5]).mul(2), { axis: 1 }),
          f(x([1031, 5]).mul(x([5], 1)), { axis: 0 }),
          f(
            x([3, 5])
              .mul(x([3, 5], 1))
              .reshape([15]),
          ),
          f(
            x([3, 5])
              .add(x([3, 5], 1))
              .transpose(),
            { axis: 0 },
          ),
          f(w.full([7, 3], 2, { dtype }), { axis: 1 }),
          f(Array.from({ length: 12 }, (_, seed) => x([33], seed)).reduce((a, b) => a.sub(b))),
          ...(name === 'sum'
            ? [
                f(x([0, 3]).mul(x([3], 1)), { axis: 0 }),
                f(x([0, 3]).mul(x([3], 1)), { axis: 1 }),
                f(x([3, 0]).mul(x([3, 1], 1))),
              ]
            : []),
        ],
      ]
    yield [
      `counts of comparisons in ${dtype}`,
      () => [
        w.sum(x([7, 65]).less(x([65], 1)), { axis: 1 }),
        w.sum(x([65, 7]).less(x([7], 1)), { axis: 0 }),
        w.sum(x([300]).cast('i32').mul(715827883)),
        w.sum(w.where(x([9, 9]).less(0), x([9], 1), 3)),
      ],
    ]
  }
  for (const dtype of floats) {
    const x = (shape: w.Shape, seed = 0) => input(shape, { dtype, seed })
    yield [
      `sums of exponentials in ${dtype}`,
      () => [
        w.sum(x([31, 33]).exp(), { axis: 0 }),
        w.logSumExp(x([31, 33]), { axis: 1 }),
        w.softmax(x([3, 1031])),
        w.logSoftmax(x([1031, 3]), { axis: 0 }),
        w.variance(x([4, 5, 6]), { axis: [0, 2] }),
        w.grad((v: w.Tensor) => w.sum(w.logSumExp(v, { axis: 0 }).square()))(x([5, 7])),
      ],
    ]
    yield [
      `a sum of 150 functions in ${dtype}`,
      () => {
        let y = x([5, 210])
        for (let i = 0; i < 75; i++) y = w.sin(y.mul(1 + i / 100))
        return [w.sum(y, { axis: 0 }), w.sum(y, { axis: 1 })]
      },
    ]
  }
}
