import { type DType, type Kernel, type MatrixOperand, type Operand, sizeOf } from '@wengert/core'

/** A kernel, and from which element on each of its inputs, and then its output, is bound. */
export interface BoundKernel {
  readonly kernel: Kernel
  readonly offsets: readonly number[]
}

/** Bytes that the offset of a binding must be a multiple of on any device. */
export const bindingAlignment = 256

/**
 * Moves offsets of operands from a kernel's text to its bindings, as far as bindings allow, so that kernels on the blocks of one
 * large array share a pipeline.
 */
export function boundKernel(kernel: Kernel): BoundKernel {
  switch (kernel.kind) {
    case 'map':
    case 'reduce': {
      const [inputs, offsets] = moved(kernel.inputs)
      return { kernel: { ...kernel, inputs }, offsets }
    }
    case 'matmul': {
      const { epilogue } = kernel
      const [product, ...others] = epilogue?.inputs ?? []
      const [[a, b, ...rest], offsets] = moved([kernel.a, kernel.b, ...others])
      const operands = { a: a as MatrixOperand, b: b as MatrixOperand }
      const map = epilogue && { ...epilogue, inputs: [product as Operand, ...rest] }
      return { kernel: { ...kernel, ...operands, ...(map && { epilogue: map }) }, offsets }
    }
    case 'concat': {
      const [inputs, offsets] = moved(kernel.inputs)
      const at = kernel.start * sizeOf(kernel.shape.slice(kernel.axis + 1))
      return at % step(kernel.dtype) === 0
        ? { kernel: { ...kernel, inputs, start: 0 }, offsets: [...offsets, at] }
        : { kernel: { ...kernel, inputs }, offsets }
    }
    default:
      return { kernel, offsets: [] }
  }
}

/** Elements that an offset must be a multiple of. */
function step(dtype: DType): number {
  return bindingAlignment / (dtype === 'f16' ? 2 : 4)
}

function moved(operands: readonly Operand[]): [operands: Operand[], offsets: number[]] {
  const offsets = operands.map(({ dtype, offset, strides, shape }) =>
    // With a negative stride elements before the first are read; of none, nothing is.
    sizeOf(shape) > 0 && strides.every((stride) => stride >= 0) ? offset - (offset % step(dtype)) : 0,
  )
  return [operands.map((operand, i) => ({ ...operand, offset: operand.offset - (offsets[i] as number) })), offsets]
}
