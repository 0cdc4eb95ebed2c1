import { endRecording, placeOf, recordNextLines, showCallSite } from '../callSites.ts'
import { showShape } from '../shape.ts'
import type { Tensor } from '../tensor.ts'

// Neither Node's types nor those of browsers are there; bundlers put a string for the whole expression.
declare const process: { readonly env: { readonly NODE_ENV?: string } }
declare const console: { warn(message: string): void }

let warned = false

/** Warns, once in a program, that values are computed twice. Bundles for production have nothing of it. */
export function noticeRepetition(fn: string, lines: readonly Tensor[]): void {
  try {
    if (process.env.NODE_ENV !== 'production') notice(fn, lines)
  } catch {
    // A browser without a bundler, where there is no process.
    notice(fn, lines)
  }
}

/**
 * Where lines were made is recorded only once values were computed twice, so the warning comes when it happens again, as in a loop,
 * and names a line made in between.
 */
function notice(fn: string, lines: readonly Tensor[]): void {
  if (warned) return
  const line = lines.find((line) => placeOf(line) !== null)
  if (!line) {
    recordNextLines()
    return
  }
  warned = true
  endRecording()
  console.warn(
    `${fn}: values must be computed once, got ${line.op.name} ${line.dtype} ${showShape(line.shape)}, ${showCallSite(line)}, ` +
      'computed twice; it is kept now. Carry tensors from step to step in a state, compile the step, or read ' +
      'what belongs together at once with data([…]).',
  )
}
