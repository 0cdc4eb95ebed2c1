import { type ConcatKernel, sizeOf } from '@wengert/core'
import { grid, type Stage, type Stages } from '../stage.ts'
import { positionOf } from '../wgsl/layout.ts'
import { moduleOf, threadIndex } from '../wgsl/module.ts'

/** One dispatch for each input, so that any number of them needs two bindings only. */
export function concatStages({ dtype, shape, axis, start, inputs }: ConcatKernel): Stages {
  const inner = sizeOf(shape.slice(axis + 1))
  const width = (shape[axis] as number) * inner
  let first = start * inner
  const stages = inputs.flatMap((input, p): Stage[] => {
    const size = sizeOf(input.shape)
    const stretch = (input.shape[axis] as number) * inner
    const at = first
    first += stretch
    if (size === 0) return []
    const { workgroups, row } = grid(size)
    const to = `i / ${stretch}u * ${width}u + i % ${stretch}u + ${at}u`
    const code = moduleOf({
      inputs: [{ name: 'a0', dtype }],
      outputs: [{ name: 'out', dtype }],
      main: `${threadIndex(size, row)}\nout[${to}] = a0[${positionOf(input, 'i')}];`,
    })
    return [{ code, buffers: [p, inputs.length], scalars: false, workgroups }]
  })
  return { stages, scratch: [] }
}
