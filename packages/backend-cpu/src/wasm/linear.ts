import type { DType, TypedArray } from '@wengert/core'
import { array } from '../array.ts'
import type { CpuBuffer, CpuProgram } from '../cpu.ts'
import type { Heap } from './heap.ts'

export const elementBytes: Readonly<Record<DType, number>> = { bool: 1, i32: 4, f16: 4, f32: 4, f64: 8 }

/** A kernel's function on addresses of inputs, scalars and the address of its output. */
export type LinearRun = (inputs: readonly number[], scalars: readonly number[], output: number) => void

/** A buffer in linear memory. Growth detaches its array, which is then made anew. */
export class LinearBuffer implements CpuBuffer {
  readonly at: number
  readonly bin: CpuBuffer[]
  readonly #heap: Heap
  readonly #dtype: DType
  readonly #size: number
  #data: TypedArray

  constructor(heap: Heap, at: number, dtype: DType, size: number, bin: CpuBuffer[]) {
    this.at = at
    this.bin = bin
    this.#heap = heap
    this.#dtype = dtype
    this.#size = size
    this.#data = array(dtype, size, heap.memory.buffer, at)
  }

  get data(): TypedArray {
    const { buffer } = this.#heap.memory
    if (this.#data.buffer !== buffer) this.#data = array(this.#dtype, this.#size, buffer, this.at)
    return this.#data
  }
}

/**
 * A program on buffers that may lie elsewhere: these are copied to linear memory for the run, the output too where the kernel
 * writes a part of it only. `loops` steps in where memory is out.
 */
export function staged(heap: Heap, loops: CpuProgram, run: LinearRun, writes: 'all' | 'part' = 'all'): CpuProgram {
  const addresses: number[] = []
  const bring = ({ data }: CpuBuffer, copy: boolean): number | null => {
    const at = heap.take(data.byteLength)
    if (at !== null && copy) new Uint8Array(heap.memory.buffer, at).set(bytesOf(data))
    return at
  }
  return {
    run(inputs, scalars, output) {
      let isHere = output.at >= 0
      for (let i = 0; i < inputs.length; i++) {
        const { at } = inputs[i] as CpuBuffer
        addresses[i] = at
        if (at < 0) isHere = false
      }
      if (isHere) {
        run(addresses, scalars, output.at)
        return
      }
      const brought: { readonly at: number; readonly bytes: number }[] = []
      const placed = (buffer: CpuBuffer, copy: boolean): number | null => {
        if (buffer.at >= 0) return buffer.at
        const at = bring(buffer, copy)
        if (at !== null) brought.push({ at, bytes: buffer.data.byteLength })
        return at
      }
      const from = inputs.map((buffer) => placed(buffer, true))
      const to = placed(output, writes === 'part')
      if (to === null || from.includes(null)) loops.run(inputs, scalars, output)
      else {
        run(from as number[], scalars, to)
        if (output.at < 0) bytesOf(output.data).set(new Uint8Array(heap.memory.buffer, to, output.data.byteLength))
      }
      for (const { at, bytes } of brought) heap.give(at, bytes)
    },
  }
}

function bytesOf({ buffer, byteOffset, byteLength }: TypedArray): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength)
}
