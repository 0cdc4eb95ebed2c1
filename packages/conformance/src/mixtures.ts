import * as w from '@wengert/core'
import { input } from './inputs.ts'
import type { Row } from './programs.ts'

/** Programs with shared values, gradients and all kinds of kernels at once, chosen without a pattern. */
export function* mixtures(): Generator<Row> {
  const moves: readonly ((a: w.Tensor, b: w.Tensor) => w.Tensor)[] = [
    (a, b) => a.add(b),
    (a, b) => a.mul(b),
    (a) => w.tanh(a),
    (a, b) => w.where(a.less(b), a, b.neg()),
    (a) => a.sub(w.max(a, { axis: -1, keepDims: true })),
    (a) => w.softmax(a),
    (a) => a.transpose().mul(2).transpose(),
    (a, b) => w.matmul(a, w.matmul(b.transpose(), a)).mul(0.05),
    (a) => w.sum(a, { axis: 0, keepDims: true }).mul(0.1).add(a),
    (a) => w.cumSum(a, { axis: 0 }).mul(0.3),
  ]
  for (let program = 0; program < 40; program++)
    yield [
      `mixture ${program}`,
      () => {
        const run = (x: w.Tensor): w.Tensor[] => {
          const values = [x]
          for (let step = 0; step < 12; step++) {
            const [which, first] = w.threefry(program, 1, 0, step)
            const [second] = w.threefry(program, 2, 0, step)
            const pick = (word: number) => values[word % values.length] as w.Tensor
            values.push((moves[which % moves.length] as (typeof moves)[number])(pick(first), pick(second)))
          }
          return values
        }
        const x = input([(program % 5) + 1, (program % 7) + 1], { seed: program })
        return [...run(x).slice(1), w.grad((v: w.Tensor) => w.sum(run(v).at(-1) as w.Tensor))(x)]
      },
    ]
}
