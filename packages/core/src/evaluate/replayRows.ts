import { backendFor, type Chain } from '../backend.ts'
import type { TypedArray } from '../dtype.ts'
import { ShapeError } from '../errors.ts'
import type { Kernel } from '../kernel.ts'
import { sizeOf } from '../shape.ts'
import { record } from '../tape.ts'
import type { BackendOptions, Tensor } from '../tensor.ts'
import { mostBound, planFor } from './plan.ts'
import { isHostArray, scalarsOf } from './run.ts'

export interface ReplayRowsOptions extends BackendOptions {
  /** How many rows. */
  readonly rows: number
  /** Inputs that are the same for all rows, whose values come behind the others. */
  readonly shared?: readonly Tensor[]
}

/**
 * `replay` for several values of the inputs at once: those of an input stand one after the other in one array, a row for each, and
 * so do those of an output. Every row is what `replay` gives for it alone; the calls that a small plan is made of are made
 * once for all of them.
 *
 * null where that cannot be had: where a kernel is neither a map nor a reduction, where the rows would need much memory, and on
 * backends that bind no plans.
 *
 * @example
 * const x = tensor([1, 2])
 * const norms = replayRows([x], [sum(x.square())], { rows: 2 })
 * norms?.([Float32Array.of(1, 2, 3, 4)]) // [Float32Array [5, 25]]
 */
export function replayRows(
  inputs: readonly Tensor[],
  outputs: readonly Tensor[],
  { rows, shared = [], backend: given }: ReplayRowsOptions,
): ((values: readonly TypedArray[], into?: TypedArray[]) => TypedArray[]) | null {
  const backend = backendFor('replayRows', given)
  const tape = record(outputs, { through: 'unknown' })
  const plan = planFor(backend, tape)
  const lines = plan.sources.map((at) => tape.lines[at] as Tensor)
  const sources = lines.map(({ value }) => value)
  if (!backend.bind || !sources.every(isHostArray)) return null

  const buffers = [...plan.inputs, ...plan.slots, ...plan.outputs]
  const isOne = (buffer: number): boolean => buffer < lines.length && !inputs.includes(lines[buffer] as Tensor)
  const wide = buffers.map(({ dtype, size }, i) => ({ dtype, size: isOne(i) ? size : rows * size }))
  if (wide.reduce((total, { size }) => total + size, 0) > mostBound) return null
  const kernels = plan.steps.map(({ kernel, inputs }) =>
    inRows(
      kernel,
      rows,
      inputs.map((at) => (isOne(at) ? 0 : (buffers[at]?.size as number))),
    ),
  )
  if (kernels.includes(null)) return null
  const first = lines.length + plan.slots.length
  const run = backend.bind({
    inputs: wide.slice(0, lines.length),
    slots: wide.slice(lines.length, first),
    outputs: wide.slice(first),
    steps: plan.steps.map((step, i) => ({ ...step, program: backend.prepare(kernels[i] as Kernel) })),
  })

  const sizes = [...inputs, ...shared].map(({ shape }, i) => (i < inputs.length ? rows : 1) * sizeOf(shape))
  const argument = lines.map((line) => [...inputs, ...shared].indexOf(line))
  const scalars = scalarsOf(plan, tape)
  return (values, into) => {
    for (let i = 0; i < sizes.length; i++)
      if (values[i]?.length !== sizes[i])
        throw new ShapeError(
          `replayRows: value ${i} must have ${sizes[i]} elements, got ${values[i]?.length ?? 'nothing'}.`,
        )
    for (let i = 0; i < sources.length; i++) {
      const at = argument[i] as number
      if (at >= 0) sources[i] = values[at] as TypedArray
    }
    return run(sources, scalars, into)
  }
}

/** A kernel for several rows, given how far apart they lie in each of its inputs: 0 where all read the same. */
function inRows(kernel: Kernel | Chain, rows: number, steps: readonly number[]): Kernel | null {
  if (kernel.kind !== 'map' && kernel.kind !== 'reduce') return null
  const inputs = kernel.inputs.map((input, i) => ({
    ...input,
    shape: [rows, ...input.shape],
    strides: [steps[i] as number, ...input.strides],
  }))
  const wide = { ...kernel, shape: [rows, ...kernel.shape], inputs }
  return wide.kind === 'reduce' ? { ...wide, axes: wide.axes.map((axis) => axis + 1) } : wide
}
