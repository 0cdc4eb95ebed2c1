import { cpu } from '@wengert/backend-cpu'
import { beforeAll, describe, expect, it } from 'vitest'
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
