import { cpu } from '@wengert/backend-cpu'
import { type WebGpuBackend, webgpu } from '@wengert/backend-webgpu'
import type { Backend } from '@wengert/core'

/** Where the network can train. */
export interface Machine {
  readonly backend: Backend
  /** What computes, for people to read. */
  readonly adapter: string
}

/** The processor that runs this page. */
export function processor(): Machine {
  return { backend: cpu(), adapter: 'JavaScript in this page' }
}

/** The GPU; null where the browser gives none. */
export async function graphicsProcessor(): Promise<Machine | null> {
  let backend: WebGpuBackend
  try {
    backend = await webgpu()
  } catch {
    return null
  }
  const { vendor, architecture, device, description } = backend.device.adapterInfo
  const names = [vendor, device || architecture].filter((name) => name !== '').join(' ')
  return { backend, adapter: `${names || description || 'unnamed adapter'}${backend.software ? ', software' : ''}` }
}
