import { fc, test } from '@fast-check/vitest'
import { cpu } from '@wengert/backend-cpu'
import { checkGradients, GradientCheckError, tensors } from '@wengert/gradcheck'
import { distance } from '@wengert/testing'
import { describe, expect } from 'vitest'
import * as w from './index.ts'

// Random programs: graphs with sharing, nested derivatives, rules of their own and recomputation. WENGERT_RUNS=100000
// makes as many of them.

const backend = cpu()

const sine = w.customVjp(
  (x: w.Tensor) => w.sin(x),
  (g, _, x) => [g.mul(w.cos(x))],
)
const block = w.checkpoint((x: w.Tensor, y: w.Tensor) => w.tanh(x.mul(y).add(x)))

/** Smooth functions of matrices that keep their size and stay small. */
const moves: Record<string, (a: w.Tensor, b: w.Tensor) => w.Tensor> = {
  add: (a, b) => a.add(b).mul(0.6),
  mul: (a, b) => a.mul(b).mul(0.5),
  sub: (a, b) => a.sub(b.mul(0.5)),
  div: (a, b) => a.div(b.square().add(1)),
  tanh: (a) => w.tanh(a),
  softplus: (a, b) => w.softplus(a.sub(b)).sub(0.7),
  gelu: (a) => w.gelu(a),
  where: (a, b) => w.where(a.less(5), a.mul(0.9), b.exp()),
  rowMean: (a) => w.mean(a, { axis: 1, keepDims: true }).add(a).mul(0.5),
  columnSum: (a, b) => b.add(w.sum(a, { axis: 0 }).mul(0.2)),
  softmax: (a, b) => w.softmax(a).mul(b).mul(2),
  logSumExp: (a) => a.sub(w.logSumExp(a, { axis: 1, keepDims: true })).mul(0.5),
  matmul: (a, b) => w.tanh(w.matmul(a, w.matmul(b.transpose(), a)).mul(0.2)),
  turn: (a, b) => a.transpose().reshape(a.shape).add(b).mul(0.5),
  shift: (a) => w.concat([a.slice([0, 1], a.shape), a.slice([0, 0], [a.shape[0] as number, 1])], { axis: 1 }),
  cumSum: (a) => w.cumSum(a, { axis: 0 }).mul(0.4),
  stopped: (a, b) => a.mul(w.stopGradient(w.sin(b))),
  custom: (a) => sine(a),
  checkpoint: (a, b) => block(a, b),
  nested: (a, b) => w.grad((v: w.Tensor) => w.sum(w.sin(v.mul(b)).mul(0.5)))(a),
}
const names = Object.keys(moves)

type Line = readonly [move: string, a: number, b: number]

const programs = fc.array(fc.tuple(fc.constantFrom(...names), fc.nat(20), fc.nat(20)), { minLength: 1, maxLength: 12 })
const inputs = fc
  .tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 }))
  .chain(([m, n]) => fc.tuple(tensors([m, n], { min: -2, max: 2 }), tensors([n], { min: -2, max: 2 })))

function run(program: readonly Line[], x: w.Tensor, y: w.Tensor): w.Tensor {
  const values = [x, y.broadcastTo(x.shape)]
  const pick = (i: number): w.Tensor => values[i % values.length] as w.Tensor
  for (const [move, a, b] of program) values.push((moves[move] as (typeof moves)[string])(pick(a), pick(b)))
  return values.at(-1) as w.Tensor
}

describe('a random program', () => {
  test.prop([programs, inputs])('has derivatives that agree with differences', (program, [x, y]) => {
    try {
      checkGradients((u: w.Tensor, v: w.Tensor) => run(program, u, v), [x, y], { order: 1, tolerance: 1e-5 })
    } catch (error) {
      // A slope may come out so small that the round-off of what cancels hides it: that program shows nothing.
      fc.pre(!(error instanceof GradientCheckError && error.verdict === 'inconclusive'))
      throw error
    }
  })

  test.prop([programs, inputs, fc.nat()])(
    'has a forward derivative that is adjoint to the backward one',
    (program, [x, y], seed) => {
      const f = (u: w.Tensor, v: w.Tensor) => run(program, u, v)
      const draw = (like: w.Tensor, i: number) =>
        w.uniform(w.fold(w.key(seed), i), like.shape, { low: -1, dtype: 'f64' })
      const [u, s, t] = [draw(x, 0), draw(x, 1), draw(y, 2)]
      const [, tangent] = w.jvp(f, [x, y], [s, t])
      const [, pullback] = w.vjp(f, x, y)
      const [gx, gy] = pullback(u)
      const [left, right] = [w.sum(u.mul(tangent)), w.sum(gx.mul(s)).add(w.sum(gy.mul(t)))]
      expect(distance([left.item({ backend })], [right.item({ backend })])).toBeLessThan(1e-10)
    },
  )

  test.prop([programs, inputs])(
    'gives the same bits fused, unfused, compiled and moved by a state',
    async (program, [x, y]) => {
      const f = (u: w.Tensor, v: w.Tensor) => run(program, u, v)
      const all = [f(x, y), w.grad((u: w.Tensor) => w.sum(f(u, y)))(x)]
      const data = [x.dataSync(), y.dataSync()]
      const fused = w.replay([x, y], all, { backend })(data)
      expect(w.replay([x, y], all, { backend, fuse: false })(data)).toEqual(fused)
      expect(w.compile(f, { backend })(x, y).dataSync()).toEqual(fused[0])
      const moving = w.state({ x, y }, { backend })
      await moving.update((s) => [{ ...s, x: f(s.x, s.y) }, []])
      expect(moving.value.x.dataSync({ backend })).toEqual(fused[0])
    },
  )
})
