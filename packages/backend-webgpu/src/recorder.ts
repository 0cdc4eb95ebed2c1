import { roundToF16 } from '@wengert/core'

/** Bytes that a uniform binding's offset must be a multiple of on any device. */
const alignment = 256

/** Bytes of run-time scalars between two submissions. */
const scalarBytes = 256 * 1024

/** Bytes of the scalars' binding: more of them than a kernel has steps. */
export const scalarBinding = 1024

/** WebGPU's flags UNIFORM and COPY_DST. */
const uniformUsage = 0x40 | 0x8

/**
 * Records dispatches and copies into one command encoder until they are submitted together. Run-time scalars stand in one uniform
 * buffer, which is written once for each submission; a dispatch reads its own stretch of it.
 */
export class Recorder {
  readonly #device: GPUDevice
  readonly #submitted: () => void
  readonly #words = new Uint32Array(scalarBytes / 4)
  readonly #floats: Float32Array = new Float32Array(this.#words.buffer)
  readonly uniforms: GPUBuffer
  #encoder: GPUCommandEncoder | null = null
  #pass: GPUComputePassEncoder | null = null
  #used = 0
  #scheduled = false
  /** Submissions so far. */
  submissions = 0

  constructor(device: GPUDevice, submitted: () => void) {
    this.#device = device
    this.#submitted = submitted
    this.uniforms = device.createBuffer({ size: scalarBytes + scalarBinding, usage: uniformUsage })
  }

  /** Makes room for the scalars of one kernel run and returns the offset of their binding. */
  scalars(numbers: readonly number[], dtypes: readonly string[]): number {
    const bytes = alignment * Math.ceil((4 * numbers.length) / alignment)
    if (this.#used + bytes > scalarBytes) this.submit()
    const offset = this.#used
    this.#used += bytes
    for (let i = 0; i < numbers.length; i++) {
      const at = offset / 4 + i
      const value = numbers[i] as number
      if (dtypes[i] === 'f32') this.#floats[at] = value
      else if (dtypes[i] === 'f16') this.#floats[at] = roundToF16(value)
      else this.#words[at] = dtypes[i] === 'bool' ? Number(value !== 0) : value
    }
    return offset
  }

  dispatch(
    pipeline: GPUComputePipeline,
    group: GPUBindGroup,
    [x, y, z]: readonly [number, number, number],
    offset: number | null,
  ): void {
    if (!this.#pass) this.#pass = this.#open().beginComputePass()
    this.#pass.setPipeline(pipeline)
    if (offset === null) this.#pass.setBindGroup(0, group)
    else this.#pass.setBindGroup(0, group, [offset])
    this.#pass.dispatchWorkgroups(x, y, z)
  }

  copy(from: GPUBuffer, to: GPUBuffer, bytes: number): void {
    this.#pass?.end()
    this.#pass = null
    this.#open().copyBufferToBuffer(from, 0, to, 0, bytes)
  }

  /** Submits at the end of the present turn, so that what is read right after a run travels with it. */
  submitSoon(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    queueMicrotask(() => {
      this.#scheduled = false
      this.submit()
    })
  }

  submit(): void {
    const encoder = this.#encoder
    if (!encoder) return
    this.#pass?.end()
    this.#pass = null
    this.#encoder = null
    if (this.#used > 0) this.#device.queue.writeBuffer(this.uniforms, 0, this.#words, 0, this.#used / 4)
    this.#used = 0
    this.#device.queue.submit([encoder.finish()])
    this.submissions++
    this.#submitted()
  }

  #open(): GPUCommandEncoder {
    this.#encoder ??= this.#device.createCommandEncoder()
    return this.#encoder
  }
}
