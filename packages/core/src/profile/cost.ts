import type { Chain } from '../backend.ts'
import { elementBytes } from '../dtype.ts'
import type { GatherKernel, Kernel, MapKernel, Operand, ReduceKernel } from '../kernel.ts'
import { bytesRead, outputShape, outputsOf } from '../kernelShapes.ts'
import { contiguous } from '../layout.ts'
import { sizeOf } from '../shape.ts'

/** What a kernel must move and compute, however it is done. */
export interface Cost {
  /** Bytes of the elements that it reads, each counted once, and of those that it writes. */
  readonly bytes: number
  /** Scalar functions that it applies; a multiplication and an addition are two. */
  readonly flops: number
}

function operandsOf(kernel: Kernel): readonly Operand[] {
  switch (kernel.kind) {
    case 'map':
    case 'reduce':
    case 'concat':
    case 'routine':
      return kernel.inputs
    case 'matmul':
      // The first that its map reads is the product.
      return [kernel.a, kernel.b, ...(kernel.epilogue?.inputs.slice(1) ?? [])]
    case 'pad':
    case 'scan':
    case 'argSort':
      return [kernel.input]
    case 'gather':
      return [sizeOf(kernel.indices.shape) < sizeOf(kernel.input.shape) ? looked(kernel) : kernel.input, kernel.indices]
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
      return sizeOf(outputShape(kernel)) * (2 * kernel.k + (kernel.epilogue?.steps.length ?? 0))
    case 'scan':
      return sizeOf(kernel.input.shape)
    case 'scatterAdd':
      return sizeOf(kernel.updates.shape)
    default:
      return 0
  }
}

/** What a look-up of fewer elements than there are reads of them. */
function looked({ input, indices }: GatherKernel): Operand {
  return { ...input, ...contiguous(indices.shape) }
}

/** Windows that overlap read an element again and again, but no more of them than lie between the first and the last. */
function bytesOf(operand: Operand): number {
  const { shape, strides, dtype } = operand
  const span = shape.reduce((span, n, i) => span + Math.max(n - 1, 0) * Math.abs(strides[i] as number), 1)
  return Math.min(bytesRead(operand), elementBytes[dtype] * span)
}

function bytesWritten(kernel: Kernel): number {
  // A part of a join writes its own place alone.
  const written =
    kernel.kind === 'concat'
      ? kernel.inputs.map(({ shape, dtype }) => ({ dtype, size: sizeOf(shape) }))
      : outputsOf(kernel)
  return written.reduce((sum, { dtype, size }) => sum + elementBytes[dtype] * size, 0)
}

export function costOf(kernel: Kernel | Chain): Cost {
  if (kernel.kind === 'chain') return chainCost(kernel)
  return {
    bytes: operandsOf(kernel).reduce((sum, operand) => sum + bytesOf(operand), bytesWritten(kernel)),
    flops: flopsOf(kernel),
  }
}

/** Of what passes between its kernels a chain need move nothing. */
function chainCost({ inputs, outputs, steps }: Chain): Cost {
  const read: number[] = Array.from({ length: inputs }, () => 0)
  for (const { kernel, inputs: from } of steps)
    kernel.inputs.forEach((operand, i) => {
      const at = from[i] as number
      if (at < inputs) read[at] = Math.max(read[at] as number, bytesOf(operand))
    })
  const written = outputs.map(({ dtype, size }) => elementBytes[dtype] * size)
  return {
    bytes: [...read, ...written].reduce((sum, bytes) => sum + bytes, 0),
    flops: steps.reduce((sum, { kernel }) => sum + flopsOf(kernel), 0),
  }
}

/** Kind, functions, dtype and shape of a kernel in one line. */
export function showKernel(kernel: Kernel | Chain): string {
  const shape = (sizes: readonly number[]): string => `[${sizes.join(', ')}]`
  switch (kernel.kind) {
    case 'chain':
      return `chain of ${kernel.steps.map((step) => functionsOf(step.kernel)).join(', ')} along ${kernel.rows} rows`
    case 'map':
      return `${functionsOf(kernel)} ${kernel.dtype} ${shape(kernel.shape)}`
    case 'reduce': {
      const body = kernel.steps.map(({ op }) => `${op} `).join('')
      return `${kernel.op} of ${body}${kernel.dtype} ${shape(kernel.shape)} over ${shape(kernel.axes)}`
    }
    case 'matmul': {
      const { batch, m, k, n } = kernel
      const epilogue = kernel.epilogue ? ` then${kernel.epilogue.steps.map(({ op }) => ` ${op}`).join('')}` : ''
      return `matmul ${kernel.dtype} ${shape([...batch, m, k])} · ${shape([...batch, k, n])}${epilogue}`
    }
    case 'routine':
      return `${kernel.routine} ${kernel.dtype} ${shape(kernel.shape)}`
    default:
      return `${kernel.kind} ${kernel.dtype} ${shape(outputShape(kernel))}`
  }
}

function functionsOf(kernel: MapKernel | ReduceKernel): string {
  const functions = kernel.steps.map(({ op }) => op).join(' ')
  if (kernel.kind === 'map') return `map ${functions || 'copy'}`
  return `${kernel.op}${functions && ` of ${functions}`}`
}
