import { type Backend, backendFor } from '../backend.ts'
import { checkOption } from '../check.ts'
import { type TypedArray, toHostArray } from '../dtype.ts'
import { BackendError, ShapeError } from '../errors.ts'
import { showShape, sizeOf } from '../shape.ts'
import type { BackendOptions, ReadOptions, Tensor } from '../tensor.ts'
import { leaves, mapTree } from '../tree.ts'
import { computeAllLines, firstNonFinite, nonFiniteError } from './finite.ts'
import { remember } from './keep.ts'
import { isOpen, isResident, openError, residentBuffer } from './resident.ts'
import { evaluateAndKeep } from './run.ts'

/** The value, where the host has it already: a copy, since lines are immutable. */
function known({ value, dtype }: Tensor): TypedArray | null {
  if (typeof value === 'number') return toHostArray(dtype, [value])
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

export async function read(x: Tensor, { backend: given, check }: ReadOptions): Promise<TypedArray> {
  const host = known(x)
  if (host && !fails(host, check)) return host
  const backend = backendFor('data', given)
  const data = host ?? (await readComputed(x, backend))
  if (fails(data, check)) {
    const { tape, at, buffers } = computeAllLines('data', x, backend)
    const values = await Promise.all(buffers.map((buffer) => backend.read(buffer)))
    for (const buffer of buffers) backend.free(buffer)
    throw nonFiniteError('data', tape, at, values)
  }
  return host ?? keep(x, data)
}

/** A tree with each tensor replaced by its numbers. */
export type Data<T> = T extends Tensor ? TypedArray : { -readonly [K in keyof T]: Data<T[K]> }

/**
 * The values of all tensors of a tree, computed together in one run, so that what they share is computed once.
 *
 * @example const [loss, predictions] = await data([sum(ones([3])), ones([2])])
 */
export async function data<T>(tree: T, { backend: given }: BackendOptions = {}): Promise<Data<T>> {
  const found = leaves(tree, 'data')
  const open = found.filter((x) => known(x) === null)
  const values = new Map<Tensor, TypedArray>()
  if (open.length > 0) {
    const backend = backendFor('data', given)
    const buffers = evaluateAndKeep('data', open, backend)
    // All reads start before the first is awaited, so that a device is asked once.
    const reads = buffers.map((buffer) => backend.read(buffer))
    for (const buffer of buffers) backend.free(buffer)
    for (const [i, data] of (await Promise.all(reads)).entries()) values.set(open[i] as Tensor, data)
  }
  for (const [x, value] of values) keep(x, value)
  return mapTree((x) => (values.get(x)?.slice() ?? known(x)) as unknown as Tensor, tree) as Data<T>
}

async function readComputed(x: Tensor, backend: Backend): Promise<TypedArray> {
  const { buffer, temporary } = bufferOf('data', x, backend)
  const data = await backend.read(buffer)
  if (temporary) backend.free(buffer)
  return data
}

export function readSync(x: Tensor, options: ReadOptions): TypedArray {
  return readNow('dataSync', x, options)
}

export function readScalar(x: Tensor, options: ReadOptions): number {
  if (sizeOf(x.shape) !== 1)
    throw new ShapeError(`item: x must have one element, got shape ${showShape(x.shape)}. Use dataSync, or reduce it.`)
  return readNow('item', x, options)[0] as number
}

function readNow(fn: string, x: Tensor, { backend: given, check }: ReadOptions): TypedArray {
  const host = known(x)
  if (host && !fails(host, check)) return host
  const backend = backendFor(fn, given)
  const { readSync } = backend
  if (!readSync) throw new BackendError(`${fn}: backend must be synchronous, got ${backend.name}. Use await x.data().`)
  const take = (buffer: unknown): TypedArray => {
    const data = readSync.call(backend, buffer)
    backend.free(buffer)
    return data
  }
  if (host === null) {
    const { buffer, temporary } = bufferOf(fn, x, backend)
    const data = temporary ? take(buffer) : readSync.call(backend, buffer)
    if (!fails(data, check)) return keep(x, data)
  }
  const { tape, at, buffers } = computeAllLines(fn, x, backend)
  throw nonFiniteError(fn, tape, at, buffers.map(take))
}

function fails(data: TypedArray, check: ReadOptions['check']): boolean {
  if (check !== undefined) checkOption('data', 'check', check, check === 'finite', "'finite'")
  return check === 'finite' && firstNonFinite(data) >= 0
}

function bufferOf(fn: string, x: Tensor, backend: Backend): { buffer: unknown; temporary: boolean } {
  if (isOpen(x.value)) throw openError(fn)
  if (isResident(x.value)) return { buffer: residentBuffer(fn, x.value, backend), temporary: false }
  return { buffer: evaluateAndKeep(fn, [x], backend)[0], temporary: true }
}

/** The line remembers what was computed for it, so that reading twice computes once. */
function keep(x: Tensor, data: TypedArray): TypedArray {
  if (isResident(x.value)) return data
  remember(x, data)
  return data.slice()
}
