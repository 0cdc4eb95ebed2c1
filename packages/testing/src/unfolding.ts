import type { CpuBackend, CpuBuffer } from '@wengert/backend-cpu'
import {
  type DType,
  type MatmulKernel,
  type MatrixOperand,
  matrixAxes,
  type Operand,
  type Program,
  type Shape,
  sizeOf,
} from '@wengert/core'

/**
 * A backend that takes products of grouped axes and with a map, and does them one after the other: copies, a plain product, the map.
 * It throws where such a kernel is not as it should be.
 */
export function unfolding(backend: CpuBackend): CpuBackend {
  // What binds plans knows plain kernels alone.
  const { bind: _, ...rest } = backend
  return {
    ...rest,
    fusesMatmul: true,
    prepare: (kernel) =>
      kernel.kind === 'matmul' && !kernel.kept ? unfolded(kernel, backend) : backend.prepare(kernel),
  }
}

function unfolded({ epilogue, ...kernel }: MatmulKernel, backend: CpuBackend): Program<CpuBuffer> {
  const { batch, m, k, n, dtype } = kernel
  check(kernel, kernel.a, m, k)
  check(kernel, kernel.b, k, n)
  const a = plain(kernel.a, [...batch, m, k], backend)
  const b = plain(kernel.b, [...batch, k, n], backend)
  const product = backend.prepare({ ...kernel, a: a.operand, b: b.operand })
  const size = sizeOf(batch) * m * n
  if (epilogue) checkMap(kernel, epilogue, size)
  const map = epilogue && backend.prepare({ kind: 'map', dtype, ...epilogue })
  return {
    run([x, y, ...others], scalars, outputs) {
      const left = a.read(x as CpuBuffer)
      const right = b.read(y as CpuBuffer)
      const result = map ? backend.alloc(dtype, size) : (outputs[0] as CpuBuffer)
      product.run([left.buffer, right.buffer], [], [result])
      map?.run([result, ...others], scalars, outputs)
      for (const buffer of [...left.own, ...right.own, ...(map ? [result] : [])]) backend.free(buffer)
    },
  }
}

/** An operand as a backend takes it that knows plain ones alone, and its buffer, with those that are to be freed. */
function plain(grouped: MatrixOperand, shape: Shape, backend: CpuBackend) {
  if (grouped.rowAxes === undefined)
    return { operand: grouped, read: (buffer: CpuBuffer) => ({ buffer, own: [] as CpuBuffer[] }) }
  const { rowAxes: _, ...operand } = grouped
  const { dtype } = operand
  const copy = backend.prepare({ kind: 'map', dtype, shape: operand.shape, inputs: [operand], scalars: [], steps: [] })
  return {
    operand: contiguous(shape, dtype),
    read: (from: CpuBuffer) => {
      const buffer = backend.alloc(dtype, sizeOf(shape))
      copy.run([from], [], [buffer])
      return { buffer, own: [buffer] }
    },
  }
}

function contiguous(shape: Shape, dtype: DType): Operand {
  const strides = shape.map((_, axis) => sizeOf(shape.slice(axis + 1)))
  return { shape, strides, offset: 0, dtype }
}

function check(kernel: MatmulKernel, operand: MatrixOperand, rows: number, columns: number): void {
  const axes = matrixAxes(operand, kernel)
  const right =
    String(axes.batch.shape) === String(kernel.batch) &&
    axes.rows.shape.length > 0 &&
    axes.columns.shape.length > 0 &&
    sizeOf(axes.rows.shape) === rows &&
    sizeOf(axes.columns.shape) === columns &&
    operand.dtype === kernel.dtype &&
    operand.strides.length === operand.shape.length
  if (!right) throw new Error(`an operand must hold ${rows} × ${columns} matrices, got ${JSON.stringify(operand)}`)
}

function checkMap(
  { dtype }: MatmulKernel,
  { shape, inputs, steps }: NonNullable<MatmulKernel['epilogue']>,
  size: number,
): void {
  const [product] = inputs
  const { strides } = contiguous(shape, dtype)
  const whole =
    product?.dtype === dtype &&
    String(product.shape) === String(shape) &&
    product.offset === 0 &&
    strides.every((stride, axis) => shape[axis] === 1 || stride === product.strides[axis])
  if (!whole || sizeOf(shape) !== size || steps.length === 0 || steps.at(-1)?.dtype !== dtype)
    throw new Error(`a map of a product must read it whole, got ${JSON.stringify(product)} of ${shape}`)
}
