import { cpu } from '@wengert/backend-cpu'
import { chaining } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import * as w from '../index.ts'

const oracle = cpu({ wasm: false })

/** What functions of some matrices yield with chains, which must be what they yield without, and the kernels of each chain. */
function chainsOf(
  f: (...xs: w.Tensor[]) => readonly w.Tensor[],
  ...shapes: readonly w.Shape[]
): { readonly kinds: readonly string[]; readonly chains: readonly w.Chain[] } {
  const xs = shapes.map((shape, i) => w.normal(w.key(i), shape, { dtype: 'f64' }))
  const given = xs.map((x) => w.tensor(x.dataSync({ backend: oracle }), { shape: x.shape }))
  const data = given.map((x) => x.dataSync({ backend: oracle }))
  const chains: w.Chain[] = []
  const outputs = f(...given)
  const wanted = w.replay(given, outputs, { backend: oracle })(data)
  expect(w.replay(given, f(...given), { backend: chaining(oracle, chains) })(data)).toEqual(wanted)
  const name = ({ kernel }: w.ChainStep): string => (kernel.kind === 'reduce' ? kernel.op : 'map')
  return { chains, kinds: chains.map(({ steps }) => steps.map(name).join(' ')) }
}

describe('chainRows', () => {
  it('joins a softmax to one chain, of which the result alone is left', () => {
    const { kinds, chains } = chainsOf((x) => [w.softmax(x)], [7, 5])
    expect(kinds).toEqual(['max map sum map map'])
    expect(chains[0]).toMatchObject({ rows: 7, inputs: 1, outputs: [{ dtype: 'f64', size: 35 }] })
    expect(chains[0]?.slots.map(({ size }) => size).sort((a, b) => a - b)).toEqual([7, 7, 7, 7, 35])
  })

  it('takes as many axes for rows as all kernels pass over evenly', () => {
    const rowsOf = (f: (x: w.Tensor, y: w.Tensor) => w.Tensor, ...shapes: readonly w.Shape[]) =>
      chainsOf((x, y) => [f(x as w.Tensor, y as w.Tensor)], ...shapes).chains.map(({ rows }) => rows)
    const [batch, mask] = [
      [2, 3, 4, 5],
      [4, 5],
    ]
    expect(rowsOf((x) => w.softmax(x), batch)).toEqual([24])
    // The mask begins anew with each matrix.
    expect(rowsOf((x, y) => w.softmax(x.add(y)), batch, mask)).toEqual([6])
    expect(rowsOf((x) => w.softmax(x, { axis: 1 }), batch)).toEqual([2])
    expect(rowsOf((x) => w.softmax(x, { axis: 0 }), batch)).toEqual([])
  })

  it('keeps what others need: outputs, and what is read after the chain', () => {
    const { kinds, chains } = chainsOf(
      (x) => {
        const total = w.sum(x, { axis: -1, keepDims: true })
        const share = x.div(total)
        return [total, w.matmul(share.transpose(), share)]
      },
      [4, 6],
    )
    expect(kinds).toEqual(['sum map'])
    expect(chains[0]?.outputs.map(({ size }) => size).sort((a, b) => a - b)).toEqual([4, 24])
  })

  it('moves kernels out of the way, before and behind', () => {
    const { kinds } = chainsOf(
      (x, y) => {
        const greatest = w.max(x, { axis: -1, keepDims: true })
        const running = w.cumSum(y)
        const far = w.cumSum(greatest.transpose())
        const shifted = x.sub(greatest).mul(running)
        return [shifted.div(w.sum(shifted, { axis: -1, keepDims: true })), far]
      },
      [5, 5],
      [5, 5],
    )
    expect(kinds).toEqual(['max sum map'])
  })

  it('takes what a small reduction of the rows stores by the way', () => {
    const { kinds } = chainsOf(
      (x) => {
        const total = w.sum(x.exp(), { axis: -1 })
        const logs = total.log()
        return [w.sum(logs.square()), x.sub(logs.square().expandDims(-1))]
      },
      [6, 4],
    )
    expect(kinds).toEqual(['sum map map map'])
  })

  it('leaves apart what reads other rows', () => {
    const { kinds } = chainsOf((x) => [w.max(x, { axis: -1 }).add(w.sum(x, { axis: 0 }))], [4, 4])
    expect(kinds).toEqual([])
    const turned = chainsOf((x) => [w.softmax(x).transpose().mul(x)], [4, 4])
    expect(turned.kinds).toEqual(['max map sum map map'])
  })

  it('writes over no rows that another row is still to read', () => {
    const { kinds } = chainsOf(
      (x, y) => {
        const sorted = w.sort(x.mul(y))
        const total = w.sum(sorted.transpose(), { axis: -1, keepDims: true })
        return [w.matmul(w.softmax(x.mul(total)), y)]
      },
      [6, 6],
      [6, 6],
    )
    expect(kinds).toEqual(['sum max map sum map map'])
  })

  it('does nothing where a cache holds all of it', () => {
    const { chains: whole } = chaining(oracle)
    if (!whole) throw new Error('no chains')
    const joined: number[] = []
    const join: typeof whole.join = (jobs, isKept) => {
      const found = w.chainRows(jobs, isKept, 2000)
      joined.push(found.filter(({ kernel }) => kernel.kind === 'chain').length)
      return found
    }
    const backend = { ...oracle, chains: { ...whole, join } }
    for (const rows of [10, 100]) w.softmax(w.ones([rows, 10])).dataSync({ backend })
    expect(joined).toEqual([0, 1])
  })
})
