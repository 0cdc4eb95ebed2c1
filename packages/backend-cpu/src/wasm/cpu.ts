import { ValueError } from '@wengert/core'
import { type CpuBackend, cpuOn } from '../cpu.ts'
import { byDefault, wasmTier } from './tier.ts'

export interface CpuOptions {
  /**
   * Whether large kernels run as WebAssembly, written at run time for each structure: `true` for those that gain, where the
   * host has WebAssembly with vectors; `'always'` for all that can, however small; `false` for loops alone. Sums of f32 are
   * then rounded as they go in matrix products, and elementary functions are within about 2 ulp. @default true
   */
  readonly wasm?: boolean | 'always'
  /**
   * Threads that share large matrix products, this one among them; the others sleep while there are none. They give the same
   * bits, however many they are. In browsers the page must be cross-origin isolated, else there is this one alone.
   * @default 1
   */
  readonly threads?: number
}

/**
 * The CPU backend: every dtype but f16, synchronous. Kernels are readable loops over typed arrays, the oracle for other
 * backends: arithmetic is done in f64 and rounded to the dtype at the end of each scalar function, and sums are kept in f64.
 * Large ones of f32 run as WebAssembly with vectors, as `wasm` says; which do depends on their structure alone, so a
 * program gives the same bits each time.
 *
 * @example useBackend(cpu())
 */
export function cpu({ wasm = true, threads = 1 }: CpuOptions = {}): CpuBackend {
  if (!Number.isInteger(threads) || threads < 1)
    throw new ValueError(`cpu: threads must be a positive integer, got ${threads}.`)
  return cpuOn(
    wasm
      ? wasmTier(
          wasm === 'always' ? { elements: 1, moved: 1, products: 1, linear: 0, chained: 1, cached: 512 } : byDefault,
          threads,
        )
      : null,
  )
}
