import { endRecording, placeOf, recordNextLines, showCallSite } from '../callSites.ts'
import { showShape } from '../shape.ts'
import type { Tensor } from '../tensor.ts'

// Neither Node's types nor those of browsers are there; bundlers put a string for the whole expression.
declare const process: { readonly env: { readonly NODE_ENV?: string } }
declare const console: { warn(message: string): void }

let warned = false

/**
 * Warns, once in a program and not in production, that values are computed twice. Where lines were made is recorded only once that
 * happened, so the warning comes when it happens again, as in a loop, and names a line made in between.
 */
export function noticeRepetition(fn: string, lines: readonly Tensor[]): void {
  if (warned || !isDevelopment()) return
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

function isDevelopment(): boolean {
  try {
    return process.env.NODE_ENV !== 'production'
  } catch {
    return true
  }
}
