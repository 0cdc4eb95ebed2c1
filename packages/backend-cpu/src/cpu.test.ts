import { describe, expect, it } from 'vitest'
import { cpu } from './index.ts'

describe('cpu', () => {
  it('counts what it holds and uses freed buffers again', () => {
    const backend = cpu()
    const a = backend.alloc('f32', 10)
    const b = backend.upload(new Float64Array(3), 'f64')
    expect(backend.memory()).toEqual({ buffers: 2, bytes: 64 })
    backend.free(a)
    expect(backend.memory()).toEqual({ buffers: 1, bytes: 24 })
    expect(backend.alloc('f32', 10)).toBe(a)
    expect(backend.alloc('f32', 10)).not.toBe(a)
    expect(backend.alloc('i32', 10)).not.toBe(a)
    backend.free(b)
    expect(backend.memory()).toEqual({ buffers: 3, bytes: 120 })
  })

  it('never hands out an array that was uploaded', () => {
    const backend = cpu()
    const mine = new Float32Array([1, 2])
    backend.free(backend.upload(mine, 'f32'))
    expect(backend.alloc('f32', 2).data).not.toBe(mine)
  })

  it('reads copies', async () => {
    const backend = cpu()
    const buffer = backend.upload(new Float32Array([1]), 'f32')
    backend.readSync(buffer)[0] = 5
    expect((await backend.read(buffer))[0]).toBe(1)
  })
})
