import type { Stage } from './stage.ts'

/** A stage compiled for a device. */
export interface CompiledStage {
  readonly pipeline: GPUComputePipeline
  readonly layout: GPUBindGroupLayout
}

/** WebGPU's flag COMPUTE for shader stages. */
const compute = 0x4

/** Compiles each module once: kernels of equal text share a pipeline. */
export class Pipelines {
  readonly #device: GPUDevice
  readonly #compiled = new Map<string, CompiledStage>()
  readonly #layouts = new Map<string, GPUBindGroupLayout>()

  constructor(device: GPUDevice) {
    this.#device = device
  }

  /** `label` names the kernel in the device's messages. */
  compile({ code, buffers, written = 1, scalars }: Stage, label: string): CompiledStage {
    let compiled = this.#compiled.get(code)
    if (!compiled) {
      const layout = this.#layout(buffers.length - written, written, scalars)
      const pipeline = this.#device.createComputePipeline({
        label,
        layout: this.#device.createPipelineLayout({ bindGroupLayouts: [layout] }),
        compute: { module: this.#device.createShaderModule({ label, code }), entryPoint: 'main' },
      })
      compiled = { pipeline, layout }
      this.#compiled.set(code, compiled)
    }
    return compiled
  }

  get count(): number {
    return this.#compiled.size
  }

  #layout(read: number, written: number, scalars: boolean): GPUBindGroupLayout {
    const buffers = read + written
    const key = `${read} ${written} ${scalars}`
    let layout = this.#layouts.get(key)
    if (!layout) {
      const entries: GPUBindGroupLayoutEntry[] = Array.from({ length: buffers }, (_, binding) => ({
        binding,
        visibility: compute,
        buffer: { type: binding < read ? 'read-only-storage' : 'storage' },
      }))
      if (scalars)
        entries.push({ binding: buffers, visibility: compute, buffer: { type: 'uniform', hasDynamicOffset: true } })
      layout = this.#device.createBindGroupLayout({ entries })
      this.#layouts.set(key, layout)
    }
    return layout
  }
}
