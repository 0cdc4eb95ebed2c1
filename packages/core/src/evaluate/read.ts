import { type Backend, backendFor } from '../backend.ts'
import { hostArray, type TypedArray } from '../dtype.ts'
import { BackendError, ShapeError } from '../errors.ts'
import { showShape, sizeOf } from '../shape.ts'
import type { ReadOptions, Tensor } from '../tensor.ts'
import { isResident, residentBuffer } from './resident.ts'
import { evaluate } from './run.ts'

/** The value, where the host has it already: a copy, since lines are immutable. */
function known({ value, dtype }: Tensor): TypedArray | null {
  if (typeof value === 'number') return hostArray(dtype, 1).fill(value)
  return ArrayBuffer.isView(value) ? (value as TypedArray).slice() : null
}

/**
 * The numbers of x in row-major order, not copied, where the host holds them: data given to `tensor`, or a value read
 * before. null otherwise, and nothing is computed. It is meant for checks of labels and the like.
 */
export function hostValue({ value }: Tensor): ArrayLike<number> | null {
  if (typeof value === 'number') return [value]
  return ArrayBuffer.isView(value) ? (value as TypedArray) : null
}

export async function read(x: Tensor, { backend: given }: ReadOptions): Promise<TypedArray> {
  const host = known(x)
  if (host) return host
  const backend = backendFor('data', given)
  const { buffer, temporary } = bufferOf('data', x, backend)
  const data = await backend.read(buffer)
  return keep(x, data, backend, temporary ? buffer : null)
}

export function readSync(x: Tensor, options: ReadOptions): TypedArray {
  return readNow('dataSync', x, options)
}

export function readScalar(x: Tensor, options: ReadOptions): number {
  if (sizeOf(x.shape) !== 1)
    throw new ShapeError(`item: x must have one element, got shape ${showShape(x.shape)}. Use dataSync, or reduce it.`)
  return readNow('item', x, options)[0] as number
}

function readNow(fn: string, x: Tensor, { backend: given }: ReadOptions): TypedArray {
  const host = known(x)
  if (host) return host
  const backend = backendFor(fn, given)
  if (!backend.readSync)
    throw new BackendError(`${fn}: backend must be synchronous, got ${backend.name}. Use await x.data().`)
  const { buffer, temporary } = bufferOf(fn, x, backend)
  const data = backend.readSync(buffer)
  return keep(x, data, backend, temporary ? buffer : null)
}

function bufferOf(fn: string, x: Tensor, backend: Backend): { buffer: unknown; temporary: boolean } {
  if (isResident(x.value)) return { buffer: residentBuffer(fn, x.value, backend), temporary: false }
  return { buffer: evaluate(fn, [x], backend)[0], temporary: true }
}

/** The line remembers what was computed for it, so that reading twice computes once. */
function keep(x: Tensor, data: TypedArray, backend: Backend, buffer: unknown): TypedArray {
  if (buffer === null) return data
  backend.free(buffer)
  x.value = data
  return data.slice()
}
