import type { Kernel, MapBody, MatmulKernel } from '@wengert/core'
import { bindProgram } from './bind.ts'
import type { CpuBuffer, CpuProgram } from './cpu.ts'

/** A product, and in its place the map of it: each is readied as a kernel of its own, so that the bits are the same. */
export function prepareMatmulEpilogue(
  { epilogue: _, ...matmul }: MatmulKernel,
  body: MapBody,
  prepare: (kernel: Kernel) => CpuProgram,
): CpuProgram {
  const product = prepare(matmul)
  const map = prepare({ kind: 'map', dtype: matmul.dtype, ...body })
  const factors = (inputs: readonly CpuBuffer[]): CpuBuffer[] => inputs.slice(0, 2)
  const others = (inputs: readonly CpuBuffer[], outputs: readonly CpuBuffer[]): CpuBuffer[] => [
    ...outputs.slice(0, 1),
    ...inputs.slice(2),
  ]
  return {
    linear: product.linear === true || map.linear === true,
    run(inputs, scalars, outputs) {
      product.run(factors(inputs), [], outputs.slice(0, 1))
      map.run(others(inputs, outputs), scalars, outputs)
    },
    bind(inputs, outputs) {
      const first = bindProgram(product, factors(inputs), outputs.slice(0, 1))
      const second = bindProgram(map, others(inputs, outputs), outputs)
      return { calls: [...first.calls, ...second.calls], setScalars: second.setScalars }
    },
  }
}
