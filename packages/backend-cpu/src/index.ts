export type { CpuBackend, CpuBuffer } from './cpu.ts'
export { type CpuOptions, cpu } from './wasm/cpu.ts'
