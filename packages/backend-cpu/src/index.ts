export { type CpuBackend, type CpuBuffer, cpu } from './cpu.ts'
