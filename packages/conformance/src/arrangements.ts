import * as w from '@wengert/core'
import { floats, input, strided } from './inputs.ts'
import type { Row } from './programs.ts'

/** Views, joins, look-ups, running sums and sorting. */
export function* arrangements(): Generator<Row> {
  for (const dtype of ['bool', 'i32', ...floats] as const) {
    const x = (shape: w.Shape, seed = 0) => input(shape, { dtype, seed })
    const indices = (values: readonly number[], shape: w.Shape) =>
      w.tensor([...values], { dtype: 'i32' }).reshape(shape)
    const same = (shape: w.Shape, seed = 0) => x(shape, seed).equal(x(shape, seed + 1))
    yield [
      `views and joins in ${dtype}`,
      () => [
        x([4, 6]).transpose().reshape([3, 8]),
        x([4, 6]).slice([1, 0], [4, 6], [2, 3]),
        w.flip(x([4, 6]), { axis: 1 }).reshape([24]),
        x([4, 1]).broadcastTo([2, 4, 3]).reshape([24]),
        w.concat([x([2, 3]), strided([4, 3], { dtype, seed: 1 }), x([0, 3])]),
        w.stack([x([5]), x([5], 1)], { axis: 1 }),
        w.concat([same([2, 2]), same([2, 3]), w.concat([same([1, 4]), same([1, 4], 1)])], { axis: 1 }),
      ],
    ]
    yield [
      `look-ups in ${dtype}`,
      () => [
        w.take(x([5, 3]), indices([4, 0, 4, 2], [2, 2])),
        w.take(strided([3, 5], { dtype }), indices([1, 1, 0], [3]), { axis: 1 }),
        w.takeAlong(x([3, 4]), indices([3, 0, 1, 1, 2, 2], [3, 2])),
      ],
    ]
    if (dtype === 'bool') continue
    yield [
      `scatterAdd, running sums and sorting in ${dtype}`,
      () => [
        w.scatterAdd(x([4, 3]), indices([1, 3, 1, 1, 0], [5]), x([5, 3], 1)),
        w.cumSum(x([3, 1031])),
        w.cumSum(strided([7, 5], { dtype }), { axis: 0, reverse: true }),
        w.argSort(x([3, 100])),
        w.argSort(w.tensor([2, 1, 2, 1, 1], { dtype }), { descending: true }),
        w.sort(strided([6, 7], { dtype }), { axis: 0 }),
      ],
    ]
    if (dtype === 'i32') continue
    yield [
      `padding in ${dtype}`,
      () => [
        w.grad((v: w.Tensor) => w.sum(v.slice([1, 0], [6, 5], [2, 3]).square()))(x([7, 5])),
        w.pad(
          x([2, 3]),
          [
            [0, 1],
            [1, 2],
          ],
          { value: 0.5 },
        ),
      ],
    ]
  }
}

/** Draws of random numbers. */
export function* draws(): Generator<Row> {
  const key = w.fold(w.key(7), 3)
  yield ['random words', () => [w.randomBits(key, [5]), w.randomBits(key, [1031]), w.randomBits(key, [0])]]
  yield ['uniform draws in f32', () => [w.uniform(key, [1031])]]
  yield ['uniform draws in f64', () => [w.uniform(key, [101], { dtype: 'f64' })]]
}
