import { type CpuBackend, cpu } from '@wengert/backend-cpu'
import { replay, sizeOf, type Tape, type Tensor, type TypedArray } from '@wengert/core'

let backend: CpuBackend | null = null

/** One CPU backend for all checks, so that a function checked again finds its plans. */
export function oracle(): CpuBackend {
  backend ??= cpu()
  return backend
}

/** Lines as a function of the numbers of `inputs`, one after the other. */
export function traced(inputs: readonly Tensor[], outputs: readonly Tensor[]): (x: Float64Array) => Float64Array {
  const run = replay(inputs, outputs, { backend: oracle() })
  const starts: number[] = []
  let size = 0
  for (const input of inputs) {
    starts.push(size)
    size += sizeOf(input.shape)
  }
  const parts = (x: Float64Array): Float64Array[] => starts.map((start, i) => x.subarray(start, starts[i + 1] ?? size))
  return (x) => concatenate(run(starts.length === 1 ? [x] : parts(x)))
}

/** Values of lines, all computed in one run: where they are read one by one, lines in between come to be kept as well. */
export function valuesOf(lines: readonly Tensor[]): TypedArray[] {
  return replay([], lines, { backend: oracle() })([])
}

/** Computes what stands behind stopGradient now, so that replays take it as given. Returns whether there is any. */
export function holdStopped({ lines }: Tape): boolean {
  const stopped = lines.filter(({ op, value }) => op.name === 'stopGradient' && value === null)
  if (stopped.length === 0) return false
  const values = valuesOf(stopped)
  stopped.forEach((line, i) => {
    line.value = values[i] ?? null
  })
  return true
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
