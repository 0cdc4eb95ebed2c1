import { cpu } from '@wengert/backend-cpu'
import { beforeAll, describe, expect, expectTypeOf, it } from 'vitest'
import * as w from './index.ts'

beforeAll(() => w.useBackend(cpu()))

describe('tape', () => {
  it('prints one line per operation, in execution order', () => {
    const x = w.tensor([[1, 2]])
    const y = w.sum(x.mul(2).add(x), { axis: 1 })
    expect(String(w.tape(y))).toBe(
      [
        '%0 = source : f32 [1, 2]',
        '%1 = scalar 2 : f32 []',
        '%2 = mul %0 %1 : f32 [1, 2]',
        '%3 = add %2 %0 : f32 [1, 2]',
        '%4 = sum %3 (1) : f32 [1]',
        'return %4',
      ].join('\n'),
    )
  })

  it('holds each line once, and several outputs', () => {
    const x = w.tensor(1)
    let y = x
    for (let i = 0; i < 60; i++) y = y.add(y)
    expect(w.tape([y, { x }]).lines.length).toBe(61)
    expect(w.tape([y, { x }]).outputs).toEqual([60, 0])
    expect(y.item()).toBe(2 ** 60)
  })
})

describe('the tape of a function', () => {
  const weights = w.tensor([[1], [2]])
  const f = ({ w: v, deep }: { w: w.Tensor; deep: readonly w.Tensor[] }, x: w.Tensor) => ({
    y: w.matmul(x, v.add(weights)).mul(0.5),
    z: deep[1] as w.Tensor,
  })
  const args = () => [{ w: w.ones([2, 1]).exp(), deep: [w.tensor([1]), w.tensor(true)] }, w.zeros([3, 2])] as const

  it('prints its arguments as inputs, whatever they are computed from, and what it closes over', () => {
    expect(String(w.tape(f)(...args()))).toBe(
      [
        '%0 = source : f32 [2, 1]',
        '%1 = input 0.w : f32 [2, 1]',
        '%2 = input 0.deep[0] : f32 [1]',
        '%3 = input 0.deep[1] : bool []',
        '%4 = input 1 : f32 [3, 2]',
        '%5 = add %1 %0 : f32 [2, 1]',
        '%6 = matmul %4 %5 : f32 [3, 1]',
        '%7 = scalar 0.5 : f32 []',
        '%8 = mul %6 %7 : f32 [3, 1]',
        'return %8 %3',
      ].join('\n'),
    )
  })

  it('is the same each time, whatever was made or read before', () => {
    const first = String(w.tape(f)(...args()))
    w.ones([7]).add(1).dataSync()
    const again = args()
    again[0].w.dataSync()
    expect(String(w.tape(f)(...again))).toBe(first)
  })

  it('lists derivatives of any order', () => {
    const cube = (x: w.Tensor) => x.mul(x).mul(x)
    const second = w.grad(w.grad(cube))
    const list = w.tape(second)(w.tensor(2))
    expectTypeOf(w.tape(second)).toEqualTypeOf<(x: w.Tensor) => w.Tape>()
    expect(list.lines.filter(({ op }) => op.name === 'input').length).toBe(1)
    expect([...list.names]).toEqual([[0, '0']])
    expect((list.lines[list.outputs[0] as number] as w.Tensor).item()).toBe(12)
  })

  it('may be an argument itself or a constant, and read values', () => {
    expect(String(w.tape((x: w.Tensor) => x)(weights))).toBe('%0 = input 0 : f32 [2, 1]\nreturn %0')
    expect(String(w.tape(() => weights)())).toBe('%0 = source : f32 [2, 1]\nreturn %0')
    expect(w.tape((x: w.Tensor) => (x.item() > 1 ? x.exp() : x))(w.tensor(2)).lines.length).toBe(2)
    expect(() => w.tape((x: number) => x)(2)).toThrow('tape: tree[0] must be a tensor')
  })
})

describe('printing a tensor', () => {
  it('shows op, dtype and shape, and values that are known', () => {
    const x = w.tensor([[1, 0.1]])
    expect(String(x)).toBe('Tensor f32 [1, 2] source (1, 0.1)')
    const y = w.tanh(x)
    expect(String(y)).toBe('Tensor f32 [1, 2] tanh')
    y.dataSync()
    expect(String(y)).toBe('Tensor f32 [1, 2] tanh (0.761594, 0.099668)')
    expect(String(w.arange(20))).toBe('Tensor f32 [20] source (0, 1, 2, 3, 4, 5, 6, 7, …)')
    expect(String(w.tensor([true]))).toBe('Tensor bool [1] source (true)')
    expect(String(w.full([], 3))).toBe('Tensor f32 [] scalar 3')
  })
})
