import { cpu } from '@wengert/backend-cpu'
import * as w from '@wengert/core'
import { floats, input, strided } from './inputs.ts'
import type { Program, Row } from './programs.ts'

/** Programs in which one kernel has several results: values that are wanted and read on, by several readers or along other axes. */
export function* severalOutputs(): Generator<Row> {
  const oracle = cpu({ wasm: false })
  /** A program beside the same one with each line in a kernel of its own: a line that has been read is not computed again. */
  const row = (name: string, program: Program): Row => [
    name,
    program,
    () => {
      const outputs = program()
      for (const line of w.tape(outputs).lines) line.dataSync({ backend: oracle })
      return outputs
    },
  ]
  for (const dtype of floats) {
    const x = (shape: w.Shape, seed = 0) => input(shape, { dtype, seed })
    const layouts: Record<string, (shape: readonly [number, number]) => w.Tensor> = {
      whole: ([m, n]) => x([m, n]),
      transposed: ([m, n]) => x([n, m]).transpose(),
      sliced: ([m, n]) => x([m + 2, n + 3]).slice([1, 2], [m + 1, n + 2]),
      flipped: ([m, n]) => w.flip(x([m, n]), { axis: [0, 1] }),
      strided: (shape) => strided(shape, { dtype }),
      'a row of': ([m, n]) => x([1, n]).broadcastTo([m, n]),
      'a column of': ([m, n]) => x([m, 1]).broadcastTo([m, n]),
    }
    for (const [layout, make] of Object.entries(layouts))
      yield row(`exponentials and their sums, ${layout} inputs in ${dtype}`, () =>
        (
          [
            [1, 1],
            [8, 12],
            [7, 13],
            [3, 1031],
            [1031, 3],
          ] as const
        ).flatMap((shape) => {
          const z = make(shape)
          return [[0], [1], [0, 1]].flatMap((axis) => {
            const y = z.exp()
            return [y, w.sum(y, { axis })]
          })
        }),
      )
    yield row(`sums of what stays, of no and of three axes in ${dtype}`, () => [
      ...[[0], [1], [2], [0, 2], [0, 1, 2]].flatMap((axis) => {
        const y = x([3, 5, 4])
          .mul(x([5, 4], 1))
          .sub(0.5)
        return [y, w.sum(y, { axis }), w.max(y.abs(), { axis })]
      }),
      ...[x([]), x([0]), x([0, 3]), x([3, 0])].flatMap((z) => [z.exp(), w.sum(z.exp())]),
    ])
    yield row(`a step of Adam in ${dtype}`, () =>
      [[5], [64], [33, 31]].flatMap((shape) => {
        const [g, p] = [x(shape), x(shape, 1)]
        const m = x(shape, 2).mul(0.9).add(g.mul(0.1))
        const v = x(shape, 3).square().mul(0.999).add(g.square().mul(0.001))
        return [p.sub(m.div(0.1).mul(0.01).div(v.div(0.001).sqrt().add(1e-3))), m, v]
      }),
    )
    yield row(`the greatest with all they were chosen from in ${dtype}`, () =>
      [[0], [1], [0, 1]].flatMap((axis) => {
        const y = w.sin(strided([9, 17], { dtype }).mul(3))
        return [y, w.max(y, { axis }), w.min(y, { axis }), w.max(y.abs().neg(), { axis })]
      }),
    )
    yield row(`a chain of functions with all between in ${dtype}`, () => {
      const all = [x([3, 37])]
      for (let i = 0; i < 12; i++) all.push(w.tanh((all.at(-1) as w.Tensor).mul(1.1)).add(i / 10))
      const [y] = all.splice(0, 1)
      return [...all, w.sum(all.at(-1) as w.Tensor, { axis: 0 }), (y as w.Tensor).mul(2)]
    })
    yield row(`bools and integers with what is made of them in ${dtype}`, () => {
      const [a, b] = [x([7, 12]), x([12], 1)]
      const less = a.less(b)
      const rounded = a.mul(5).cast('i32')
      return [
        less,
        w.where(less, a, b),
        w.sum(less.cast('i32'), { axis: 0 }),
        rounded,
        rounded.mul(3),
        w.sum(rounded, { axis: 1 }),
        w.max(rounded.neg(), { axis: 0 }),
      ]
    })
    yield row(`softmax cross-entropy with its gradient in ${dtype}`, () =>
      [
        [5, 7],
        [16, 24],
        [3, 1031],
      ].flatMap((shape) => {
        const targets = w.softmax(x(shape, 1))
        const loss = (z: w.Tensor) => w.mean(w.sum(targets.mul(w.logSoftmax(z)).neg(), { axis: 1 }))
        const [value, gradient] = w.valueAndGrad(loss)(x(shape))
        return [value, gradient]
      }),
    )
  }
  yield row('a hidden layer with its gradient', () => {
    const weights = [input([12, 16], { seed: 1 }), input([16, 5], { seed: 2 }), input([16], { seed: 3 })]
    const loss = ([a, b, c]: readonly w.Tensor[]) => {
      const hidden = w.gelu(w.matmul(input([20, 12]), (a as w.Tensor).mul(0.2)).add(c as w.Tensor))
      return w.mean(w.matmul(hidden, b as w.Tensor).square())
    }
    const [value, gradients] = w.valueAndGrad(loss)(weights)
    return [value, ...gradients, ...gradients.map((g, i) => (weights[i] as w.Tensor).sub(g.mul(0.1)))]
  })
}
