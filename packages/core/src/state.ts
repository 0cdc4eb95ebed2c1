import { type Backend, backendFor } from './backend.ts'
import { DTypeError, describe, ShapeError, StateError, TreeError } from './errors.ts'
import { type Belongings, freeWithOwner, type Resident } from './evaluate/resident.ts'
import { evaluate, evaluateAndKeep } from './evaluate/run.ts'
import { source } from './ops/source.ts'
import { sameShape, showShape } from './shape.ts'
import type { BackendOptions, Tensor } from './tensor.ts'
import { tracing } from './tracing.ts'
import { leaves, mapTree, showPath, zipTrees } from './tree.ts'

/** A tree with each tensor replaced by its number. */
export type Numbers<T> = T extends Tensor ? number : { -readonly [K in keyof T]: Numbers<T[K]> }

/**
 * A tree of tensors that lives on a backend and moves from version to version: model parameters, optimizer state,
 * running statistics.
 */
export interface State<T> {
  /** Counts updates. */
  readonly version: number
  /** The tensors of the present version. The next update takes their memory over. */
  readonly value: T
  /**
   * Moves to the next version. `fn` gets the present tree and returns [next, beside]: a tree of the same structure,
   * shapes and dtypes, and scalars to read, which arrive as numbers in the same structure. Whatever else `fn`
   * computes is dead, and so are the tensors of the version before. If anything fails, the state stays as it was.
   *
   * @example const loss = await training.update((s) => [step(s), loss])
   */
  update<A>(fn: (value: T) => readonly [T, A]): Promise<Numbers<A>>
}

/** Puts a tree of tensors under a state's ownership; the values are computed and copied to the backend. */
export function state<T>(initial: T, { backend: given }: BackendOptions = {}): State<T> {
  return new DonatingState(initial, backendFor('state', given))
}

class DonatingState<T> implements State<T> {
  readonly #backend: Backend
  /** The present buffers, in an object of its own, which outlives the state. */
  readonly #belongings: Belongings
  #value: T
  #version = 0

  constructor(initial: T, backend: Backend) {
    this.#backend = backend
    const buffers = evaluate('state', leaves(initial, 'state'), backend)
    this.#belongings = { backend, buffers }
    freeWithOwner(this, this.#belongings)
    this.#value = this.#own(initial, buffers)
  }

  get version(): number {
    return this.#version
  }

  get value(): T {
    return this.#value
  }

  #own(tree: T, buffers: readonly unknown[]): T {
    let next = 0
    return mapTree(({ shape, dtype }) => {
      const resident: Resident = {
        backend: this.#backend,
        buffer: buffers[next++],
        version: this.#version,
        owner: this,
      }
      return source(resident, shape, dtype)
    }, tree)
  }

  async update<A>(fn: (value: T) => readonly [T, A]): Promise<Numbers<A>> {
    const backend = this.#backend
    const before = this.#value
    const pair: unknown = tracing(() => fn(before))
    if (!Array.isArray(pair))
      throw new TreeError(
        `update: the function must return [next, beside], got ${describe(pair)}. Return [next, []] if nothing is to be read.`,
      )
    if (this.#value !== before)
      throw new StateError('update: the function must leave its state alone, got one that it has updated itself.')
    const [after, beside] = pair as [T, A]
    const next = matching(before, after)
    const read = leaves(beside, 'update')
    for (const { shape } of read)
      if (shape.length !== 0)
        throw new ShapeError(
          `update: what is returned beside the next state must be scalars, got shape ${showShape(shape)}. ` +
            'Reduce it, or keep it in the state and read state.value.',
        )
    // A leaf handed through unchanged keeps its buffer.
    const old = leaves(before)
    const kept = next.map((leaf) => old.indexOf(leaf))
    const moved = new Set<number>()
    const computed = next.filter((_, i) => {
      const from = kept[i] as number
      if (from < 0 || moved.has(from)) {
        kept[i] = -1
        return true
      }
      moved.add(from)
      return false
    })
    // What is older than this update, such as data made ready for all of them, lives on and is kept; that is no fault.
    const buffers = evaluateAndKeep('update', [...computed, ...read], backend, null)
    const numbers = buffers.splice(computed.length)
    const residents = old.map(({ value }) => value as Resident)
    const handed = kept.map((from) => (from < 0 ? buffers.shift() : residents[from]?.buffer))
    residents.forEach((resident, i) => {
      if (!moved.has(i)) backend.free(resident.buffer)
      resident.buffer = null
    })
    this.#version++
    this.#belongings.buffers = handed
    this.#value = this.#own(before, handed)

    // All reads start before the first is awaited, so that a device is asked once.
    const reads = numbers.map((buffer) => backend.readSync?.(buffer) ?? backend.read(buffer))
    for (const buffer of numbers) backend.free(buffer)
    const results = (await Promise.all(reads)).map((data) => data[0] as number)
    let at = 0
    return mapTree(() => results[at++] as unknown as Tensor, beside) as Numbers<A>
  }
}

/** The leaves of the next version, checked against the present one. */
function matching<T>(before: T, after: T): Tensor[] {
  const next: Tensor[] = []
  zipTrees(
    (a, b, path) => {
      if (!sameShape(a.shape, b.shape))
        throw new ShapeError(
          `update: next state must keep its shapes, got ${showShape(b.shape)} for ${showShape(a.shape)} at ${showPath(path)}.`,
        )
      if (a.dtype !== b.dtype)
        throw new DTypeError(
          `update: next state must keep its dtypes, got ${b.dtype} for ${a.dtype} at ${showPath(path)}. Cast it back.`,
        )
      next.push(b)
      return b
    },
    before,
    after,
    'update',
  )
  return next
}
