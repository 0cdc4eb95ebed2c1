import { fc, test } from '@fast-check/vitest'
import { cpu } from '@wengert/backend-cpu'
import { checkGradients, shapes, tensors } from '@wengert/gradcheck'
import { distance } from '@wengert/testing'
import { beforeAll, describe, expect, expectTypeOf, it } from 'vitest'
import * as w from './index.ts'

beforeAll(() => w.useBackend(cpu()))

const small = shapes({ maxRank: 2, maxSize: 3 })

describe('jacobian', () => {
  test.prop([small.chain((shape) => tensors(shape))])('of an elementwise function is diagonal', (x) => {
    const J = w.jacobian((v: w.Tensor) => w.sin(v))(x)
    expect(J.shape).toEqual([...x.shape, ...x.shape])
    const n = w.sizeOf(x.shape)
    const diagonal = w.eye(n, { dtype: 'f64' }).mul(w.cos(x).reshape([n]))
    expect(distance(J.dataSync(), diagonal.dataSync())).toBeLessThan(1e-12)
  })

  test.prop([
    fc
      .tuple(fc.integer({ min: 0, max: 4 }), fc.integer({ min: 0, max: 4 }))
      .chain(([m, n]) => fc.tuple(tensors([m, n]), tensors([n]))),
  ])('of a linear map is its matrix, by rows and by columns', ([A, x]) => {
    const J = w.jacobian((v: w.Tensor) => w.matmul(A, v))(x)
    expect(J.shape).toEqual(A.shape)
    expect(J.dataSync()).toEqual(A.dataSync())
  })

  test.prop([tensors([3]), tensors([2]), fc.boolean()])('has a block for each pair of tensors', (a, b, tall) => {
    const f = ({ p, q }: { p: w.Tensor; q: w.Tensor }) =>
      ({ product: w.sum(p).mul(q), copies: tall ? [p.mul(2).add(p.square()).broadcastTo([4, 3])] : [] }) as const
    const J = w.jacobian(f)({ p: a, q: b })
    expectTypeOf(J.product).toEqualTypeOf<{ p: w.Tensor; q: w.Tensor }>()
    expect(J.product.p.shape).toEqual([2, 3])
    expect(
      distance(
        J.product.p.dataSync(),
        w
          .jacobian((p: w.Tensor) => f({ p, q: b }).product)(a)
          .dataSync(),
      ),
    ).toBe(0)
    expect(distance(J.product.q.dataSync(), w.eye(2, { dtype: 'f64' }).mul(w.sum(a)).dataSync())).toBeLessThan(1e-12)
    if (!tall) return
    const copies = J.copies[0] as { p: w.Tensor; q: w.Tensor }
    expect(copies.p.shape).toEqual([4, 3, 3])
    expect([...copies.q.dataSync()].every((v) => v === 0)).toBe(true)
    const diagonal = w.eye(3, { dtype: 'f64' }).mul(a.mul(2).add(2)).broadcastTo([4, 3, 3])
    expect(distance(copies.p.dataSync(), diagonal.dataSync())).toBeLessThan(1e-12)
  })

  it('passes further arguments on', () => {
    expect([
      ...w
        .jacobian((x: w.Tensor, k: w.Tensor) => x.mul(k))(w.ones([2]), w.tensor(3))
        .dataSync(),
    ]).toEqual([3, 0, 0, 3])
  })
})

const f = (x: w.Tensor) => w.sum(w.tanh(x.mul(w.sum(x.square()))))

describe('hessian and hvp', () => {
  test.prop([tensors([3]), tensors([3])])('agree with one another, and the hessian is symmetric', (x, v) => {
    const H = w.hessian(f)(x)
    expect(distance(H.dataSync(), H.transpose().dataSync())).toBeLessThan(1e-9)
    expect(distance(w.hvp(f, x, v).dataSync(), w.matmul(H, v).dataSync())).toBeLessThan(1e-8)
  })

  test.prop([tensors([2])])('can be differentiated', (x) => {
    checkGradients((v: w.Tensor) => w.hessian((p: w.Tensor) => w.sum(p.pow(4)))(v), [x.add(4)], { order: 1 })
  })
})

describe('checkpoint', () => {
  const block = (x: w.Tensor, s: { k: w.Tensor }) => ({ a: w.sin(x.mul(s.k)).square(), b: w.sum(x) })

  test.prop([tensors([3]), tensors([])])('has the values and derivatives of the function', (x, k) => {
    const again = w.checkpoint(block)
    expect(distance(again(x, { k }).a.dataSync(), block(x, { k }).a.dataSync())).toBe(0)
    checkGradients((u: w.Tensor, v: w.Tensor) => again(u, { k: v }), [x, k])
  })

  it('computes forward values again rather than keeping them', () => {
    const count = (g: (x: w.Tensor) => w.Tensor) =>
      w.tape(w.valueAndGrad((x: w.Tensor) => w.sum(g(x)))(w.ones([2]))).lines.filter(({ op }) => op.name === 'exp')
        .length
    const twice = (x: w.Tensor) => x.exp().exp()
    expect(count(w.checkpoint(twice))).toBe(count(twice) + 2)
  })
})
