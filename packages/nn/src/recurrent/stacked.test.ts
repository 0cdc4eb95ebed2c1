import { fc, test } from '@fast-check/vitest'
import { cpu } from '@wengert/backend-cpu'
import { concat, flip, grad, key, mapTree, normal, stack, sum, type Tensor, useBackend, zeros } from '@wengert/core'
import { checkGradients, checkLayer } from '@wengert/gradcheck'
import { describeErrors, expectClose, values } from '@wengert/testing'
import { beforeAll, describe, expect, expectTypeOf, it } from 'vitest'
import { type GruParams, gru, type LstmParams, type LstmState, lstm, type Params, type StackParams } from '../index.ts'

beforeAll(() => useBackend(cpu()))

const draw = (seed: number, shape: readonly number[]): Tensor => normal(key(seed), shape, { dtype: 'f64' })
const sizes = { in: 2, out: 3, dtype: 'f64' } as const

/** The parameters that end in a suffix, without it. */
function part<P>(params: StackParams<P>, suffix: string): P {
  const own = Object.entries(params as Record<string, Tensor>).filter(([name]) => name.endsWith(suffix))
  return Object.fromEntries(own.map(([name, leaf]) => [name.slice(0, -suffix.length), leaf])) as P
}

const back = (x: Tensor): Tensor => flip(x, { axis: 1 })

describe.each(['pytorch', 'tf1'] as const)('gru of several layers as in %s', (variant) => {
  const single = (inputs: number) => gru({ ...sizes, in: inputs, variant })

  test.prop([fc.integer({ min: 1, max: 4 }), fc.nat(99)], { numRuns: 5 })('is one above the other', (length, seed) => {
    const layer = gru({ ...sizes, variant, layers: 3 })
    const params = layer.init(key(seed))
    const [x, h] = [draw(seed, [2, length, 2]), draw(seed + 1, [3, 2, 3])]
    const states = [0, 1, 2].map((i) => h.slice([i, 0, 0], [i + 1, 2, 3]).squeeze(0))
    let y = x
    const last = states.map((state, i) => {
      const [out, next] = single(i === 0 ? 2 : 3).run(part(params, `_l${i}`), y, state)
      y = out
      return next
    })
    const [output, final] = layer.run(params, x, h)
    expectClose(output, y)
    expectClose(final, stack(last))
    expectClose(layer.apply(params, x), layer.run(params, x, zeros([3, 2, 3], { dtype: 'f64' }))[0])
  })

  it('runs both ways, side by side', () => {
    const layer = gru({ ...sizes, variant, layers: 2, bidirectional: true })
    const params = layer.init(key(1))
    const x = draw(2, [2, 4, 2])
    const both = (y: Tensor, l: number): readonly [Tensor, Tensor, Tensor] => {
      const inner = single(l === 0 ? 2 : 6)
      const [a, first] = inner.run(part(params, `_l${l}`), y)
      const [b, second] = inner.run(part(params, `_l${l}_reverse`), back(y))
      return [concat([a, back(b)], { axis: -1 }), first, second]
    }
    const [middle, a, b] = both(x, 0)
    const [output, c, d] = both(middle, 1)
    expectClose(layer.run(params, x)[0], output)
    expectClose(layer.run(params, x)[1], stack([a, b, c, d]))
  })

  it('obeys what a layer must', () => {
    const layer = gru({ ...sizes, variant, layers: 2, bidirectional: true })
    expect(checkLayer(layer, draw(3, [2, 2, 2]))).toMatchObject({ idle: [], batch: { rows: 2 } })
    const params = layer.init(key(2))
    checkGradients((h: Tensor) => layer.run(params, draw(4, [2, 2]), h), [draw(5, [4, 3])])
  })
})

describe('lstm of several layers', () => {
  const layer = lstm({ ...sizes, layers: 2, bidirectional: true })
  const params = layer.init(key(3))

  it('runs both ways, layer above layer', () => {
    const x = draw(6, [2, 3, 2])
    const state = { h: draw(7, [4, 2, 3]), c: draw(8, [4, 2, 3]) }
    const of = (i: number): LstmState => mapTree((leaf) => leaf.slice([i, 0, 0], [i + 1, 2, 3]).squeeze(0), state)
    const both = (y: Tensor, l: number): readonly [Tensor, LstmState, LstmState] => {
      const inner = lstm({ ...sizes, in: l === 0 ? 2 : 6 })
      const [a, first] = inner.run(part(params, `_l${l}`), y, of(2 * l))
      const [b, second] = inner.run(part(params, `_l${l}_reverse`), back(y), of(2 * l + 1))
      return [concat([a, back(b)], { axis: -1 }), first, second]
    }
    const [middle, ...below] = both(x, 0)
    const [output, ...above] = both(middle, 1)
    const [y, last] = layer.run(params, x, state)
    expectClose(y, output)
    expectClose(last.h, stack([...below, ...above].map(({ h }) => h)))
    expectClose(last.c, stack([...below, ...above].map(({ c }) => c)))
  })

  it('is mirrored where both directions exchange their parameters', () => {
    const one = lstm({ ...sizes, bidirectional: true })
    const own = one.init(key(4))
    const exchanged = Object.fromEntries(
      Object.entries(own).map(([name, leaf]) => [
        name.endsWith('_reverse') ? name.replace('_reverse', '') : `${name}_reverse`,
        leaf,
      ]),
    ) as typeof own
    const x = draw(9, [2, 4, 2])
    const y = one.apply(own, x)
    const sides = [y.slice([0, 0, 3], [2, 4, 6]), y.slice([0, 0, 0], [2, 4, 3])]
    expectClose(one.apply(exchanged, back(x)), back(concat(sides, { axis: -1 })))
  })

  it('sees the future in one direction and the past in the other', () => {
    const one = lstm({ ...sizes, bidirectional: true })
    const own = one.init(key(5))
    const middle = (from: number) => (x: Tensor) => sum(one.apply(own, x).slice([0, 2, from], [1, 3, from + 3]))
    const touched = (from: number): boolean[] => {
      const g = values(grad(middle(from))(draw(10, [1, 5, 2])))
      return [0, 1, 2, 3, 4].map((t) => g[2 * t] !== 0)
    }
    expect(touched(0)).toEqual([true, true, true, false, false])
    expect(touched(3)).toEqual([false, false, true, true, true])
  })

  it('obeys what a layer must', () => {
    expect(checkLayer(layer, draw(11, [2, 2, 2]))).toMatchObject({ idle: [], batch: { rows: 2 } })
  })

  it("has the names and shapes of PyTorch's parameters, in its order, in f32 unless told", () => {
    const made = lstm({ in: 2, out: 4, layers: 2, bidirectional: true }).init(key(0))
    const names = ['weight_ih', 'weight_hh', 'bias_ih', 'bias_hh']
    const suffixes = ['_l0', '_l0_reverse', '_l1', '_l1_reverse']
    expect(Object.keys(made)).toEqual(suffixes.flatMap((suffix) => names.map((name) => name + suffix)))
    expect([made.weight_ih_l0?.shape, made.weight_ih_l1?.shape, made.weight_hh_l1_reverse?.shape]).toEqual([
      [16, 2],
      [16, 8],
      [16, 4],
    ])
    expect(Object.values(made).every(({ dtype }) => dtype === 'f32')).toBe(true)
    expect(new Set(Object.values(made).map((leaf) => values(leaf)[0])).size).toBe(16)
  })

  it('takes any batch axes', () => {
    for (const batch of [[], [2, 3], [0]])
      expect(layer.apply(params, zeros([...batch, 5, 2], { dtype: 'f64' })).shape).toEqual([...batch, 5, 6])
    expect(layer.run(params, zeros([5, 2], { dtype: 'f64' }))[1].h.shape).toEqual([4, 3])
  })

  it('is typed by whether it is told to be several', () => {
    const several = gru({ in: 2, out: 3, layers: 1 })
    const plain = gru({ in: 2, out: 3 })
    const memory = lstm({ in: 2, out: 3, bidirectional: false })
    expectTypeOf<Params<typeof several>>().toEqualTypeOf<StackParams<GruParams>>()
    expectTypeOf<Params<typeof plain>>().toEqualTypeOf<GruParams>()
    expectTypeOf<Params<typeof memory>>().toEqualTypeOf<StackParams<LstmParams>>()
    const [one, other] = [several.init(key(1)), plain.init(key(1))]
    expect(Object.keys(one)).toEqual(Object.keys(other).map((name) => `${name}_l0`))
  })

  const x = zeros([4, 5, 2])
  describeErrors('several layers', {
    'gru: layers must be an integer of at least 1, got 0.': () => gru({ ...sizes, layers: 0 }),
    'lstm: c must have shape [layers · directions, ...B, out] = [4, 4, 3], got [4, 3]. The state that run returns has it.':
      () => layer.run(params, x, { h: zeros([4, 4, 3]), c: zeros([4, 3]) }),
    'gru: h must have shape [layers · directions, ...B, out] = [2, 4, 3], got [1, 4, 3]. The state that run returns has it.':
      () => gru({ ...sizes, layers: 2 }).run(gru({ ...sizes, layers: 2 }).init(key(0)), x, zeros([1, 4, 3])),
    'gru: weight_ih_l0 must be a tensor, got undefined. Wrap data with tensor(…).': () =>
      gru({ ...sizes, layers: 1 }).apply({}, x),
    'lstm: weight_hh_l1 must have shape [12, 3], got [2] (...B = [4], T = 5). Expected x [...B, T, 6], weight_ih_l1 [12, 6], weight_hh_l1 [12, 3], bias_ih_l1 [12], bias_hh_l1 [12].':
      () => layer.apply({ ...params, weight_hh_l1: zeros([2]) }, x),
  })
})
