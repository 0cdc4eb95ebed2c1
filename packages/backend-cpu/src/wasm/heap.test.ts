import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { newMemory } from './engine.ts'
import { Heap } from './heap.ts'

describe('Heap', () => {
  test.prop([fc.array(fc.tuple(fc.nat(5000), fc.boolean(), fc.nat(100)), { maxLength: 200 })])(
    'blocks never overlap, and once all are given back they are one again',
    (steps) => {
      const heap = new Heap(newMemory())
      const live: { at: number; bytes: number }[] = []
      for (const [bytes, gives, which] of steps) {
        if (gives && live.length > 0) {
          const [block] = live.splice(which % live.length, 1)
          if (block) heap.give(block.at, block.bytes)
          continue
        }
        const at = heap.take(bytes) as number
        expect(at % 64).toBe(0)
        for (const other of live) expect(at + bytes <= other.at || other.at + other.bytes <= at).toBe(true)
        expect(at + bytes).toBeLessThanOrEqual(heap.memory.buffer.byteLength)
        live.push({ at, bytes })
      }
      const end = Math.max(0, ...live.map(({ at, bytes }) => at + bytes))
      for (const { at, bytes } of live) heap.give(at, bytes)
      if (end > 0) expect(heap.take(end - 64)).toBe(64)
    },
  )

  it('a loop that asks for the same sizes again makes nothing grow', () => {
    const heap = new Heap(newMemory())
    const sizes = [4_000_000, 12, 700_000, 3_000_000, 64]
    const round = (): void => {
      const taken = sizes.map((bytes) => heap.take(bytes) as number)
      for (const i of [2, 0, 4, 1, 3]) heap.give(taken[i] as number, sizes[i] as number)
    }
    round()
    const { byteLength } = heap.memory.buffer
    for (let i = 0; i < 1000; i++) round()
    expect(heap.memory.buffer.byteLength).toBe(byteLength)
  })

  it('says that there is no room instead of throwing', () => {
    const full = { buffer: new ArrayBuffer(65536), grow: (): number => raise() }
    const heap = new Heap(full)
    expect(heap.take(65536)).toBeNull()
    expect(heap.take(1000)).toBe(64)
  })
})

function raise(): never {
  throw new RangeError('no')
}
