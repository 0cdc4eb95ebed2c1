import type { DType, Operand, TypedArray } from '@wengert/core'
import { array } from '../array.ts'
import type { CpuBuffer, CpuProgram } from '../cpu.ts'
import type { Heap } from './heap.ts'

export const elementBytes: Readonly<Record<DType, number>> = { bool: 1, i32: 4, f16: 4, f32: 4, f64: 8 }

/** A kernel's function on addresses of inputs, scalars, the address of its output and those of what it stores by the way. */
export type LinearRun = (
  inputs: readonly number[],
  scalars: readonly number[],
  output: number,
  stored: readonly number[],
) => void

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
  /** Bytes that each run gets for itself; their address follows those of the inputs. @default 0 */
  readonly scratch?: number
  /** Bytes of what it reads that may be copied; where it would be more, loops run, which must give the same bits. @default any */
  readonly copies?: number
}

/**
 * A program on buffers that may lie elsewhere: what it reads of these is copied to linear memory for the run, and what it writes is
 * copied back. `loops` steps in where memory is out.
 */
export function staged(
  heap: Heap,
  loops: CpuProgram,
  { run, operands, writes = 'all', scratch = 0, copies }: LinearKernel,
): CpuProgram {
  const addresses: number[] = []
  const stored: number[] = []
  const spans = operands.map(spanOf)
  return {
    linear: true,
    bind(inputs, outputs) {
      const [output, ...others] = outputs.map(({ at }) => at) as [number, ...number[]]
      const from = inputs.map(({ at }) => at)
      if (scratch > 0 || [output, ...others, ...from].some((at) => at < 0)) return null
      let numbers: readonly number[] = []
      const setScalars = (given: readonly number[]): void => {
        numbers = given
      }
      return { calls: [{ run: () => run(from, numbers, output, others) }], setScalars }
    },
    run(inputs, scalars, outputs) {
      let isHere = true
      for (let i = 0; i < inputs.length; i++) {
        const { at } = inputs[i] as CpuBuffer
        addresses[i] = at
        if (at < 0) isHere = false
      }
      for (let i = 0; i < outputs.length; i++) {
        const { at } = outputs[i] as CpuBuffer
        if (i > 0) stored[i - 1] = at
        if (at < 0) isHere = false
      }
      if (copies !== undefined && bytesElsewhere(inputs, spans) > copies) {
        loops.run(inputs, scalars, outputs)
        return
      }
      const room = scratch > 0 ? heap.take(scratch) : 0
      if (isHere && room !== null) {
        addresses[inputs.length] = room
        run(addresses, scalars, (outputs[0] as CpuBuffer).at, stored)
        if (scratch > 0) heap.give(room, scratch)
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
      const from = [...inputs.map((buffer, i) => placed(buffer, spans[i] as Span, true)), room]
      if (room) brought.push({ at: room, bytes: scratch })
      const to = outputs.map((buffer) => placed(buffer, [0, buffer.data.length], writes === 'part'))
      if (to.includes(null) || from.includes(null)) loops.run(inputs, scalars, outputs)
      else {
        run(from as number[], scalars, to[0] as number, to.slice(1) as number[])
        outputs.forEach(({ at, data }, i) => {
          if (at < 0) bytesOf(data).set(new Uint8Array(heap.memory.buffer, to[i] as number, data.byteLength))
        })
      }
      for (const { at, bytes } of brought) heap.give(at, bytes)
    },
  }
}

/** First element and the one behind the last. */
type Span = readonly [begin: number, end: number]

/** The elements between which all of an operand lie. */
export function spanOf({ shape, strides, offset }: Operand): Span {
  let [first, last] = [offset, offset]
  shape.forEach((size, i) => {
    const reach = (strides[i] as number) * Math.max(size - 1, 0)
    if (reach < 0) first += reach
    else last += reach
  })
  return [first, last + 1]
}

/** Bytes of spans that lie outside of linear memory. */
function bytesElsewhere(buffers: readonly CpuBuffer[], spans: readonly Span[]): number {
  return buffers.reduce((sum, { at, data }, i) => {
    const [begin, end] = spans[i] as Span
    return at >= 0 ? sum : sum + (end - begin) * data.BYTES_PER_ELEMENT
  }, 0)
}

function bytesOf({ buffer, byteOffset, byteLength }: TypedArray): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength)
}
