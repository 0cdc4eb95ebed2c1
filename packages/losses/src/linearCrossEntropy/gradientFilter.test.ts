import { fc, test } from '@fast-check/vitest'
import { grad, sum, type Tensor, tensor } from '@wengert/core'
import { labels, tensors } from '@wengert/gradcheck'
import { expectClose, runs, values } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { linearCrossEntropy } from './linearCrossEntropy.ts'

const [V, D] = [5, 2]
type Layer = readonly [embeddings: Tensor, weight: Tensor, bias: Tensor]

interface Filter {
  readonly filterEps: number
  readonly filterEmbeddings: boolean
  readonly filterWeight: boolean
  readonly orderVocabulary: boolean
  readonly blockTokens: number
  readonly blockVocabulary: number
  readonly softcap?: number
  readonly ignoreIndex?: number
}

/** Gradient of Σ L by embeddings [N, D], weight [V, D] and bias [V], in loops over numbers; and how many blocks count. */
function byLoops(
  [e = [], c = [], b = []]: readonly number[][],
  y: readonly number[],
  { filterEps, softcap, ignoreIndex, ...filter }: Filter,
): { readonly gradients: readonly [number[], number[], number[]]; readonly blocks: number; readonly kept: number } {
  const tokens = [...y.keys()].filter((i) => y[i] !== ignoreIndex)
  const at = (x: readonly number[], i: number): number => x[i] as number
  const z = y.map((_, i) =>
    b.map((bias, v) => {
      let dot = bias
      for (let d = 0; d < D; d++) dot += at(e, i * D + d) * at(c, v * D + d)
      return softcap === undefined ? dot : softcap * Math.tanh(dot / softcap)
    }),
  )
  const p = z.map((row) => {
    const all = row.reduce((total, x) => total + Math.exp(x), 0)
    return row.map((x) => Math.exp(x) / all)
  })
  const total = (v: number): number => tokens.reduce((all, i) => all + at(z[i] as number[], v), 0)
  const order = [...b.keys()]
  if (filter.orderVocabulary) order.sort((u, v) => total(u) - total(v))
  const [ofE, ofC, ofB] = [e, c, b].map((x) => x.map(() => 0)) as [number[], number[], number[]]
  let [blocks, kept] = [0, 0]
  for (let t = 0; t < tokens.length; t += filter.blockTokens)
    for (let s = 0; s < V; s += filter.blockVocabulary) {
      const pairs = tokens
        .slice(t, t + filter.blockTokens)
        .flatMap((i) => order.slice(s, s + filter.blockVocabulary).map((v) => [i, v] as const))
      const off = ([i, v]: readonly [number, number]): number => at(p[i] as number[], v) - (y[i] === v ? 1 : 0)
      const counts = pairs.some((pair) => Math.abs(off(pair)) >= filterEps)
      blocks++
      if (counts) kept++
      for (const pair of pairs) {
        const [i, v] = pair
        const bend = softcap === undefined ? 1 : 1 - (at(z[i] as number[], v) / softcap) ** 2
        const slope = off(pair) * bend
        for (let d = 0; d < D; d++) {
          if (counts || !filter.filterEmbeddings) ofE[i * D + d] = at(ofE, i * D + d) + slope * at(c, v * D + d)
          if (counts || !filter.filterWeight) ofC[v * D + d] = at(ofC, v * D + d) + slope * at(e, i * D + d)
        }
        if (counts || !filter.filterEmbeddings || !filter.filterWeight) ofB[v] = at(ofB, v) + slope
      }
    }
  return { gradients: [ofE, ofC, ofB], blocks, kept }
}

const samples = fc.integer({ min: 1, max: 5 }).chain((N) => {
  const of = (shape: number[]): fc.Arbitrary<Tensor> => tensors(shape, { min: -2, max: 2 })
  return fc.record({ layer: fc.tuple(of([N, D]), of([V, D]), of([V])), y: labels([N], V) })
})
const filters = fc.record({
  filterEps: fc.constantFrom(0, 0.01, 0.05, 0.25),
  filterEmbeddings: fc.boolean(),
  filterWeight: fc.boolean(),
  orderVocabulary: fc.boolean(),
  blockTokens: fc.integer({ min: 1, max: 4 }),
  blockVocabulary: fc.integer({ min: 1, max: 4 }),
})
const gradientsOf = (layer: Layer, y: Tensor, options: object): Layer =>
  grad(([e, c, bias]: Layer) => sum(linearCrossEntropy(e, c, y, { ...options, bias })))(layer)

describe('linearCrossEntropy with filterEps', () => {
  test.prop([samples, filters, fc.boolean(), fc.boolean()], runs(0.75))(
    'leaves out the blocks that an implementation by loops leaves out',
    ({ layer, y }, filter, capped, ignoring) => {
      // Distinct biases, for mean logits that rounding does not bring into another order.
      const moved: Layer = [layer[0], layer[1], layer[2].add(tensor([0.1, 0.01, 0.73, 0.37, 0.51], { dtype: 'f64' }))]
      const options = { ...filter, ...(capped && { softcap: 2 }), ...(ignoring && { ignoreIndex: 1 }) }
      const { gradients } = byLoops(moved.map(values), values(y), options)
      gradientsOf(moved, y, options).forEach((x, i) => {
        expectClose(x, tensor(gradients[i] as number[], { shape: x.shape, dtype: 'f64' }))
      })
    },
  )

  it('leaves out some blocks and keeps others where a token is sure of a class', () => {
    const layer: Layer = [
      tensor([3, 0, 3, 0, 0, 0], { shape: [3, D], dtype: 'f64' }),
      tensor([0, 0, 4, 0, 0, 1, 0, 2, 0, 3], { shape: [V, D], dtype: 'f64' }),
      tensor([0, 0, 0.1, 0.2, 0.3], { dtype: 'f64' }),
    ]
    const y = tensor([1, 1, 0], { dtype: 'i32' })
    const sides = { filterEmbeddings: true, filterWeight: true, blockTokens: 2, blockVocabulary: 2 }
    const options: Filter = { ...sides, filterEps: 1e-3, orderVocabulary: true }
    const { gradients, blocks, kept } = byLoops(layer.map(values), values(y), options)
    expect([blocks, kept]).toEqual([6, 3])
    const found = gradientsOf(layer, y, options)
    found.forEach((x, i) => {
      expectClose(x, tensor(gradients[i] as number[], { shape: x.shape, dtype: 'f64' }))
    })
    expect(values(found[0]).slice(0, 4)).toEqual([0, 0, 0, 0])
    expect(values(gradientsOf(layer, y, {})[0])[0]).not.toBe(0)
  })

  test.prop([samples], runs(0.25))(
    'leaves out all of the gradient at 2, none at 0, next to none at auto',
    ({ layer, y }) => {
      const all = gradientsOf(layer, y, {})
      for (const x of gradientsOf(layer, y, { filterEps: 2 })) expect(values(x).every((v) => v === 0)).toBe(true)
      for (const filterEps of [0, 'auto'])
        gradientsOf(layer, y, { filterEps }).forEach((x, i) => {
          expectClose(x, all[i] as Tensor)
        })
    },
  )
})
