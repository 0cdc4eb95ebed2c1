import { type CpuBackend, cpuOn } from './cpu.ts'

/**
 * The CPU backend without WebAssembly, as `cpu({ wasm: false })`, for programs in which every kilobyte counts: the code that
 * writes WebAssembly is not loaded.
 *
 * @example useBackend(loops())
 */
export function loops(): CpuBackend {
  return cpuOn(null)
}
