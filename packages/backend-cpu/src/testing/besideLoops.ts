import { type DType, type Kernel, type Operand, outputsOf, sizeOf, type TypedArray } from '@wengert/core'
import { array } from '../array.ts'
import type { CpuBackend, CpuBuffer, CpuProgram } from '../cpu.ts'
import { cpu } from '../wasm/cpu.ts'
import { type Tier, wasmTier } from '../wasm/tier.ts'

// Generated kernels, however small, beside loops.

const loops: CpuBackend = cpu({ wasm: false })
export const tier: Tier = wasmTier(
  { elements: 0, moved: 1, products: 1, linear: 0, chained: 1, cached: 512 },
  1,
) as Tier

/** Loops that must not be needed. */
export const refused: CpuProgram = {
  run() {
    throw new Error('refused: the kernel must be generated.')
  },
}

export const host = (data: TypedArray): CpuBuffer => ({ data, at: -1, bin: null })

export function linear(dtype: DType, data: TypedArray): CpuBuffer {
  const buffer = tier.alloc(dtype, data.length, []) as CpuBuffer
  buffer.data.set(data)
  return buffer
}

/** What a kernel yields in generated code on linear memory, which leaves the blocks around its outputs as they are. */
export function generated(
  kernel: Kernel,
  inputs: readonly TypedArray[],
  dtypes: readonly DType[],
  scalars: readonly number[] = [],
): TypedArray[] {
  const filled = (dtype: DType, size: number): CpuBuffer => linear(dtype, array(dtype, size).fill(77))
  const around = outputsOf(kernel).map(({ dtype, size }) => [40, size, 40].map((n) => filled(dtype, n)))
  const outputs = around.map(([, output]) => output as CpuBuffer)
  const read = inputs.map((data, i) => linear(dtypes[i] as DType, data))
  const program = tier.prepare(kernel, refused) as CpuProgram
  for (let run = 0; run < 2; run++) program.run(read, scalars, outputs)
  for (const [before, , after] of around)
    for (const { data } of [before, after] as CpuBuffer[])
      if (data.some((value) => value !== 77)) throw new Error('generated: the kernel wrote outside of its output.')
  read.forEach(({ data }, i) => {
    if (data.some((value, k) => !Object.is(value, inputs[i]?.[k])))
      throw new Error('generated: the kernel wrote to what it reads.')
  })
  const found = outputs.map(({ data }) => data.slice())
  for (const buffer of [...around.flat(), ...read]) tier.release(buffer)
  return found
}

export function byLoops(kernel: Kernel, inputs: readonly TypedArray[], scalars: readonly number[] = []): TypedArray[] {
  const outputs = outputsOf(kernel).map(({ dtype, size }) => host(array(dtype, size).fill(55)))
  loops.prepare(kernel).run(inputs.map(host), scalars, outputs)
  return outputs.map(({ data }) => data)
}

const specials = [0, -0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e-45, -1e-40, 3e38, 2 ** 24]

/** Numbers by a seed: some are special, and others repeat. */
export function numbers(dtype: DType, size: number, seed: number, special = 9): TypedArray {
  const data = array(dtype, size)
  let state = seed + 1
  for (let i = 0; i < size; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0
    const [draw, high] = [state >>> 8, state / 2 ** 31]
    if (dtype === 'bool') data[i] = draw & 1
    else if (dtype === 'i32') data[i] = draw % 3 === 0 ? state : draw % 5
    else
      data[i] =
        draw % special === 1 ? (specials[(draw >>> 4) % specials.length] as number) : draw % 7 === 2 ? 0.1 : high
  }
  return data
}

export function contiguous(dtype: DType, ...shape: readonly number[]): Operand {
  return { shape, strides: shape.map((_, i) => sizeOf(shape.slice(i + 1))), offset: 0, dtype }
}
