import { type Backend, BackendError, type DType, type Kernel, type Program, type TypedArray } from '@wengert/core'
import { boundKernel } from './bindingOffsets.ts'
import { halfBits } from './half.ts'
import { Pipelines } from './pipelines.ts'
import { BufferPool, bytesOf, type GpuBuffer, type GpuMemoryInfo } from './pool.ts'
import { GpuProgram } from './program.ts'
import { Recorder } from './recorder.ts'
import { type DeviceOptions, requestDevice } from './requestDevice.ts'
import type { DeviceTraits } from './stage.ts'
import { stagesOf } from './stages.ts'
import { StagingBuffers } from './staging.ts'

export interface WebGpuOptions extends DeviceOptions {
  /**
   * Whether kernels are made for an adapter that runs on the CPU, without workgroup memory.
   * @default what the adapter says of itself
   */
  readonly software?: boolean
}

/** A backend that computes on a GPU. */
export interface WebGpuBackend extends Backend<GpuBuffer> {
  readonly device: GPUDevice
  readonly software: boolean
  memory(): GpuMemoryInfo
  /** Counts of pipelines compiled and of submissions to the queue so far. */
  counts(): { readonly pipelines: number; readonly submissions: number }
  /** Gives all memory back and ends the device, if the backend made it. Nothing can be computed afterwards. */
  destroy(): void
}

/**
 * A backend on WebGPU: browsers, and Node with the package `webgpu`; Deno is untested. Asynchronous, so values are read with `await x.data()`;
 * dtypes f32, i32 and bool, and f16 where the device has the feature shader-f16.
 *
 * Throws a BackendError that says what to install where there is no adapter. If the device is lost, everything afterwards
 * throws a BackendError; make another backend and put a copy of the state that the host holds on it.
 *
 * @example useBackend(await webgpu())
 */
export async function webgpu(options: WebGpuOptions = {}): Promise<WebGpuBackend> {
  const { device, software } = await requestDevice(options)
  return new WebGpu(device, { software: options.software ?? software }, options.device === undefined)
}

/** Bytes of host data that stay on the device between runs. */
const uploadBudget = 256 * 2 ** 20

class WebGpu implements WebGpuBackend {
  readonly name = 'webgpu'
  readonly dtypes: ReadonlySet<DType>
  readonly uploadBudget = uploadBudget
  readonly maxSteps: number
  readonly fusesMatmul = true
  readonly device: GPUDevice
  readonly software: boolean
  readonly #traits: DeviceTraits
  readonly #own: boolean
  readonly #pool: BufferPool
  readonly #recorder: Recorder
  readonly #staging: StagingBuffers
  readonly #pipelines: Pipelines
  readonly #programs = new Set<WeakRef<GpuProgram>>()
  /** What went wrong since the last read, or for good. */
  #failure: BackendError | null = null
  #lost = false

  constructor(device: GPUDevice, traits: DeviceTraits, own: boolean) {
    this.device = device
    this.dtypes = new Set(['bool', 'i32', ...(device.features.has('shader-f16') ? (['f16'] as const) : []), 'f32'])
    this.software = traits.software
    // The compilers of software adapters take minutes for long kernels.
    this.maxSteps = traits.software ? 24 : 64
    this.#traits = traits
    this.#own = own
    this.#pool = new BufferPool(device, (ids) => this.#forget(ids))
    this.#recorder = new Recorder(device, () => this.#pool.submitted())
    this.#staging = new StagingBuffers(device)
    this.#pipelines = new Pipelines(device)
    device.lost.then(({ message, reason }) => {
      this.#lost = true
      this.#failure = new BackendError(
        `webgpu: the device must be there, got one that was lost (${reason}${message ? `: ${message}` : ''}). ` +
          'Make a new backend with await webgpu() and put the last copy of your state on it.',
      )
    })
    device.addEventListener('uncapturederror', this.#noteError)
  }

  readonly #noteError = ({ error }: GPUUncapturedErrorEvent): void => {
    this.#failure ??= new BackendError(`webgpu: ${error.message}`)
  }

  alloc(dtype: DType, size: number): GpuBuffer {
    this.#check(dtype, size)
    return this.#pool.take(dtype, size)
  }

  free(buffer: GpuBuffer): void {
    this.#pool.give(buffer)
  }

  upload(data: TypedArray, dtype: DType): GpuBuffer {
    this.#check(dtype, data.length)
    const buffer = this.#pool.takeForUpload(dtype, data.length)
    const words = stored(data, dtype)
    if (words.length > 0) this.device.queue.writeBuffer(buffer.buffer, 0, words as Float32Array<ArrayBuffer>)
    return buffer
  }

  async read({ buffer, dtype, size }: GpuBuffer): Promise<TypedArray> {
    this.#throwFailure()
    const bytes = bytesOf(dtype, size)
    const staging = this.#staging.take(bytes)
    this.#recorder.copy(buffer, staging, bytes)
    this.#recorder.submitSoon()
    try {
      // Reads of the same turn share a submission.
      await Promise.resolve()
      return await this.#staging.read(staging, dtype, size)
    } catch (cause) {
      throw this.#failure ?? new BackendError(`webgpu: ${String(cause)}`)
    } finally {
      this.#throwFailure()
    }
  }

  prepare(kernel: Kernel): Program<GpuBuffer> {
    this.#throwFailure()
    const bound = boundKernel(kernel)
    const program = new GpuProgram(this.device, stagesOf(bound.kernel, this.#traits), bound, {
      pool: this.#pool,
      recorder: this.#recorder,
      pipelines: this.#pipelines,
    })
    this.#programs.add(new WeakRef(program))
    return program
  }

  submit(): void {
    this.#recorder.submitSoon()
  }

  memory(): GpuMemoryInfo {
    return this.#pool.memory()
  }

  counts(): { readonly pipelines: number; readonly submissions: number } {
    return { pipelines: this.#pipelines.count, submissions: this.#recorder.submissions }
  }

  destroy(): void {
    this.#recorder.submit()
    this.#pool.destroyAll()
    this.device.removeEventListener('uncapturederror', this.#noteError)
    if (this.#own) this.device.destroy()
  }

  #check(dtype: DType, size: number): void {
    if (this.#lost) this.#throwFailure()
    const { maxStorageBufferBindingSize: most } = this.device.limits
    if (bytesOf(dtype, size) > most)
      throw new BackendError(
        `webgpu: a tensor must have at most ${Math.floor(most / (dtype === 'f16' ? 2 : 4))} elements on this device, got ${size}. ` +
          'Split it, or compute on backend-cpu.',
      )
  }

  #throwFailure(): void {
    const failure = this.#failure
    if (!failure) return
    if (!this.#lost) this.#failure = null
    throw failure
  }

  #forget(ids: ReadonlySet<number>): void {
    for (const reference of this.#programs) {
      const program = reference.deref()
      if (program) program.forget(ids)
      else this.#programs.delete(reference)
    }
  }
}

/** Elements as they stand in a buffer, whose length must be a multiple of four bytes. */
function stored(data: TypedArray, dtype: DType): TypedArray | Uint16Array | Uint32Array {
  if (dtype === 'bool') return Uint32Array.from(data)
  if (dtype !== 'f16') return data
  const halves = new Uint16Array(2 * Math.ceil(data.length / 2))
  for (let i = 0; i < data.length; i++) halves[i] = halfBits(data[i] as number)
  return halves
}
