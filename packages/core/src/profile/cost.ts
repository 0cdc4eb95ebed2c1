import type { DType } from '../dtype.ts'
import { type Kernel, type Operand, outputShape } from '../kernel.ts'
import { sizeOf } from '../shape.ts'

/** What a kernel must move and compute, however it is done. */
export interface Cost {
  /** Bytes of the elements that it reads, each counted once, and of those that it writes. */
  readonly bytes: number
  /** Scalar functions that it applies; a multiplication and an addition are two. */
  readonly flops: number
}

const elementBytes: Readonly<Record<DType, number>> = { bool: 1, i32: 4, f16: 2, f32: 4, f64: 8 }

/** Broadcast axes repeat what has been read. */
function bytesRead({ shape, strides, dtype }: Operand): number {
  return elementBytes[dtype] * shape.reduce((size, n, i) => size * (strides[i] === 0 ? Math.min(n, 1) : n), 1)
}

function operandsOf(kernel: Kernel): readonly Operand[] {
  switch (kernel.kind) {
    case 'map':
    case 'reduce':
    case 'concat':
    case 'routine':
      return kernel.inputs
    case 'matmul':
      return [kernel.a, kernel.b]
    case 'pad':
    case 'scan':
    case 'argSort':
      return [kernel.input]
    case 'gather':
      return [
        { ...kernel.input, shape: kernel.indices.shape, strides: kernel.indices.shape.map(() => 1) },
        kernel.indices,
      ]
    case 'scatterAdd':
      return [kernel.updates, kernel.indices]
    case 'random':
      return []
    default:
      return kernel satisfies never
  }
}

function flopsOf(kernel: Kernel): number {
  switch (kernel.kind) {
    case 'map':
      return sizeOf(kernel.shape) * kernel.steps.length
    case 'reduce':
      return sizeOf(kernel.shape) * (kernel.steps.length + 1)
    case 'matmul':
      return 2 * sizeOf(kernel.batch) * kernel.m * kernel.n * kernel.k
    case 'scan':
      return sizeOf(kernel.input.shape)
    case 'scatterAdd':
      return sizeOf(kernel.updates.shape)
    default:
      return 0
  }
}

export function costOf(kernel: Kernel): Cost {
  const written = elementBytes[kernel.kind === 'argSort' ? 'i32' : kernel.dtype] * sizeOf(outputShape(kernel))
  return {
    bytes: operandsOf(kernel).reduce((sum, operand) => sum + bytesRead(operand), written),
    flops: flopsOf(kernel),
  }
}

/** Kind, functions, dtype and shape of a kernel in one line. */
export function showKernel(kernel: Kernel): string {
  const shape = (sizes: readonly number[]): string => `[${sizes.join(', ')}]`
  switch (kernel.kind) {
    case 'map':
      return `map ${kernel.steps.map(({ op }) => op).join(' ') || 'copy'} ${kernel.dtype} ${shape(kernel.shape)}`
    case 'reduce': {
      const body = kernel.steps.map(({ op }) => `${op} `).join('')
      return `${kernel.op} of ${body}${kernel.dtype} ${shape(kernel.shape)} over ${shape(kernel.axes)}`
    }
    case 'matmul': {
      const { batch, m, k, n } = kernel
      return `matmul ${kernel.dtype} ${shape([...batch, m, k])} · ${shape([...batch, k, n])}`
    }
    case 'routine':
      return `${kernel.routine} ${kernel.dtype} ${shape(kernel.shape)}`
    default:
      return `${kernel.kind} ${kernel.dtype} ${shape(outputShape(kernel))}`
  }
}
