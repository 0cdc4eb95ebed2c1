import type { Chain, Kernel } from '@wengert/core'
import { array } from './array.ts'
import type { CpuBuffer, CpuProgram } from './cpu.ts'

/** A chain whose kernels run one after another, each on all rows; they are readied when that comes to pass. */
export function stepByStep({ slots, steps }: Chain, prepare: (kernel: Kernel) => CpuProgram): CpuProgram {
  let programs: readonly CpuProgram[] | null = null
  return {
    run(inputs, scalars, outputs) {
      const between = slots.map(({ dtype, size }): CpuBuffer => ({ data: array(dtype, size), at: -1, bin: null }))
      const buffers = [...inputs, ...between, ...outputs]
      const at = (indices: readonly number[]): CpuBuffer[] => indices.map((i) => buffers[i] as CpuBuffer)
      programs ??= steps.map(({ kernel }) => prepare(kernel))
      for (const [i, { inputs, scalars: taken, outputs }] of steps.entries()) {
        const numbers = taken.map((at) => scalars[at] as number)
        programs[i]?.run(at(inputs), numbers, at(outputs))
      }
    },
  }
}
