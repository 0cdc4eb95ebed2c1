import type { Backend } from '../backend.ts'
import type { TypedArray } from '../dtype.ts'
import { Tape } from '../tape.ts'
import type { Tensor } from '../tensor.ts'
import { isTracing } from '../tracing.ts'

const nothing: readonly Tensor[] = []

/**
 * Gives a line its value for good. Its inputs are let go, so that what led to it can be collected; tapes recorded before
 * have their own lists of inputs. Not so while a function is traced: what walks or plans its lines still needs the way.
 */
export function remember(line: Tensor, data: TypedArray): void {
  line.value = data
  if (!isTracing()) (line as { inputs: readonly Tensor[] }).inputs = nothing
}

/**
 * The lines that have been computed before and that lines computed for the first time read: to compute these a third time
 * would be waste. Without this a loop that carries tensors along outside of a state would compute all steps before again
 * in each step.
 */
export function computedAgain({ lines, wiring }: Tape): number[] {
  const found = new Set<number>()
  lines.forEach((line, i) => {
    if (line.computed) return
    for (const at of wiring[i] as readonly number[]) {
      const input = lines[at] as Tensor
      if (input.computed && input.value === null && !isRepetition(lines, wiring, at)) found.add(at)
    }
  })
  return [...found]
}

/** True for a view of a single number, which costs nothing to make again. */
function isRepetition(lines: readonly Tensor[], wiring: Tape['wiring'], at: number): boolean {
  let line = lines[at] as Tensor
  for (let from = at; line.op.lowering.kind === 'view'; line = lines[from] as Tensor) from = wiring[from]?.[0] as number
  return line.op.lowering.kind === 'scalar'
}

/** A tape with more of its lines as outputs. */
export function withOutputs({ lines, inputs, wiring, outputs }: Tape, more: readonly number[]): Tape {
  return new Tape(lines, inputs, wiring, [...outputs, ...more])
}

/** Reads the buffers of lines that are to be kept, and gives them back. */
export function keepAll(tape: Tape, positions: readonly number[], buffers: readonly unknown[], backend: Backend): void {
  positions.forEach((at, i) => {
    const data = backend.readSync?.(buffers[i])
    backend.free(buffers[i])
    if (data) remember(tape.lines[at] as Tensor, data)
  })
}
