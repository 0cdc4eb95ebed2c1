import { describe, expect, expectTypeOf, it } from 'vitest'
import * as w from './index.ts'

const tree = { layers: [{ w: w.ones([2]) }, { w: w.ones([3]) }], scale: w.tensor(1) }

describe('trees', () => {
  it('list their leaves from left to right', () => {
    expect(w.leaves(tree).map(({ shape }) => shape)).toEqual([[2], [3], []])
    expect(w.leaves([])).toEqual([])
  })

  it('map to trees of the same structure and type', () => {
    const paths: string[] = []
    const doubled = w.mapTree((leaf, path) => {
      paths.push(w.showPath(path))
      return leaf.mul(2)
    }, tree)
    expectTypeOf(doubled).toEqualTypeOf<typeof tree>()
    expect(paths).toEqual(['tree.layers[0].w', 'tree.layers[1].w', 'tree.scale'])
    expect(doubled.layers.length).toBe(2)
  })

  it('zip leaf by leaf, whatever the order of their properties', () => {
    const [a, b] = [w.tensor(1), w.tensor(2)]
    const sums = w.zipTrees((x, y) => x.add(y), { a, b }, { b: a, a: b })
    expect(Object.keys(sums)).toEqual(['a', 'b'])
  })

  it('must agree in structure', () => {
    const [x, y] = [w.ones([1]), w.ones([1])]
    const zip = (a: unknown, b: unknown) => w.zipTrees((p) => p, a, b)
    expect(() => zip({ a: x }, { b: x })).toThrow(
      'zipTrees: trees must have the same structure, got {a} and {b} at tree. ' +
        'Build one from the other, e.g. with mapTree.',
    )
    expect(() => zip({ a: [x] }, { a: [x, y] })).toThrow('got {0} and {0, 1} at tree.a')
    expect(() => zip([x], { 0: x })).toThrow(w.TreeError)
    expect(() => zip(x, [x])).toThrow(w.TreeError)
  })

  it('hold tensors only', () => {
    expect(() => w.leaves({ a: 3 })).toThrow(
      'leaves: tree.a must be a tensor, an array or a plain object, got 3. Wrap numbers with tensor(…).',
    )
    expect(() => w.leaves({ a: new Map() })).toThrow('got a Map')
    expect(() => w.leaves([null])).toThrow('leaves: tree[0] must be a tensor, an array or a plain object, got null.')
    expect(() => w.leaves(undefined)).toThrow(w.TreeError)
  })

  it('keep a property named __proto__ a property', () => {
    const odd = JSON.parse('{"__proto__": 1}')
    Object.defineProperty(odd, '__proto__', {
      value: w.ones([1]),
      enumerable: true,
      writable: true,
      configurable: true,
    })
    const mapped = w.mapTree((leaf) => leaf, odd)
    expect(Object.keys(mapped as object)).toEqual(['__proto__'])
    expect(Object.getPrototypeOf(mapped)).toBe(Object.prototype)
  })
})
