import { fc, test } from '@fast-check/vitest'
import { cpu } from '@wengert/backend-cpu'
import { tensors } from '@wengert/gradcheck'
import { collectGarbage, device } from '@wengert/testing'
import { beforeEach, describe, expect, expectTypeOf, it } from 'vitest'
import * as w from './index.ts'

let backend = cpu()
beforeEach(() => {
  backend = cpu()
  w.useBackend(backend)
})

const f = (x: w.Tensor, { k }: { k: w.Tensor }) => ({ y: w.tanh(x.mul(k)).add(1), total: w.sum(x) })

describe('compile', () => {
  it('refuses what is no function', () => {
    expect(() => w.compile(3 as never)).toThrow('compile: f must be a function, got 3.')
  })

  test.prop([fc.array(tensors([3]), { minLength: 1, maxLength: 5 }), tensors([])])(
    'gives what the function gives',
    (xs, k) => {
      const compiled = w.compile(f)
      expectTypeOf(compiled).toEqualTypeOf(f)
      for (const x of xs) {
        const [now, before] = [compiled(x, { k }), f(x, { k })]
        expect(now.y.dataSync()).toEqual(before.y.dataSync())
        expect(now.total.item()).toBe(before.total.item())
      }
    },
  )

  it('traces once for each structure of its arguments and makes one plan', () => {
    let traces = 0
    const compiled = w.compile((x: w.Tensor) => {
      traces++
      return x.mul(2)
    })
    for (let i = 0; i < 1000; i++) expect(compiled(w.tensor([i, 1])).dataSync()[0]).toBe(2 * i)
    expect(traces).toBe(1)
    expect(w.planCount(backend)).toBe(1)
    compiled(w.ones([3]))
    compiled(w.ones([2], { dtype: 'f64' }))
    compiled(w.ones([2]))
    expect(traces).toBe(3)
    expect(backend.memory().buffers).toBe(0)
  })

  it('tells trees apart that name the same tensors otherwise', () => {
    const [x, y] = [w.tensor([1]), w.tensor([2])]
    const trees: readonly w.Tree[] = [
      { a: { b: x }, c: y },
      { 'a.b': x, c: y },
      { a: { b: x, c: y } },
      [{ a: x, b: [] }, y],
      [{ a: x, b: {} }, y],
      [{ a: x }, y],
      [x, y],
      { 0: x, 1: y },
    ]
    const compiled = w.compile((tree: w.Tree) => w.mapTree((leaf) => leaf.mul(2), tree))
    const numbers = (tree: w.Tree) => w.mapTree((leaf) => leaf.item() as unknown as w.Tensor, tree)
    for (const tree of trees) {
      const doubled = w.mapTree((leaf) => leaf.mul(2), tree)
      expect(numbers(compiled(tree))).toEqual(numbers(doubled))
    }
  })

  it('takes arguments wherever their values are', async () => {
    const compiled = w.compile((x: w.Tensor) => x.add(1))
    const training = w.state({ p: w.tensor([5]) })
    const results = [
      w.tensor([1]),
      w.full([1], 2),
      w.tensor([1]).mul(3),
      w.tensor([4, 9]).slice([0], [1]),
      training.value.p,
    ]
    expect(results.map((x) => compiled(x).dataSync()[0])).toEqual([2, 3, 4, 5, 6])
    await training.update(({ p }) => [{ p: compiled(p) }, []])
    expect(compiled(training.value.p).item()).toBe(7)
    expect(compiled(compiled(w.tensor([1]))).item()).toBe(3)
    expect(() => w.compile((x: w.Tensor) => x)(3 as unknown as w.Tensor)).toThrow(w.TreeError)
  })

  it('becomes part of what is differentiated', () => {
    const square = w.compile((x: w.Tensor) => x.square())
    expect(
      w
        .grad((x: w.Tensor) => square(square(x)))(w.tensor(2))
        .item(),
    ).toBe(32)
    expect(
      w
        .compile(w.grad((x: w.Tensor) => square(x)))(w.tensor(3))
        .item(),
    ).toBe(6)
  })

  it('cannot be read inside', () => {
    const message =
      'item: x must have a value to be read, got an argument of compile(…) while its function is traced. ' +
      'Branch with where, or read what the compiled function returns.'
    expect(() => w.compile((x: w.Tensor) => (x.item() > 0 ? x : x.neg()))(w.tensor(1))).toThrow(message)
    expect(() => w.compile((x: w.Tensor) => (x.mul(2).item() > 0 ? x : x.neg()))(w.tensor(1))).toThrow(message)
  })

  it('keeps results on an asynchronous backend until nobody can reach them', async () => {
    const later = device()
    const double = w.compile((x: w.Tensor) => x.mul(2), { backend: later })
    const read = async (): Promise<number[]> => {
      let y = w.tensor([1, 2])
      for (let i = 0; i < 100; i++) y = double(y).mul(0.5)
      return [...(await double(y).data({ backend: later }))]
    }
    expect(await read()).toEqual([2, 4])
    expect(later.counts.reads).toBe(1)
    await collectGarbage(() => later.memory().buffers === 0)
    expect(later.memory()).toEqual({ buffers: 0, bytes: 0 })
  })
})
