import { sameShape, sum, type Tape, type Tensor, tensor, zerosLike } from '@wengert/core'
import { concatenate, holdStopped, traced, valuesOf } from './oracle.ts'
import { type Comparison, compareSlopes, type SlopeOptions } from './slopes.ts'

/** One line of a tape as a function of the lines that it reads, with its own derivative. */
export interface LocalLine {
  readonly position: number
  readonly line: Tensor
  /** The distinct lines that it reads and may be differentiated by. */
  readonly inputs: readonly Tensor[]
  /** True where the derivative is not that of the operation but a rule given beside it, as by customVjp. */
  readonly ownRule: boolean
  /** Cotangents of the inputs, 0 where none flows. */
  readonly pull: (g: Tensor) => readonly Tensor[]
}

/** The lines of f64 tapes on which a derivative goes from the outputs back to `starts`, in the order of the tape. */
export function localLines(tape: Tape, starts: readonly Tensor[]): LocalLine[] {
  const { lines, wiring, outputs } = tape
  const first = new Set(starts)
  const active = lines.map((line) => first.has(line))
  lines.forEach(({ op, dtype }, i) => {
    if (op.vjp !== null && dtype === 'f64') active[i] ||= (wiring[i] as readonly number[]).some((at) => active[at])
  })
  const reached = new Set(outputs)
  const found: LocalLine[] = []
  for (let i = lines.length - 1; i >= 0; i--) {
    const line = lines[i] as Tensor
    const { vjp } = line.op
    if (!reached.has(i) || !active[i] || !vjp || first.has(line)) continue
    const from = wiring[i] as readonly number[]
    const inputs = tape.inputs[i] as readonly Tensor[]
    const needs = from.map((at) => active[at] === true)
    const flows = vjp(zerosLike(line), line, inputs, needs)
    from.forEach((at, j) => {
      if (needs[j] && flows[j]) reached.add(at)
    })
    // A line of the same value as its first input, to which nothing flows.
    const ownRule = line.op.lowering.kind === 'view' && !flows[0]
    const moved = [...new Set(inputs.filter((_, j) => needs[j] && !(ownRule && j === 0)))]
    const pull = (g: Tensor): readonly Tensor[] => {
      const gradients = vjp(g, line, inputs, needs)
      return moved.map((input) => {
        const terms = gradients.flatMap((gradient, j) =>
          gradient && needs[j] && inputs[j] === input ? [summedTo(gradient, input)] : [],
        )
        return terms.length > 0 ? terms.reduce((total, term) => total.add(term)) : zerosLike(input)
      })
    }
    if (moved.length > 0) found.push({ position: i, line, inputs: moved, ownRule, pull })
  }
  return found.reverse()
}

/** Undoes broadcasting, as the walk back over a whole tape does. */
function summedTo(g: Tensor, { shape }: Tensor): Tensor {
  if (sameShape(g.shape, shape)) return g
  const lead = g.shape.length - shape.length
  const axes = g.shape.flatMap((n, i) => (i < lead || (shape[i - lead] === 1 && n !== 1) ? [i] : []))
  return sum(g, { axis: axes }).reshape(shape)
}

/**
 * Visits lines in order, each once the lines that it reads hold their values, so that it alone is computed anew where they
 * change. What a line with a rule of its own computes by stays open. Stops at the first result that is not null.
 */
export function visitLines<T>(
  tape: Tape,
  locals: readonly LocalLine[],
  visit: (local: LocalLine) => T | null,
): T | null {
  holdStopped(tape)
  const readBy = ({ position, ownRule }: LocalLine): readonly Tensor[] =>
    (tape.inputs[position] as readonly Tensor[]).slice(ownRule ? 1 : 0)
  const open = [...new Set(locals.flatMap(readBy))].filter(({ value }) => value === null)
  const values = valuesOf(open)
  const known = new Map(open.map((line, i) => [line, values[i] ?? null]))
  for (const local of locals) {
    for (const line of readBy(local)) line.value ??= known.get(line) ?? null
    // A line whose value was read while f was traced cannot be computed anew.
    const result = local.line.value === null ? visit(local) : null
    if (result !== null) return result
  }
  return null
}

/** Compares the derivative of one line with differences of that line alone; the lines it reads must hold their values. */
export function compareLocal(
  { line, inputs, pull }: LocalLine,
  cotangent: Float64Array,
  options: Pick<SlopeOptions, 'tolerance' | 'random' | 'kinks'>,
): Comparison {
  const u = tensor(cotangent, { shape: line.shape })
  const value = traced(inputs, [sum(line.mul(u))])
  const x = concatenate(inputs.map((input) => input.value as Float64Array)).slice()
  return compareSlopes({ value: (at) => value(at)[0] as number, gradient: traced(inputs, pull(u)) }, x, {
    ...options,
    directions: 4,
  })
}
