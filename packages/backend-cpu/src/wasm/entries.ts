import { type MapKernel, type Operand, sizeOf } from '@wengert/core'
import { mergeAxes } from '../strided.ts'
import { copyOf } from './copies.ts'
import type { LinearRun } from './linear.ts'

/** The indices of a gather or scatterAdd as generated code reads them: block after block of the outer axis, one for each entry. */
export interface Entries {
  /** Neighbours along the inner axis that one index serves. */
  readonly width: number
  /** Indices side by side along the inner axis: it has columns · width elements. */
  readonly columns: number
  /** Elements between the first index of a block and that of the next. */
  readonly apart: number
  readonly offset: number
  /** Brings the indices in order where they lie otherwise: null where they do. */
  readonly copy: MapKernel | null
}

export function entriesOf(indices: Operand): Entries {
  const [outer = 0, m = 0, inner = 0] = indices.shape
  const [between = 0, down = 0, across = 0] = indices.strides
  const columns = across === 0 ? 1 : inner
  const width = inner / columns
  const { sizes, strides } = mergeAxes([m, columns], [down, across])
  if (sizes.length === 0 || (sizes.length === 1 && strides[0] === 1))
    return { width, columns, apart: between, offset: indices.offset, copy: null }
  const isShared = between === 0
  const shape = [isShared ? 1 : outer, m, columns]
  const copy = copyOf({ ...indices, shape, strides: [between, down, across] })
  return { width, columns, apart: isShared ? 0 : m * columns, offset: 0, copy }
}

/** Bytes of scratch that indices take where they have to be brought in order. */
export function orderedBytes({ copy }: Entries): number {
  return copy ? 4 * sizeOf(copy.shape) : 0
}

/**
 * What takes a source, indices in order and scratch, for indices that lie as they do: `order` copies them to the front of the
 * scratch, and is null where they are in order.
 */
export function onEntries(entries: Entries, order: LinearRun | null, run: LinearRun): LinearRun {
  const bytes = orderedBytes(entries)
  return ([source = 0, indices = 0, scratch = 0], scalars, out, stored) => {
    order?.([indices], scalars, scratch, stored)
    run([source, order ? scratch : indices + 4 * entries.offset, scratch + bytes], scalars, out, stored)
  }
}
