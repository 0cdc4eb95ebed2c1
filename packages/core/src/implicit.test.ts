import { fc, test } from '@fast-check/vitest'
import { cpu } from '@wengert/backend-cpu'
import { checkGradients, tensors } from '@wengert/gradcheck'
import { distance } from '@wengert/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import * as w from './index.ts'

beforeAll(() => w.useBackend(cpu()))

/** Heron's iteration for √a. */
const heron = (x: w.Tensor, a: w.Tensor) => x.add(a.div(x)).mul(0.5)

describe('fixedPoint', () => {
  test.prop([tensors([3], { min: 0.5, max: 4 })])('has the value and all derivatives of the limit', (a) => {
    const root = w.fixedPoint(heron, w.ones([3], { dtype: 'f64' }), { iterations: 12 })
    expect(distance(root(a).dataSync(), a.sqrt().dataSync())).toBeLessThan(1e-12)
    const slope = (f: (v: w.Tensor) => w.Tensor) => w.grad((v: w.Tensor) => w.sum(f(v)))
    const [first, second] = [slope(root), slope(slope(root))]
    expect(distance(first(a).dataSync(), a.pow(-0.5).mul(0.5).dataSync())).toBeLessThan(1e-11)
    expect(distance(second(a).dataSync(), a.pow(-1.5).mul(-0.25).dataSync())).toBeLessThan(1e-10)
  })

  // Row sums of at most ½: sixty steps then shrink an error by 2⁶⁰.
  test.prop([tensors([2, 2], { min: -0.25, max: 0.25 }), tensors([2])])('takes trees and any arguments', (W, b) => {
    const f = ({ x }: { x: w.Tensor }, p: { W: w.Tensor }, b: w.Tensor) => ({ x: w.tanh(w.matmul(p.W, x).add(b)) })
    const layer = w.fixedPoint(f, { x: w.zeros([2], { dtype: 'f64' }) }, { iterations: 60 })
    const { x } = layer({ W }, b)
    expect(distance(f({ x }, { W }, b).x.dataSync(), x.dataSync())).toBeLessThan(1e-12)
    checkGradients((W: w.Tensor, b: w.Tensor) => layer({ W }, b).x, [W, b])
  })

  it('wants what it gives, and a count', () => {
    expect(() => w.fixedPoint((x: w.Tensor) => x.broadcastTo([2, 2]), w.ones([2]))()).toThrow(
      'fixedPoint: f must return what it takes, f32 [2], got f32 [2, 2] at tree. Give a start of the shape of the result.',
    )
    expect(() => w.fixedPoint(heron, w.ones([]), { iterations: 0 })).toThrow(w.ValueError)
  })
})

describe('root', () => {
  test.prop([tensors([3], { min: 0.5, max: 4 })])('has the derivatives of the solution, however it is found', (a) => {
    const cube = w.root(
      (x: w.Tensor, a: w.Tensor) => x.pow(3).sub(a),
      (a) => a.pow(1 / 3),
    )
    checkGradients(cube, [a])
    expect(
      distance(
        w
          .grad((v: w.Tensor) => w.sum(cube(v)))(a)
          .dataSync(),
        a
          .pow(-2 / 3)
          .div(3)
          .dataSync(),
      ),
    ).toBeLessThan(1e-11)
  })

  const systems = fc.tuple(tensors([3, 3], { min: -0.5, max: 0.5 }), tensors([3]), tensors([2]))

  test.prop([systems])('solves coupled systems of trees, exactly or with a solver of the caller', ([noise, b, c]) => {
    const A = noise.add(w.eye(3, { dtype: 'f64' }).mul(2))
    interface X {
      readonly u: w.Tensor
      readonly v: readonly w.Tensor[]
    }
    const f = ({ u, v }: X, A: w.Tensor, b: w.Tensor, c: w.Tensor): X => ({
      u: w
        .matmul(A, u)
        .add(w.sum(v[0] as w.Tensor))
        .sub(b),
      v: [(v[0] as w.Tensor).mul(2).sub(c)],
    })
    const solution = (A: w.Tensor, b: w.Tensor, c: w.Tensor): X => {
      const v = c.mul(0.5)
      return { u: w.solve(A, b.sub(w.sum(v)).expandDims(1)).reshape([3]), v: [v] }
    }
    const exact = w.root(f, solution)
    const neumann = w.root(f, solution, {
      solveLinear: (map, g) => {
        let l = w.mapTree((leaf) => leaf.mul(0.4), g)
        for (let i = 0; i < 120; i++)
          l = w.zipTrees(
            (x, r) => x.add(r.mul(0.3)),
            l,
            w.zipTrees((a, b) => a.sub(b), g, map(l)),
          )
        return l
      },
    })
    checkGradients((A: w.Tensor, b: w.Tensor, c: w.Tensor) => exact(A, b, c), [A, b, c])
    const slope = (f: typeof exact) => w.grad((b: w.Tensor) => w.sum(f(A, b, c).u.square()))(b)
    expect(distance(slope(neumann).dataSync(), slope(exact).dataSync())).toBeLessThan(1e-6)
  })
})
