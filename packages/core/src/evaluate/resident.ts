import type { Backend } from '../backend.ts'
import { BackendError, StateError } from '../errors.ts'
import type { Open, Tensor, Value } from '../tensor.ts'

/** A value in a buffer of a backend. Its owner is a state, of which it belongs to one version, or the line itself. */
export interface Resident {
  readonly backend: Backend
  /** null once the buffer was donated to a later version. */
  buffer: unknown
  readonly version: number
  readonly owner: { readonly version: number }
}

/** Buffers that go with their owner. */
export interface Belongings {
  readonly backend: Backend
  buffers: readonly unknown[]
}

const unreachable = /* @__PURE__ */ new FinalizationRegistry(({ backend, buffers }: Belongings) => {
  for (const buffer of buffers) backend.free(buffer)
})

/** Frees what `belongings` hold by then, once nobody can reach their owner. */
export function freeWithOwner(owner: object, belongings: Belongings): void {
  unreachable.register(owner, belongings)
}

const itself = { version: 0 }

/** Makes a buffer the value of a line, which owns it from then on: it is freed once nobody can reach the line. */
export function ownBuffer(line: Tensor, buffer: unknown, backend: Backend): void {
  line.value = { backend, buffer, version: 0, owner: itself } satisfies Resident
  freeWithOwner(line, { backend, buffers: [buffer] })
}

export function isResident(value: Value | null): value is Resident {
  return value !== null && typeof value === 'object' && 'owner' in value
}

export function isOpen(value: Value | null): value is Open {
  return value !== null && typeof value === 'object' && 'open' in value
}

export function openError(fn: string): StateError {
  return new StateError(
    `${fn}: x must have a value to be read, got an argument of compile(…) while its function is traced. ` +
      'Branch with where, or read what the compiled function returns.',
  )
}

/** The buffer, if it is still alive and lives on this backend. */
export function residentBuffer(fn: string, resident: Resident, backend: Backend): unknown {
  if (resident.buffer === null)
    throw new StateError(
      `${fn}: this tensor must belong to the present version of its state, got one of version ${resident.version} ` +
        `of a state that is now at version ${resident.owner.version}. Read it inside update(), or take state.value again.`,
    )
  if (resident.backend !== backend)
    throw new BackendError(
      `${fn}: this tensor must be read on the backend that holds it, ${resident.backend.name}, got ${backend.name}. ` +
        'Copy it with tensor(await x.data(), { shape: x.shape }).',
    )
  return resident.buffer
}
