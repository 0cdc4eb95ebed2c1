import { type PadKernel, sizeOf } from '@wengert/core'
import { grid, type Stages } from '../stage.ts'
import { moduleOf, storedAs, threadIndex } from '../wgsl/module.ts'

/** Each invocation writes one element: the one of the input that belongs there, or zero. */
export function padStages({ dtype, shape, input, low, interior }: PadKernel): Stages {
  const size = sizeOf(shape)
  const { workgroups, row } = grid(size)
  const lines = [threadIndex(size, row), 'var inside = true;', 'var source = 0u;', 'var rest = i;']
  // The last axis runs fastest, so coordinates come off source the end.
  let stride = 1
  const axes = [...shape.keys()].toReversed()
  for (const axis of axes) {
    const [n, count] = [shape[axis] as number, input.shape[axis] as number]
    const step = (interior[axis] as number) + 1
    lines.push(
      `let c${axis} = rest % ${n}u - ${low[axis]}u;`,
      `rest /= ${n}u;`,
      // A coordinate before the first wraps around to a large one.
      `inside = inside && c${axis} < ${count * step}u && c${axis} % ${step}u == 0u;`,
      `source += c${axis} / ${step}u * ${stride}u;`,
    )
    stride *= count
  }
  const zero = `${storedAs(dtype)}(0)`
  lines.push(`if (inside) { out[i] = a0[source]; } else { out[i] = ${zero}; }`)
  const code = moduleOf({ inputs: [{ name: 'a0', dtype }], outputs: [{ name: 'out', dtype }], main: lines.join('\n') })
  return { stages: [{ code, buffers: [0, 1], scalars: false, workgroups }], scratch: [] }
}
