import { fc, test } from '@fast-check/vitest'
import { cpu } from '@wengert/backend-cpu'
import { checkGradients, tensors } from '@wengert/gradcheck'
import { distance } from '@wengert/testing'
import { beforeAll, describe, expect, expectTypeOf, it } from 'vitest'
import * as w from './index.ts'

beforeAll(() => w.useBackend(cpu()))

const scalar = (value: number): w.Tensor => w.tensor(value, { dtype: 'f64' })

describe('grad', () => {
  test.prop([fc.double({ min: -6, max: 6, noNaN: true })])('nests to any order', (x) => {
    const third = w.grad(w.grad(w.grad((v: w.Tensor) => w.sin(v))))
    expect(third(scalar(x)).item()).toBeCloseTo(-Math.cos(x), 12)
    const fifth = w.grad(w.grad(third))
    expect(fifth(scalar(x)).item()).toBeCloseTo(Math.cos(x), 12)
  })

  it('does not confuse the perturbations of nested derivatives', () => {
    const f = (x: w.Tensor) => x.mul(w.grad((y: w.Tensor) => x.add(y))(scalar(5)))
    expect(w.grad(f)(scalar(3)).item()).toBe(1)
    const g = (x: w.Tensor) =>
      w
        .grad((y: w.Tensor) => y.mul(x))(x)
        .mul(x)
    expect(w.grad(g)(scalar(3)).item()).toBe(6)
  })

  it('keeps the tree of its argument, and its type', () => {
    const params = { layers: [{ w: w.ones([2, 3]), b: w.zeros([3]) }], scale: w.tensor(2) }
    const f = (p: typeof params, x: w.Tensor) =>
      w.sum(
        w
          .matmul(x, p.layers[0]?.w as w.Tensor)
          .add(p.layers[0]?.b as w.Tensor)
          .mul(p.scale),
      )
    const gradient = w.grad(f)(params, w.ones([4, 2]))
    expectTypeOf(gradient).toEqualTypeOf<typeof params>()
    expect(gradient.layers[0]?.w.shape).toEqual([2, 3])
    expect([...(gradient.layers[0]?.b.dataSync() ?? [])]).toEqual([8, 8, 8])
    expect(gradient.scale.item()).toBe(24)
  })

  it('is zero for what the function does not use', () => {
    const gradient = w.grad(({ a }: { a: w.Tensor; b: w.Tensor }) => a.square())({ a: w.tensor(3), b: w.ones([2]) })
    expect(gradient.a.item()).toBe(6)
    expect([...gradient.b.dataSync()]).toEqual([0, 0])
    const constant = w.grad((_: w.Tensor) => w.tensor(1))(w.ones([2]))
    expect(constant.dataSync()).toEqual(new Float32Array(2))
  })

  it('adds up over all uses', () => {
    const f = (x: w.Tensor) => x.mul(x).mul(x).add(x)
    expect(w.grad(f)(scalar(2)).item()).toBe(13)
  })

  it('walks long chains without recursion', () => {
    const f = (x: w.Tensor) => {
      let y = x
      for (let i = 0; i < 100_000; i++) y = y.add(1)
      return y
    }
    expect(w.grad(f)(scalar(1)).item()).toBe(1)
  })

  it('names what it wants', () => {
    const x = w.ones([3])
    expect(() => w.grad((v: w.Tensor) => v)(x)).toThrow(
      'grad: the function must return a scalar, got shape [3]. Reduce it, e.g. mean(loss).',
    )
    expect(() => w.grad((v: w.Tensor) => w.sum(v.less(1)))(x)).toThrow(w.DTypeError)
    expect(() => w.grad((v: w.Tensor) => [v] as unknown as w.Tensor)(x)).toThrow(w.ShapeError)
    expect(() => w.grad((v: w.Tensor) => w.sum(v))(w.tensor([1], { dtype: 'i32' }))).toThrow(
      'grad: argument 0 must hold floats to differentiate by, got i32 at tree.',
    )
    expect(() => w.grad((v: { a: w.Tensor }) => v.a)({ a: 1 as unknown as w.Tensor })).toThrow(
      'grad: tree[0].a must be a tensor, an array or a plain object, got 1. Wrap numbers with tensor(…).',
    )
  })
})

describe('valueAndGrad', () => {
  it('returns both, and anything beside the loss', () => {
    const x = w.tensor([1, 2])
    const [value, gradient] = w.valueAndGrad((v: w.Tensor) => w.sum(v.square()))(x)
    expect(value.item()).toBe(5)
    expect([...gradient.dataSync()]).toEqual([2, 4])
    const [[loss, aux], slope] = w.valueAndGrad((v: w.Tensor) => [w.sum(v), { twice: v.mul(2) }] as const, {
      aux: true,
    })(x)
    expect(loss.item()).toBe(3)
    expect([...aux.twice.dataSync()]).toEqual([2, 4])
    expect([...slope.dataSync()]).toEqual([1, 1])
  })
})

const f = (x: w.Tensor) => w.tanh(x.mul(w.sum(x.square())).add(w.sin(x)))

describe('vjp and jvp', () => {
  test.prop([tensors([4]), tensors([4]), tensors([4])])('are adjoint: ⟨u, J v⟩ = ⟨Jᵀ u, v⟩', (x, u, v) => {
    const [, pullback] = w.vjp(f, x)
    const [, tangent] = w.jvp(f, [x], [v])
    const [cotangent] = pullback(u)
    expect(w.sum(u.mul(tangent)).item()).toBeCloseTo(w.sum(cotangent.mul(v)).item(), 9)
  })

  test.prop([tensors([4]), tensors([4]), tensors([4]), fc.integer({ min: -3, max: 3 })])('are linear', (x, u, v, k) => {
    const [, pullback] = w.vjp(f, x)
    const [together] = pullback(u.mul(k).add(v))
    const apart = pullback(u)[0].mul(k).add(pullback(v)[0])
    expect(distance(together.dataSync(), apart.dataSync())).toBeLessThan(1e-11)
    expect(pullback(w.zerosLike(x))[0].dataSync()).toEqual(new Float64Array(4))
  })

  test.prop([tensors([3]), tensors([3])])('give Hessian-vector products equal to the full Hessian', (x, v) => {
    const objective = (p: w.Tensor) => w.sum(f(p))
    const [, product] = w.jvp(w.grad(objective), [x], [v])
    const rows = [0, 1, 2].map((i) => [
      ...w
        .grad((p: w.Tensor) =>
          w
            .grad(objective)(p)
            .slice([i], [i + 1])
            .reshape([]),
        )(x)
        .dataSync(),
    ])
    const expected = rows.map((row) => row.reduce((total, h, j) => total + h * (v.dataSync()[j] as number), 0))
    expect(distance(product.dataSync(), expected)).toBeLessThan(1e-9)
    rows.forEach((row, i) => {
      expect(
        distance(
          row,
          rows.map((other) => other[i] as number),
        ),
      ).toBeLessThan(1e-9)
    })
  })

  it('take and return trees', () => {
    const swap = ({ a, b }: { a: w.Tensor; b: w.Tensor }, c: w.Tensor) => [b.mul(c), { sum: a.add(c) }] as const
    const [y, pullback] = w.vjp(swap, { a: scalar(1), b: scalar(2) }, scalar(3))
    expect(y[0].item()).toBe(6)
    const [{ a, b }, c] = pullback([scalar(10), { sum: scalar(100) }])
    expect([a.item(), b.item(), c.item()]).toEqual([100, 30, 120])
    const [, tangent] = w.jvp(
      swap,
      [{ a: scalar(1), b: scalar(2) }, scalar(3)],
      [{ a: scalar(1), b: scalar(0) }, scalar(1)],
    )
    expect([tangent[0].item(), tangent[1].sum.item()]).toEqual([2, 2])
  })

  it('refuse cotangents that do not match', () => {
    const [, pullback] = w.vjp((x: w.Tensor) => x, w.ones([3]))
    expect(() => pullback(w.ones([2]))).toThrow('vjp: cotangent must match the output, f32 [3], got f32 [2] at tree.')
    expect(() => pullback([w.ones([3])] as unknown as w.Tensor)).toThrow(w.TreeError)
  })
})

describe('stopGradient', () => {
  it('passes values and no gradient', () => {
    const x = w.tensor([2])
    expect(w.stopGradient(x).item()).toBe(2)
    expect(
      w
        .grad((v: w.Tensor) => w.sum(v.mul(w.stopGradient(v))))(x)
        .item(),
    ).toBe(2)
  })
})

describe('customVjp', () => {
  it('uses the rule instead of the derivative', () => {
    const straightThrough = w.customVjp(
      (x: w.Tensor) => x.greater(0).cast('f32'),
      (g) => [g],
    )
    const x = w.tensor([-1, 2])
    expect([...straightThrough(x).dataSync()]).toEqual([0, 1])
    expect([
      ...w
        .grad((v: w.Tensor) => w.sum(straightThrough(v).mul(3)))(x)
        .dataSync(),
    ]).toEqual([3, 3])
  })

  test.prop([tensors([3]), tensors([3])])('can be differentiated again, with trees and several inputs', (a, b) => {
    const product = w.customVjp(
      (p: { a: w.Tensor }, q: w.Tensor) => p.a.mul(q),
      (g, _, p, q) => [{ a: g.mul(q) }, g.mul(p.a)],
    )
    checkGradients((x: w.Tensor, y: w.Tensor) => w.sin(product({ a: x }, y)), [a, b])
  })

  it('checks what the rule returns', () => {
    const x = w.ones([2])
    const run = (rule: () => unknown) =>
      w.grad((v: w.Tensor) => w.sum(w.customVjp((u: w.Tensor) => u.mul(1), rule as never)(v)))(x)
    expect(() => run(() => [w.ones([3])])).toThrow(
      'customVjp: rule must return a gradient of shape [2] for input 0, got [3] at tree.',
    )
    expect(() => run(() => w.ones([2]))).toThrow(w.TreeError)
    expect(() => run(() => [])).toThrow(
      'customVjp: rule must return an array of 1 gradients, one per input, or null for none.',
    )
    expect([...run(() => [null]).dataSync()]).toEqual([0, 0])
  })
})
