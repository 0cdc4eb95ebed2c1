import { type ArgSortKernel, sizeOf } from '@wengert/core'
import type { Stages } from '../stage.ts'
import { keyOf, sortStages } from './sort.ts'

export function argSortStages({ input, descending }: ArgSortKernel): Stages {
  const n = input.shape.at(-1) ?? 1
  const size = sizeOf(input.shape)
  const rows = { rows: size / n, n, dtype: input.dtype, position: `r * ${n}u + j`, key: keyOf(input.dtype, descending) }
  const stages = sortStages(rows, { source: 0, into: 1, beside: 2 })
  return { stages, scratch: stages.length > 1 ? [size] : [] }
}
