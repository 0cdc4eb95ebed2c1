import type { KeptBlocks, MatmulKernel } from '@wengert/core'
import type { Binding } from '../wgsl/module.ts'

/** The flags of blocks as a kernel reads them. */
export const keptFlags: Binding = { name: 'kept', dtype: 'bool' }

/** A function that tells whether any of the rows or columns of a from `first` to `last`, which must exist, is kept. */
export function anyKept({ size }: KeptBlocks): string {
  return `fn anyKept(first: u32, last: u32) -> bool {
  for (var block = first / ${size}u; block <= last / ${size}u; block++) { if (kept[block] != 0u) { return true; } }
  return false;
}`
}

/** How the loop over k goes past what is not kept. The conditions are the same for all of a tile, and so for a workgroup. */
export interface Skipping {
  /** What comes before the loop. */
  readonly before: readonly string[]
  /** Added to the condition of the loop. */
  readonly condition: string
  /** What comes first in the loop. */
  readonly first: readonly string[]
}

/** For tiles of so many rows of a, and steps of so many of its columns. */
export function skipping({ kept, m, k }: MatmulKernel, rows: number, columns: number): Skipping {
  if (!kept) return { before: [], condition: '', first: [] }
  if (kept.of === 'rows')
    return {
      before: [`let wanted = anyKept(m0, min(m0 + ${rows - 1}u, ${m - 1}u));`],
      condition: ' && wanted',
      first: [],
    }
  return {
    before: [],
    condition: '',
    first: [`  if (!anyKept(p, min(p + ${columns - 1}u, ${k - 1}u))) { continue; }`],
  }
}
