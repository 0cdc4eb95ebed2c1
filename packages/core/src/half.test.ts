import { fc, test } from '@fast-check/vitest'
import { cpu } from '@wengert/backend-cpu'
import { describe, expect, it } from 'vitest'
import * as w from './index.ts'

/** Every f16 from 0 up, by the definition of the format; the last stands for infinity. */
const halves = Array.from({ length: 0x7c00 }, (_, bits) => {
  const [exponent, fraction] = [bits >> 10, bits & 1023]
  return exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15)
})

describe('roundToF16', () => {
  it('leaves an f16 as it is', () => {
    expect(halves.map(w.roundToF16)).toEqual(halves)
    expect(halves.map((x) => w.roundToF16(-x))).toEqual(halves.map((x) => -x))
    const others = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN]
    expect(others.map(w.roundToF16)).toEqual(others)
  })

  it('takes the even one of two, and the nearer one beside the middle', () => {
    const next = [...halves.slice(1), 65536]
    const above = [...halves.slice(1), Number.POSITIVE_INFINITY]
    const middle = halves.map((x, i) => (x + (next[i] as number)) / 2)
    expect(middle.map(w.roundToF16)).toEqual(halves.map((x, bits) => (bits % 2 === 0 ? x : above[bits])))
    expect(middle.map((x) => w.roundToF16(x * (1 - 2 ** -53)))).toEqual(halves)
    expect(middle.map((x) => w.roundToF16(-x * (1 + 2 ** -52)))).toEqual(above.map((x) => -x))
  })

  test.prop([fc.double({ noNaN: true, min: -70000, max: 70000 })])('yields no number that is not an f16', (x) => {
    expect(w.roundToF16(w.roundToF16(x))).toBe(w.roundToF16(x))
    expect(w.roundToF16(-x)).toBe(-w.roundToF16(x))
  })
})

describe('f16', () => {
  it('is rounded where it is made', () => {
    const tenth = w.roundToF16(0.1)
    expect([...w.tensor([0.1, 70000, 1e-9], { dtype: 'f16' }).dataSync()]).toEqual([tenth, Number.POSITIVE_INFINITY, 0])
    expect([...w.arange(2, { start: 0.1, step: 2000, dtype: 'f16' }).dataSync()]).toEqual([tenth, 2000])
    expect(w.linspace(0, 0.1, 3, { dtype: 'f16' }).dataSync()[2]).toBe(tenth)
    expect(w.full([], 0.1, { dtype: 'f16' }).dataSync()[0]).toBe(tenth)
    expect(w.tensor([1], { dtype: 'f16' }).dataSync()).toBeInstanceOf(Float32Array)
  })

  it('is the least of floats, which numbers adopt', () => {
    const x = w.tensor([1, 2], { dtype: 'f16' })
    expect(x.mul(0.5).dtype).toBe('f16')
    expect(x.add(w.tensor([1])).dtype).toBe('f32')
    expect(x.add(w.tensor([1], { dtype: 'i32' })).dtype).toBe('f16')
    expect(w.matmul(x, x).dtype).toBe('f16')
    expect(w.mean(x).dtype).toBe('f16')
    expect(w.isFloat('f16')).toBe(true)
    expect(w.promote('f16', 'f64')).toBe('f64')
  })

  it('has gradients, which a cast hands back in the dtype of its input', () => {
    const x = w.tensor([1, 2], { dtype: 'f16' })
    expect(w.grad((v: w.Tensor) => w.sum(v.square()))(x).dtype).toBe('f16')
    expect(w.grad((v: w.Tensor) => w.sum(v.cast('f16').square().cast('f32')))(w.tensor([1])).dtype).toBe('f32')
  })

  it('is averaged in f32', () => {
    expect(String(w.tape(w.mean(w.tensor([1, 2], { dtype: 'f16' }))))).toContain('sum %1 (0) : f32 []')
  })

  it('is refused by the CPU and by what takes many steps', () => {
    const x = w.tensor([[4]], { dtype: 'f16' })
    expect(() => x.mul(2).dataSync({ backend: cpu() })).toThrow(
      'backend-cpu: dtype of source must be one of bool, i32, f32, f64, got f16. ' +
        "Take dtype 'f32' instead, or run on backend-webgpu on a device with shader-f16.",
    )
    expect(() => w.cholesky(x)).toThrow("cholesky: a must be f32 or f64, got f16 [1, 1]. Cast it, e.g. a.cast('f32').")
    expect(() => w.categorical(w.key(0), x)).toThrow('categorical: logits must be f32 or f64, got f16')
    expect(() => w.uniform(w.key(0), [1], { dtype: 'f16' })).toThrow('uniform: dtype must be f32 or f64, got f16.')
  })
})
