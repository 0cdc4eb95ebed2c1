import type { Backend } from '../backend.ts'
import { recordCallSite, showCallSite } from '../callSites.ts'
import { isFloat, type TypedArray } from '../dtype.ts'
import { ValueError } from '../errors.ts'
import { showPlace } from '../shape.ts'
import { record, type Tape } from '../tape.ts'
import type { Tensor } from '../tensor.ts'
import { withOutputs } from './keep.ts'
import { makePlan } from './plan.ts'
import { runPlan, sourceBuffer } from './run.ts'

/** Position of the first element that is infinite or NaN; −1 if all are finite. */
export function firstNonFinite(data: ArrayLike<number>): number {
  for (let i = 0; i < data.length; i++) if (!Number.isFinite(data[i])) return i
  return -1
}

/** All float lines that x is computed from, and their buffers, which belong to the caller. */
export function computeAllLines(
  fn: string,
  x: Tensor,
  backend: Backend,
): { tape: Tape; at: number[]; buffers: unknown[] } {
  const tape = record([x], { through: 'unknown' })
  const at = tape.lines.flatMap(({ dtype, value }, i) => (isFloat(dtype) && typeof value !== 'number' ? [i] : []))
  const all = withOutputs(tape, at)
  const buffers = runPlan(makePlan(backend, all), all, backend, (line) => sourceBuffer(fn, line, backend))
  backend.free(buffers.shift())
  return { tape, at, buffers }
}

/** Names the first line with an element that is not finite. */
export function nonFiniteError(
  fn: string,
  tape: Tape,
  at: readonly number[],
  values: readonly TypedArray[],
): ValueError {
  const found = values.findIndex((data) => firstNonFinite(data) >= 0)
  const position = at[found] as number
  const data = values[found] as TypedArray
  const element = firstNonFinite(data)
  const line = tape.lines[position] as Tensor
  const row = String(tape).split('\n')[position]
  const site = showCallSite(line)
  const inputs = (tape.wiring[position] as readonly number[])
    .map((input) => describe(input, at, values))
    .filter((text) => text !== '')
  return new ValueError(
    `${fn}: every line must be finite, got ${data[element]}${showPlace(line.shape, element)} of ${row}` +
      `${site ? ` (${site})` : ''}, the first that is not. ` +
      (inputs.length > 0 ? `Its inputs: ${inputs.join('; ')}.` : origin(line)) +
      (recordCallSite ? '' : ' To see where in your code it was made, call recordCallSites() at the start.'),
  )
}

function origin({ op }: Tensor): string {
  return op.lowering.kind === 'source' ? 'It is data that was given.' : 'It was computed in an earlier run.'
}

function describe(input: number, at: readonly number[], values: readonly TypedArray[]): string {
  const data = values[at.indexOf(input)]
  if (!data || data.length === 0) return ''
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const v of data) [least, most] = [Math.min(least, v), Math.max(most, v)]
  return `%${input} from ${least} to ${most}`
}
