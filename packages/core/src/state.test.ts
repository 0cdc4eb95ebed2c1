import { cpu } from '@wengert/backend-cpu'
import { collectGarbage, device } from '@wengert/testing'
import { describe, expect, expectTypeOf, it } from 'vitest'
import * as w from './index.ts'

const backend = cpu()
const make = () => w.state({ w: w.tensor([1, 2, 3]), n: w.tensor(0, { dtype: 'i32' }) }, { backend })
const step = ({ w: x, n }: { w: w.Tensor; n: w.Tensor }) =>
  [
    {
      w: x.sub(
        w
          .grad((p: w.Tensor) => w.sum(p.square()))(x)
          .mul(0.1),
      ),
      n: n.add(1),
    },
    w.sum(x.square()),
  ] as const

describe('state', () => {
  it('moves from version to version and returns what is read as numbers', async () => {
    const training = make()
    const first = await training.update(step)
    expectTypeOf(first).toEqualTypeOf<number>()
    expect(first).toBe(14)
    const beside = await training.update((s) => [
      step(s)[0],
      { loss: step(s)[1], pair: [s.n, w.tensor(true)] as const },
    ])
    expectTypeOf(beside).toEqualTypeOf<{ loss: number; pair: [number, number] }>()
    expect(beside.loss).toBeCloseTo(8.96, 5)
    expect(beside.pair).toEqual([1, 1])
    expect(training.version).toBe(2)
    expect([...(await training.value.w.data({ backend }))].map((v) => v.toFixed(2))).toEqual(['0.64', '1.28', '1.92'])
  })

  it('holds as many buffers after 10,000 updates as after 100', async () => {
    const training = make()
    const live: unknown[] = []
    for (let i = 1; i <= 10_000; i++) {
      await training.update(step)
      if (i === 100 || i === 10_000) live.push(backend.memory())
    }
    expect(live[1]).toEqual(live[0])
    expect(training.value.n.item({ backend })).toBe(10_000)
  })

  it('gives its buffers back once neither it nor a tensor of it can be reached', async () => {
    const later = device()
    let leaf: w.Tensor | null = null
    await (async () => {
      const training = w.state({ w: w.tensor([1, 2, 3]), n: w.tensor(0, { dtype: 'i32' }) }, { backend: later })
      await training.update(step)
      leaf = training.value.w
    })()
    await collectGarbage(() => later.memory().buffers === 0)
    expect(later.memory().buffers).toBe(2)
    expect((await (leaf as unknown as w.Tensor).data({ backend: later }))[0]).toBeCloseTo(0.8)
    leaf = null
    await collectGarbage(() => later.memory().buffers === 0)
    expect(later.memory().buffers).toBe(0)
  })

  it('makes one plan for updates that differ in numbers only', async () => {
    const own = cpu()
    const training = w.state(w.tensor([1, 2]), { backend: own })
    const before = w.planCount(own)
    for (let i = 0; i < 50; i++) await training.update((x) => [x.mul(1 / (i + 1)), w.sum(x).mul(i)])
    expect(w.planCount(own) - before).toBe(1)
  })

  it('tells who reads a tensor of an older version what to do', async () => {
    const training = make()
    const old = training.value.w
    const derived = old.mul(2)
    await training.update(step)
    await training.update(step)
    const message =
      'data: this tensor must belong to the present version of its state, got one of version 0 of a state that is now ' +
      'at version 2. Read it inside update(), or take state.value again.'
    await expect(old.data({ backend })).rejects.toThrow(message)
    await expect(derived.data({ backend })).rejects.toThrow(w.StateError)
    expect(() => derived.item({ backend })).toThrow('item: x must have one element')
    expect(() => derived.dataSync({ backend })).toThrow(w.StateError)
    await expect(training.update((s) => [{ ...s, w: old }, []])).rejects.toThrow(w.StateError)
  })

  it('keeps leaves that are handed through, swapped or given twice', async () => {
    const pair = w.state({ a: w.tensor([1, 2]), b: w.tensor([3, 4]) }, { backend })
    const read = async () => [...(await pair.value.a.data({ backend })), ...(await pair.value.b.data({ backend }))]
    await pair.update((s) => [s, []])
    expect(await read()).toEqual([1, 2, 3, 4])
    await pair.update(({ a, b }) => [{ b: a, a: b }, []])
    expect(await read()).toEqual([3, 4, 1, 2])
    await pair.update(({ a }) => [{ a, b: a }, []])
    expect(await read()).toEqual([3, 4, 3, 4])
    await pair.update(({ a }) => [{ a: a.mul(2), b: a.slice([0], [2]) }, []])
    expect(await read()).toEqual([6, 8, 3, 4])
  })

  it('stays as it was when an update fails', async () => {
    const training = make()
    const memory = backend.memory()
    const fails: ((s: { w: w.Tensor; n: w.Tensor }) => readonly [{ w: w.Tensor; n: w.Tensor }, unknown])[] = [
      () => {
        throw new Error('mine')
      },
      (s) => [{ ...s, w: w.zeros([2]) }, []],
      (s) => [{ ...s, n: s.n.cast('f32') }, []],
      (s) => [{ w: s.w } as typeof s, []],
      (s) => [s, s.w],
      (s) => s as never,
      (async () => []) as never,
    ]
    const messages = [
      'mine',
      'update: next state must keep its shapes, got [2] for [3] at tree.w.',
      'update: next state must keep its dtypes, got f32 for i32 at tree.n. Cast it back.',
      'update: trees must have the same structure, got {w, n} and {w} at tree.',
      'update: what is returned beside the next state must be scalars, got shape [3].',
      'update: the function must return [next, beside], got a Object. Return [next, []] if nothing is to be read.',
      'update: the function must return [next, beside], got a Promise. Return [next, []] if nothing is to be read.',
    ]
    for (const [i, fail] of fails.entries()) await expect(training.update(fail)).rejects.toThrow(messages[i])
    expect(training.version).toBe(0)
    expect(backend.memory()).toEqual(memory)
    expect([...(await training.value.w.data({ backend }))]).toEqual([1, 2, 3])
  })

  it('refuses a function that updates it, and keeps what that update made', async () => {
    const training = make()
    const double = (s: { w: w.Tensor; n: w.Tensor }) => [{ ...s, w: s.w.mul(2) }, []] as const
    const nested = training.update((s) => {
      training.update(double)
      return [s, []]
    })
    await expect(nested).rejects.toThrow(w.StateError)
    expect(training.version).toBe(1)
    await training.update(double)
    expect([...(await training.value.w.data({ backend }))]).toEqual([4, 8, 12])
  })

  it('belongs to one backend', async () => {
    const training = make()
    await expect(training.value.w.data({ backend: cpu() })).rejects.toThrow(w.BackendError)
  })
})
