import type { Tensor } from './tensor.ts'

/** A stack, which is written out only when somebody asks: that is the greater part of the cost. */
interface Trace {
  readonly stack?: string
}

/** Where a line was made. */
interface CallSite {
  readonly trace: Trace
  /** The operation whose derivative the line belongs to, if it belongs to one. */
  readonly derivativeOf: string | null
}

/** What V8 adds to Error, where it is there. */
interface StackMaker {
  stackTraceLimit?: number
  readonly captureStackTrace?: (target: object) => void
}

/** Frames that a user's function may be deep in ours. */
const frames = 40

/** Remembers where a line is being made; null while nobody wants to know. */
export let recordCallSite: ((line: Tensor) => void) | null = null

/** `made at loop.ts:3:5`, as far as it is known; else nothing. */
export let showCallSite: (line: Tensor) => string = () => ''

let always = false
/** Lines that may still be recorded where nobody asked for it: in all a fraction of a second. */
let left = 5000
const sites = new WeakMap<Tensor, CallSite>()
/** The forward line whose derivative is being made, if any. */
let differentiated: Tensor | null = null

/**
 * From now on each line remembers where in your code it was made, so that `check: 'finite'` can say it. A line of a derivative
 * counts as made where the operation was called whose derivative it is. Making a line takes about twenty times as long,
 * so call it at the start of a program that you look for a fault in, and only there.
 *
 * @example recordCallSites()
 */
export function recordCallSites(record = true): void {
  always = record
  if (record) begin()
  else endRecording()
}

/** Records the lines made next, as long as that is cheap. */
export function recordNextLines(): void {
  if (left > 0) begin()
}

/** Ends what `recordNextLines` began. */
export function endRecording(): void {
  if (!always) recordCallSite = null
}

// Only here is said how to record and to show, so that bundles in which nobody begins have none of it.
function begin(): void {
  recordCallSite = remember
  showCallSite = show
}

function remember(line: Tensor): void {
  if (!always && left-- <= 0) endRecording()
  else if (differentiated) {
    const { trace, derivativeOf } = sites.get(differentiated) ?? { trace: {}, derivativeOf: null }
    sites.set(line, { trace, derivativeOf: derivativeOf ?? differentiated.op.name })
  } else sites.set(line, { trace: trace(), derivativeOf: null })
}

function trace(): Trace {
  const maker = Error as StackMaker
  if (!maker.captureStackTrace) return new Error() as Trace
  const before = maker.stackTraceLimit
  maker.stackTraceLimit = frames
  const made: Trace = {}
  maker.captureStackTrace(made)
  if (before !== undefined) maker.stackTraceLimit = before
  return made
}

/** Runs `make`, which appends lines of the derivative of `line`; null for lines that stand for themselves. */
export function derivativeLines<T>(line: Tensor | null, make: () => T): T {
  if (!recordCallSite) return make()
  const outer = differentiated
  differentiated = line
  try {
    return make()
  } finally {
    differentiated = outer
  }
}

/** Where in the user's code a line was made, as `path:line:column`; null where that was not recorded, or the stack does not tell. */
export function placeOf(line: Tensor): string | null {
  return userFrame(sites.get(line)?.trace.stack ?? '', home())
}

function show(line: Tensor): string {
  const [place, of] = [placeOf(line), sites.get(line)?.derivativeOf]
  return [of ? `in the derivative of ${of}` : '', place ? `made at ${place}` : '']
    .filter((part) => part !== '')
    .join(', ')
}

/** The folder that holds the packages of Wengert, as sources or as published. */
function home(): string {
  return folderOf((import.meta as { readonly url?: string }).url ?? '', 3)
}

/** The innermost frame outside of `home`, of packages and of the runtime, as `path:line:column`; null if there is none. */
export function userFrame(stack: string, home: string): string | null {
  for (const frame of stack.split('\n')) {
    // V8 writes `at name (place)` or `at place`; Firefox and Safari write `name@place`.
    const [, place, position] = /^(?:\s*at (?:.*\()?(?:async )?|[^@]*@)(.*?)(:\d+:\d+)\)?$/.exec(frame) ?? []
    if (place === undefined || /^(<|node:|\[)|\/node_modules\//.test(place)) continue
    const path = pathOf(place)
    if (!path.startsWith(home)) return path + position
  }
  return null
}

/** The folder `levels` above a module. */
export function folderOf(url: string, levels: number): string {
  return `${pathOf(url).split('/').slice(0, -levels).join('/')}/`
}

/** Modules have URLs, frames have URLs or paths; paths of Windows have a drive and other slashes. */
function pathOf(url: string): string {
  return url
    .replaceAll('\\', '/')
    .replace(/^file:\/\/(\/(?=[A-Za-z]:))?/, '')
    .replace(/\?.*/, '')
}
