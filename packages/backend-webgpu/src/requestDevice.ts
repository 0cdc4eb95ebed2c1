import { BackendError } from '@wengert/core'

export interface DeviceOptions {
  /** A device of your own, for instance one that also draws. */
  readonly device?: GPUDevice
  /** Which adapter to ask for where there are several. */
  readonly powerPreference?: 'low-power' | 'high-performance'
}

/** A device and what is known of its adapter. */
export interface FoundDevice {
  readonly device: GPUDevice
  readonly software: boolean
}

/** Features that are used where the adapter has them. */
const wanted = ['shader-f16'] as const

/** Limits that are raised to what the adapter has: sizes of buffers. */
const raised = ['maxBufferSize', 'maxStorageBufferBindingSize'] as const

/** The device that was handed in, or one of the host's. */
export async function requestDevice({ device, powerPreference }: DeviceOptions): Promise<FoundDevice> {
  if (device) return { device, software: isSoftware(device.adapterInfo) }
  const gpu = await findGpu()
  const adapter = await gpu.requestAdapter(powerPreference ? { powerPreference } : {})
  if (!adapter)
    throw new BackendError(
      'webgpu: the host must have a WebGPU adapter, got none. In Node a Vulkan driver is needed (on Debian: apt-get install ' +
        'mesa-vulkan-drivers); in a browser look at chrome://gpu, or use cpu() from @wengert/backend-cpu.',
    )
  const requiredLimits = Object.fromEntries(raised.map((limit) => [limit, adapter.limits[limit]]))
  const requiredFeatures = wanted.filter((feature) => adapter.features.has(feature))
  const found = await adapter.requestDevice({ requiredLimits, requiredFeatures })
  // In Node the implementation lives only as long as this object, and takes the process along when it goes.
  Object.defineProperty(found, 'keepsAlive', { value: gpu })
  return { device: found, software: isSoftware(adapter.info) }
}

async function findGpu(): Promise<GPU> {
  const { navigator } = globalThis as { navigator?: { gpu?: GPU } }
  if (navigator?.gpu) return navigator.gpu
  // A variable keeps bundlers from looking for a package that only Node needs.
  const name = 'webgpu'
  let create: (flags: string[]) => GPU
  try {
    ;({ create } = (await import(/* @vite-ignore */ name)) as { create: (flags: string[]) => GPU })
  } catch (cause) {
    throw new BackendError(
      'webgpu: the host must have WebGPU, got no navigator.gpu. In Node install the package webgpu (npm install webgpu); ' +
        `elsewhere use a browser with WebGPU, or cpu() from @wengert/backend-cpu. (${String(cause)})`,
    )
  }
  const kept = globalThis as { wengertGpu?: GPU }
  kept.wengertGpu ??= create([])
  return kept.wengertGpu
}

/** Adapters that run on the CPU say so, or are known by name. */
function isSoftware(info: GPUAdapterInfo): boolean {
  const fallback = (info as { isFallbackAdapter?: boolean }).isFallbackAdapter
  return fallback ?? /swiftshader|llvmpipe|software/i.test(`${info.architecture} ${info.description}`)
}
