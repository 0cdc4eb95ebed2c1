import type { BufferType, DType, Sequence, TypedArray } from '@wengert/core'
import { array } from './array.ts'
import type { BoundProgram, CpuBuffer, CpuProgram } from './cpu.ts'

/**
 * Gives every buffer of a sequence an array for good, and every kernel its arrays, so that a run is a flat list of calls
 * between copying the inputs in and the outputs out.
 */
export function bind({
  inputs,
  slots,
  outputs,
  steps,
}: Sequence<CpuBuffer>): (values: readonly TypedArray[], scalars: readonly number[]) => TypedArray[] {
  const bufferOf = ({ dtype, size }: BufferType): CpuBuffer => ({ data: array(dtype, size), at: -1, bin: null })
  const buffers = [...inputs, ...slots, ...outputs].map(bufferOf)
  const ins = buffers.slice(0, inputs.length).map(({ data }) => data)
  const outs = buffers.slice(inputs.length + slots.length)
  const bound = steps.map(({ program, ...step }) => {
    const read = step.inputs.map((at) => buffers[at] as CpuBuffer)
    return bindProgram(program, read, buffers[step.output] as CpuBuffer)
  })
  const calls = bound.flatMap((kernel) => kernel.calls)
  const dtypes = outputs.map(({ dtype }) => dtype)
  let known: readonly number[] | null = null
  return (values, scalars) => {
    for (let i = 0; i < ins.length; i++) copy(ins[i] as TypedArray, values[i] as TypedArray)
    if (!known || !sameNumbers(known, scalars)) {
      const numbers = scalars.slice()
      bound.forEach(({ setScalars }, k) => {
        setScalars(steps[k]?.scalars.map((at) => numbers[at] as number) ?? [])
      })
      known = numbers
    }
    for (let i = 0; i < calls.length; i++) (calls[i] as () => void)()
    const results: TypedArray[] = []
    for (let i = 0; i < outs.length; i++) {
      const { data } = outs[i] as CpuBuffer
      results.push(data.length > few ? data.slice() : copy(array(dtypes[i] as DType, data.length), data))
    }
    return results
  }
}

function bindProgram(program: CpuProgram, inputs: readonly CpuBuffer[], output: CpuBuffer): BoundProgram {
  let numbers: readonly number[] = []
  return (
    program.bind?.(inputs, output) ?? {
      calls: [() => program.run(inputs, numbers, output)],
      setScalars: (given) => {
        numbers = given
      },
    }
  )
}

/** Tells 0 and −0 apart. */
function sameNumbers(a: readonly number[], b: readonly number[]): boolean {
  for (let i = 0; i < a.length; i++) if (!Object.is(a[i], b[i])) return false
  return true
}

/** Numbers up to which a loop costs less than `set` and `slice`. */
const few = 64

function copy(into: TypedArray, from: TypedArray): TypedArray {
  if (into.length > few) into.set(from)
  else for (let i = 0; i < into.length; i++) into[i] = from[i] as number
  return into
}
