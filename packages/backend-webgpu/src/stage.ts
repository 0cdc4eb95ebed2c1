/** One dispatch as plain data, so that its text can be looked at without a GPU. */
export interface Stage {
  /** A whole WGSL module with entry point `main`. */
  readonly code: string
  /** Buffers bound in order, those that are written last: the kernel's inputs count from 0, then come its outputs, then scratch. */
  readonly buffers: readonly number[]
  /** How many of the buffers are written. @default 1 */
  readonly written?: number
  /** Whether the kernel's scalars are bound after the buffers. */
  readonly scalars: boolean
  readonly workgroups: readonly [x: number, y: number, z: number]
}

/** A kernel as dispatches that run one after the other, and the scratch buffers that they share. */
export interface Stages {
  readonly stages: readonly Stage[]
  /** Sizes of scratch buffers, in elements of four bytes. */
  readonly scratch: readonly number[]
}

/** What decides between ways to do the same. */
export interface DeviceTraits {
  /** An adapter that runs on the CPU: workgroup memory and barriers cost it dearly, and neighbours in memory share a cache line. */
  readonly software: boolean
}

/** WebGPU's limit on workgroups along one axis. */
const maxWorkgroups = 65535

/** Invocations in a workgroup of a kernel that has no use for its neighbours. */
export const workgroupSize = 64

/** So many workgroups, folded where one axis does not hold them. */
export function fold(groups: number): Stage['workgroups'] {
  const y = Math.ceil(groups / maxWorkgroups)
  return [y === 0 ? 0 : Math.ceil(groups / y), y, 1]
}

/** A folded grid of at least so many invocations, and how many of them stand in each row of it. */
export function grid(threads: number): { readonly workgroups: Stage['workgroups']; readonly row: number } {
  const workgroups = fold(Math.ceil(threads / workgroupSize))
  return { workgroups, row: workgroups[0] * workgroupSize }
}
