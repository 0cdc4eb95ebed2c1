import type { BufferType } from './backend.ts'
import { elementBytes } from './dtype.ts'
import type { Kernel, MatmulKernel, MatrixOperand, Operand, Step } from './kernel.ts'
import type { Layout } from './layout.ts'
import { type Shape, sizeOf } from './shape.ts'

/** Bytes of the elements that an operand reads; broadcast axes repeat what has been read. */
export function bytesRead({ shape, strides, dtype }: Operand): number {
  return elementBytes[dtype] * shape.reduce((size, n, i) => size * (strides[i] === 0 ? Math.min(n, 1) : n), 1)
}

/** Shape of a kernel's own output. */
export function outputShape(kernel: Kernel): Shape {
  switch (kernel.kind) {
    case 'map':
    case 'pad':
    case 'concat':
    case 'random':
    case 'routine':
      return kernel.shape
    case 'reduce':
      return kernel.shape.filter((_, i) => !kernel.axes.includes(i))
    case 'matmul':
      return [...kernel.batch, kernel.m, kernel.n]
    case 'gather':
      return kernel.indices.shape
    case 'scatterAdd': {
      const [outer = 0, , inner = 0] = kernel.updates.shape
      return [outer, kernel.n, inner]
    }
    case 'scan':
    case 'argSort':
      return kernel.input.shape
    default:
      return kernel satisfies never
  }
}

/** What a kernel writes: its own output, then what its body stores. */
export function outputsOf(kernel: Kernel): readonly BufferType[] {
  const own = { dtype: kernel.dtype, size: sizeOf(outputShape(kernel)) }
  const body =
    kernel.kind === 'map' || kernel.kind === 'reduce' ? kernel : kernel.kind === 'matmul' ? kernel.epilogue : null
  if (!body?.stored) return [own]
  const { shape, steps, stored } = body
  return [own, ...stored.map((at) => ({ dtype: (steps[at] as Step).dtype, size: sizeOf(shape) }))]
}

/** The batch of an operand, and each of its matrices' rows and columns, as axes whose positions add up. */
export function matrixAxes(
  { shape, strides, rowAxes = 1 }: MatrixOperand,
  { batch }: MatmulKernel,
): Readonly<Record<'batch' | 'rows' | 'columns', Pick<Layout, 'shape' | 'strides'>>> {
  const part = (from: number, to?: number) => ({ shape: shape.slice(from, to), strides: strides.slice(from, to) })
  const [rows, columns] = [batch.length, batch.length + rowAxes]
  return { batch: part(0, rows), rows: part(rows, columns), columns: part(columns) }
}
