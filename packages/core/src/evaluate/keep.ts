import type { Backend } from '../backend.ts'
import type { TypedArray } from '../dtype.ts'
import { Tape } from '../tape.ts'
import type { Tensor } from '../tensor.ts'
import { isTracing } from '../tracing.ts'
import { ownBuffer } from './resident.ts'

const nothing: readonly Tensor[] = []
const nowhere: readonly number[] = []

/** Gives a line its value for good. */
export function remember(line: Tensor, data: TypedArray): void {
  line.value = data
  letGo(line)
}

/**
 * Forgets the inputs of a line that holds its value, so that what led to it can be collected; tapes recorded before have
 * their own lists of inputs. Not so while a function is traced: what walks or plans its lines still needs the way.
 */
function letGo(line: Tensor): void {
  if (!isTracing()) (line as { inputs: readonly Tensor[] }).inputs = nothing
}

/**
 * The lines that have been computed before and that lines computed for the first time read: to compute these a third time
 * would be waste. Without this a loop that carries tensors along outside of a state would compute all steps before again
 * in each step.
 */
export function computedAgain({ lines, wiring }: Tape): readonly number[] {
  let found: Set<number> | null = null
  for (let i = 0; i < lines.length; i++) {
    if ((lines[i] as Tensor).computed) continue
    const inputs = wiring[i] as readonly number[]
    for (let j = 0; j < inputs.length; j++) {
      const at = inputs[j] as number
      const input = lines[at] as Tensor
      if (!input.computed || input.value !== null || isRepetition(lines, wiring, at)) continue
      found ??= new Set()
      found.add(at)
    }
  }
  return found ? [...found] : nowhere
}

/** True for a view of a single number, which costs nothing to make again. */
function isRepetition(lines: readonly Tensor[], wiring: Tape['wiring'], at: number): boolean {
  let line = lines[at] as Tensor
  for (let from = at; line.value === null && line.op.lowering.kind === 'view'; line = lines[from] as Tensor)
    from = wiring[from]?.[0] as number
  return line.op.lowering.kind === 'scalar'
}

/** A tape with more of its lines as outputs. */
export function withOutputs({ lines, inputs, wiring, outputs }: Tape, more: readonly number[]): Tape {
  return new Tape(lines, inputs, wiring, [...outputs, ...more])
}

/** Gives lines that are to be kept their values: on the host where that is done at once, else in these buffers. */
export function keepAll(tape: Tape, positions: readonly number[], buffers: readonly unknown[], backend: Backend): void {
  positions.forEach((at, i) => {
    const line = tape.lines[at] as Tensor
    if (backend.readSync) {
      remember(line, backend.readSync(buffers[i]))
      backend.free(buffers[i])
    } else {
      ownBuffer(line, buffers[i], backend)
      letGo(line)
    }
  })
}
