import type { CpuBackend } from '@wengert/backend-cpu'
import { loops } from '@wengert/backend-cpu/loops'
import { replay, replayRows, sizeOf, type Tape, type Tensor, type TypedArray, tape } from '@wengert/core'
import type { Several } from './slopes.ts'

let backend: CpuBackend | null = null

/** One CPU backend for all checks, so that a function checked again finds its plans. */
export function oracle(): CpuBackend {
  backend ??= loops()
  return backend
}

/** Lines as a function of the numbers of `inputs`, one after the other. */
export function traced(inputs: readonly Tensor[], outputs: readonly Tensor[]): (x: Float64Array) => Float64Array {
  const run = replay(inputs, outputs, { backend: oracle() })
  const args = argumentsFor(inputs, [])
  return (x) => concatenate(run(args(x)))
}

/** Cuts numbers into those of each input, in front of what else there is. The list is the same one each time. */
function argumentsFor(inputs: readonly Tensor[], others: readonly TypedArray[]): (x: Float64Array) => TypedArray[] {
  const args: TypedArray[] = [...inputs.map(() => new Float64Array(0)), ...others]
  let cut: Float64Array | null = null
  return (x) => {
    // The parts of the array that was cut last show what it holds by now.
    if (x === cut) return args
    cut = x
    let at = 0
    inputs.forEach(({ shape }, i) => {
      args[i] = x.subarray(at, at + sizeOf(shape))
      at += sizeOf(shape)
    })
    return args
  }
}

/** Lines as functions of the inputs, in which what stands behind stopGradient is held as it is at some point. */
export interface Held {
  readonly value: (x: Float64Array) => number
  /** The array is written again by the next call. */
  readonly gradient: (x: Float64Array) => Float64Array
  /** Holds it as it is at x from now on. */
  readonly hold: (x: Float64Array) => void
  /** The value at so many points at once, for many calls; null where it must be computed point by point. */
  readonly severalOf: (rows: number) => Several | null
}

/** A scalar and its gradient, with what stands behind stopGradient held as it is at the inputs. */
export function tracedAt(inputs: readonly Tensor[], line: Tensor, gradient: readonly Tensor[]): Held {
  const stopped = stoppedOf(tape(line))
  const options = { backend: oracle() }
  const holding = stopped.length > 0 ? replay(inputs, stopped, options) : null
  let constants: readonly TypedArray[] = holdNow(stopped)
  const args = argumentsFor(inputs, constants)
  // Lines with values are inputs like any other.
  const all = [...inputs, ...stopped]
  const [runValue, runGradient] = [replay(all, [line], options), replay(all, gradient, options)]
  // What is read at once, or held until it is computed anew, needs no arrays of its own for each run.
  let values: TypedArray[] | undefined
  let gradients: TypedArray[] | undefined
  let held: TypedArray[] | undefined
  return {
    value: (x) => {
      values = runValue(args(x), values)
      return values[0]?.[0] as number
    },
    gradient: (x) => {
      gradients = runGradient(args(x), gradients)
      return concatenate(gradients)
    },
    hold: (x) => {
      if (!holding) return
      const list = args(x)
      held = holding(list, held)
      constants = held
      for (let i = 0; i < held.length; i++) list[inputs.length + i] = held[i] as TypedArray
    },
    severalOf: (rows) => {
      const run = replayRows(inputs, [line], { rows, shared: stopped, ...options })
      if (!run) return null
      const points = new Float64Array(rows * inputs.reduce((size, { shape }) => size + sizeOf(shape), 0))
      const columns = inputs.length > 1 ? columnsOf(inputs, points, rows) : () => [points]
      let results: TypedArray[] | undefined
      return {
        points,
        values: () => {
          results = run([...columns(), ...constants], results)
          return results[0] as Float64Array
        },
      }
    },
  }
}

/** Cuts rows of numbers into columns, the rows of each input. */
function columnsOf(inputs: readonly Tensor[], points: Float64Array, rows: number): () => readonly TypedArray[] {
  const columns = inputs.map(({ shape }) => new Float64Array(rows * sizeOf(shape)))
  return () => {
    let from = 0
    for (let row = 0; row < rows; row++)
      for (const column of columns) {
        const size = column.length / rows
        for (let i = row * size; i < (row + 1) * size; i++) column[i] = points[from++] as number
      }
    return columns
  }
}

/** Values of lines, all computed in one run: where they are read one by one, lines in between come to be kept as well. */
export function valuesOf(lines: readonly Tensor[]): TypedArray[] {
  return replay([], lines, { backend: oracle() })([])
}

/** Computes what stands behind stopGradient now, so that replays take it as given. */
export function holdStopped(tape: Tape): void {
  holdNow(stoppedOf(tape))
}

function stoppedOf({ lines }: Tape): Tensor[] {
  return lines.filter(({ op, value }) => op.name === 'stopGradient' && value === null)
}

function holdNow(lines: readonly Tensor[]): TypedArray[] {
  if (lines.length === 0) return []
  const values = valuesOf(lines)
  lines.forEach((line, i) => {
    line.value = values[i] ?? null
  })
  return values
}

export function concatenate(parts: readonly TypedArray[]): Float64Array {
  if (parts.length === 1 && parts[0] instanceof Float64Array) return parts[0]
  const all = new Float64Array(parts.reduce((size, part) => size + part.length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}
