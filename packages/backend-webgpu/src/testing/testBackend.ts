import { type WebGpuBackend, type WebGpuOptions, webgpu } from '../webgpu.ts'

let device: Promise<GPUDevice> | undefined

/** A backend of its own on the device that all tests of a file share. */
export async function testBackend({ software }: Pick<WebGpuOptions, 'software'> = {}): Promise<WebGpuBackend> {
  device ??= webgpu().then((backend) => backend.device)
  return webgpu({ device: await device, ...(software !== undefined && { software }) })
}
