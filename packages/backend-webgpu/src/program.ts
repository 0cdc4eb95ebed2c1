import type { DType, Kernel, Program } from '@wengert/core'
import type { BoundKernel } from './bindingOffsets.ts'
import type { CompiledStage, Pipelines } from './pipelines.ts'
import type { BufferPool, GpuBuffer } from './pool.ts'
import { type Recorder, scalarBinding } from './recorder.ts'
import type { Stage, Stages } from './stage.ts'

/** Bind groups kept for each stage: the buffers of a training loop come in a few combinations. */
const kept = 16

interface ReadyStage extends Stage, CompiledStage {
  readonly groups: Map<string, { readonly group: GPUBindGroup; readonly ids: readonly number[] }>
}

export interface ProgramParts {
  readonly pool: BufferPool
  readonly recorder: Recorder
  readonly pipelines: Pipelines
}

/** A kernel compiled for a device. */
export class GpuProgram implements Program<GpuBuffer> {
  readonly #device: GPUDevice
  readonly #parts: ProgramParts
  readonly #stages: readonly ReadyStage[]
  readonly #scratch: readonly number[]
  readonly #dtypes: readonly DType[]
  readonly #offsets: readonly number[]

  constructor(device: GPUDevice, { stages, scratch }: Stages, { kernel, offsets }: BoundKernel, parts: ProgramParts) {
    this.#device = device
    this.#parts = parts
    this.#stages = stages.map((stage) => ({
      ...stage,
      ...parts.pipelines.compile(stage, `wengert ${kernel.kind}`),
      groups: new Map(),
    }))
    this.#scratch = scratch
    this.#dtypes = scalarsOf(kernel)
    this.#offsets = offsets
  }

  run(inputs: readonly GpuBuffer[], scalars: readonly number[], outputs: readonly GpuBuffer[]): void {
    if (this.#stages.length === 0) return
    const { pool, recorder } = this.#parts
    const scratch = this.#scratch.map((size) => pool.take('f32', size))
    const offset = scalars.length > 0 ? recorder.scalars(scalars, this.#dtypes) : 0
    const buffers = [...inputs, ...outputs, ...scratch]
    for (const stage of this.#stages)
      recorder.dispatch(stage.pipeline, this.#group(stage, buffers), stage.workgroups, stage.scalars ? offset : null)
    for (const buffer of scratch) pool.give(buffer)
  }

  /** Drops bind groups of buffers that are no more. */
  forget(ids: ReadonlySet<number>): void {
    for (const { groups } of this.#stages)
      for (const [key, { ids: used }] of groups) if (used.some((id) => ids.has(id))) groups.delete(key)
  }

  #group(stage: ReadyStage, buffers: readonly GpuBuffer[]): GPUBindGroup {
    const bound = stage.buffers.map((at) => buffers[at] as GpuBuffer)
    const ids = bound.map(({ id }) => id)
    const key = ids.join()
    const known = stage.groups.get(key)
    if (known) return known.group
    const entries: GPUBindGroupEntry[] = bound.map(({ buffer, dtype }, binding) => {
      const offset = (this.#offsets[stage.buffers[binding] as number] ?? 0) * (dtype === 'f16' ? 2 : 4)
      return { binding, resource: { buffer, offset } }
    })
    if (stage.scalars)
      entries.push({ binding: bound.length, resource: { buffer: this.#parts.recorder.uniforms, size: scalarBinding } })
    const group = this.#device.createBindGroup({ layout: stage.layout, entries })
    if (stage.groups.size >= kept) stage.groups.delete(stage.groups.keys().next().value as string)
    stage.groups.set(key, { group, ids })
    return group
  }
}

/** The dtypes of the scalars that a kernel takes. */
function scalarsOf(kernel: Kernel): readonly DType[] {
  if (kernel.kind === 'random') return ['i32', 'i32']
  if (kernel.kind === 'matmul') return kernel.epilogue?.scalars ?? []
  return 'scalars' in kernel ? kernel.scalars : []
}
