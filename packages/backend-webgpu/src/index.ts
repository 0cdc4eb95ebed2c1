export type { GpuBuffer, GpuMemoryInfo } from './pool.ts'
export type { DeviceOptions } from './requestDevice.ts'
export { type WebGpuBackend, type WebGpuOptions, webgpu } from './webgpu.ts'
