import type { DType, Operand, TypedArray } from '@wengert/core'
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

/** A kernel's function with what it reads; `writes` says whether it fills its output. */
export interface LinearKernel {
  readonly run: LinearRun
  readonly operands: readonly Operand[]
  readonly writes?: 'all' | 'part'
}

/**
 * A program on buffers that may lie elsewhere: what it reads of these is copied to linear memory for the run, and what it writes is
 * copied back. `loops` steps in where memory is out.
 */
export function staged(heap: Heap, loops: CpuProgram, { run, operands, writes = 'all' }: LinearKernel): CpuProgram {
  const addresses: number[] = []
  const spans = operands.map(spanOf)
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
      /** Where a buffer would begin if all of it were in linear memory. */
      const placed = ({ at, data }: CpuBuffer, [begin, end]: Span, copy: boolean): number | null => {
        if (at >= 0) return at
        const part = data.subarray(begin, end)
        const to = heap.take(part.byteLength)
        if (to === null) return null
        brought.push({ at: to, bytes: part.byteLength })
        if (copy) new Uint8Array(heap.memory.buffer, to).set(bytesOf(part))
        return to - begin * part.BYTES_PER_ELEMENT
      }
      const from = inputs.map((buffer, i) => placed(buffer, spans[i] as Span, true))
      const to = placed(output, [0, output.data.length], writes === 'part')
      if (to === null || from.includes(null)) loops.run(inputs, scalars, output)
      else {
        run(from as number[], scalars, to)
        if (output.at < 0) bytesOf(output.data).set(new Uint8Array(heap.memory.buffer, to, output.data.byteLength))
      }
      for (const { at, bytes } of brought) heap.give(at, bytes)
    },
  }
}

/** First element and the one behind the last. */
type Span = readonly [begin: number, end: number]

/** The elements between which all of an operand lie. */
function spanOf({ shape, strides, offset }: Operand): Span {
  let [first, last] = [offset, offset]
  shape.forEach((size, i) => {
    const reach = (strides[i] as number) * Math.max(size - 1, 0)
    if (reach < 0) first += reach
    else last += reach
  })
  return [first, last + 1]
}

function bytesOf({ buffer, byteOffset, byteLength }: TypedArray): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength)
}
