import { type GatherKernel, isFloat, sizeOf } from '@wengert/core'
import { grid, type Stages } from '../stage.ts'
import { positionOf } from '../wgsl/layout.ts'
import { moduleOf, storedAs, threadIndex } from '../wgsl/module.ts'

/** One invocation looks up one element. */
export function gatherStages({ dtype, input, indices, outside }: GatherKernel): Stages {
  const [, n = 0, inner = 0] = input.shape
  const [, m = 0] = indices.shape
  const size = sizeOf(indices.shape)
  const { workgroups, row } = grid(size)
  const missing = `${storedAs(dtype)}(${outside === 'NaN' && isFloat(dtype) ? 'nan()' : '0'})`
  const main = [
    threadIndex(size, row),
    `let k = a1[${positionOf(indices, 'i')}];`,
    `var found = ${missing};`,
    `if (k >= 0 && k < ${n}) { found = a0[(i / ${m * inner}u * ${n}u + u32(k)) * ${inner}u + i % ${inner}u]; }`,
    'out[i] = found;',
  ]
  const code = moduleOf({
    inputs: [
      { name: 'a0', dtype },
      { name: 'a1', dtype: 'i32' },
    ],
    outputs: [{ name: 'out', dtype }],
    main: main.join('\n'),
  })
  return { stages: [{ code, buffers: [0, 1, 2], scalars: false, workgroups }], scratch: [] }
}
