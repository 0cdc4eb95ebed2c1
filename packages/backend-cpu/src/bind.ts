import type { BoundSequence, DType, Sequence, TypedArray } from '@wengert/core'
import { array } from './array.ts'
import type { BoundProgram, Call, CpuBuffer, CpuProgram } from './cpu.ts'
import type { Tier } from './wasm/tier.ts'

/** Frees what lies in linear memory once nobody can run a sequence any more. */
const unreachable = /* @__PURE__ */ new FinalizationRegistry((free: () => void) => free())

/**
 * Gives every buffer of a sequence an array for good, in linear memory if a generated kernel uses it, and every kernel its arrays,
 * so that a run is a flat list of calls between copying the inputs in and the outputs out.
 */
export function bind(sequence: Sequence<CpuBuffer>, tier: Tier | null): BoundSequence {
  const { inputs, slots, outputs, steps } = sequence
  const used = new Set(
    steps.flatMap(({ program, inputs, outputs }) => ((program as CpuProgram).linear ? [...inputs, ...outputs] : [])),
  )
  const buffers = [...inputs, ...slots, ...outputs].map(({ dtype, size }, i): CpuBuffer => {
    const linear = used.has(i) ? tier?.alloc(dtype, size, [], 0) : null
    return linear ?? { data: array(dtype, size), at: -1, bin: null }
  })
  const linear = buffers.filter(({ at }) => at >= 0)
  let run = bindOn(sequence, buffers)
  if (linear.length === 0) return run
  let seen = linear[0]?.data
  const bound: BoundSequence = (values, scalars, into) => {
    // Where the memory has grown, its arrays are new ones; where a kernel has made it grow, what came after was lost.
    for (;;) {
      if (linear[0]?.data !== seen) {
        run = bindOn(sequence, buffers)
        seen = linear[0]?.data
      }
      const results = run(values, scalars, into)
      if (linear[0]?.data === seen) return results
    }
  }
  unreachable.register(bound, () => {
    for (const buffer of linear) tier?.release(buffer)
  })
  return bound
}

function bindOn({ inputs, slots, outputs, steps }: Sequence<CpuBuffer>, buffers: readonly CpuBuffer[]): BoundSequence {
  const ins = buffers.slice(0, inputs.length).map(({ data }) => data)
  const outs = buffers.slice(inputs.length + slots.length).map(({ data }) => data)
  const bound = steps.map(({ program, ...step }) => {
    const read = step.inputs.map((at) => buffers[at] as CpuBuffer)
    const written = step.outputs.map((at) => buffers[at] as CpuBuffer)
    return bindProgram(program, read, written)
  })
  const calls = bound.flatMap((kernel) => kernel.calls)
  const dtypes = outputs.map(({ dtype }) => dtype)
  let known: readonly number[] | null = null
  return (values, scalars, into) => {
    for (let i = 0; i < ins.length; i++) copy(ins[i] as TypedArray, values[i] as TypedArray)
    if (!known || !sameNumbers(known, scalars)) {
      const numbers = scalars.slice()
      bound.forEach(({ setScalars }, k) => {
        setScalars(steps[k]?.scalars.map((at) => numbers[at] as number) ?? [])
      })
      known = numbers
    }
    for (let i = 0; i < calls.length; i++) (calls[i] as Call).run()
    const results = into ?? []
    for (let i = 0; i < outs.length; i++) {
      const data = outs[i] as TypedArray
      if (into) copy(into[i] as TypedArray, data)
      else results.push(data.length > few ? data.slice() : copy(array(dtypes[i] as DType, data.length), data))
    }
    return results
  }
}

/** A program on fixed buffers, if only to run it on them. */
export function bindProgram(
  program: CpuProgram,
  inputs: readonly CpuBuffer[],
  outputs: readonly CpuBuffer[],
): BoundProgram {
  let numbers: readonly number[] = []
  return (
    program.bind?.(inputs, outputs) ?? {
      calls: [{ run: () => program.run(inputs, numbers, outputs) }],
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

/** Copies nothing from an array of a memory that has grown, which has no elements any more. */
function copy(into: TypedArray, from: TypedArray): TypedArray {
  if (from.length > few) into.set(from)
  else for (let i = 0; i < from.length; i++) into[i] = from[i] as number
  return into
}
