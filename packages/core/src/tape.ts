import { defineAlias } from './ops/view.ts'
import { showShape } from './shape.ts'
import { line, type Tensor } from './tensor.ts'
import { tracing } from './tracing.ts'
import { leaves, mapTree, showPath } from './tree.ts'

const noNames: ReadonlyMap<number, string> = new Map()

/**
 * A Wengert list: the lines that some outputs need, in execution order. It has inputs of its own, since a line lets go of
 * its inputs once its value is known.
 */
export class Tape {
  readonly lines: readonly Tensor[]
  /** For each line the tensors it reads. */
  readonly inputs: readonly (readonly Tensor[])[]
  /** For each line the positions of its inputs; −1 for a line outside the tape. */
  readonly wiring: readonly (readonly number[])[]
  /** Positions of the outputs; −1 for one outside the tape. */
  readonly outputs: readonly number[]
  /** What the lines are called that are arguments of a function, by position: the argument's number and the path in it. */
  readonly names: ReadonlyMap<number, string>

  constructor(
    lines: readonly Tensor[],
    inputs: readonly (readonly Tensor[])[],
    wiring: readonly (readonly number[])[],
    outputs: readonly number[],
    names: ReadonlyMap<number, string> = noNames,
  ) {
    this.lines = lines
    this.inputs = inputs
    this.wiring = wiring
    this.outputs = outputs
    this.names = names
  }

  /** One line of text per line of the tape: number, operation, inputs, dtype and shape. */
  toString(): string {
    const rows = this.lines.map((line, i) => {
      const inputs = (this.wiring[i] as readonly number[]).map((p) => ` %${p}`).join('')
      const attrs = line.attrs.length > 0 ? ` (${line.attrs.join(' ')})` : ''
      const name = this.names.get(i) ?? (typeof line.value === 'number' ? String(line.value) : '')
      return `%${i} = ${line.op.name}${name && ` ${name}`}${inputs}${attrs} : ${line.dtype} ${showShape(line.shape)}`
    })
    return [...rows, `return${this.outputs.map((p) => ` %${p}`).join('')}`].join('\n')
  }
}

let walks = 0
const none: readonly number[] = []
const nothing: readonly Tensor[] = []

/**
 * The Wengert list of a function at some arguments, which are trees of tensors: `String(tape(f)(...args))` prints one line per
 * operation, with shape and dtype. The same function prints the same at arguments of the same shapes, as long as what it does
 * not depend on their values. Arguments are called `input`, with their number and the path in them; what f closes over is part
 * of the list. Nothing is computed.
 *
 * @example String(tape((x: Tensor) => sum(x.square()))(tensor([1, 2])))
 */
export function tape<A extends readonly unknown[]>(f: (...args: A) => unknown): (...args: A) => Tape
/** The lines that a tree of outputs needs, down to the sources. Print it with String(tape(y)). */
export function tape(outputs: unknown): Tape
export function tape(x: unknown): Tape | ((...args: readonly unknown[]) => Tape) {
  if (typeof x !== 'function') return record(leaves(x, 'tape'), { through: 'values' })
  return (...args) => tapeOf(x as (...args: readonly unknown[]) => unknown, args)
}

function tapeOf(f: (...args: readonly unknown[]) => unknown, args: readonly unknown[]): Tape {
  const inputOp = defineAlias('input', (g) => [g])
  const names = new Map<Tensor, string>()
  const inputs = mapTree(
    (x, [argument, ...path]) => {
      const input = line(inputOp, [x], x.shape, x.dtype)
      names.set(input, `${argument}${showPath(path).slice('tree'.length)}`)
      return input
    },
    args,
    'tape',
  )
  const outputs = leaves(
    tracing(() => f(...inputs)),
    'tape',
  )
  const list = record([...names.keys(), ...outputs], { through: 'values', given: names })
  return new Tape(
    list.lines,
    list.inputs,
    list.wiring,
    list.outputs.slice(names.size),
    new Map([...names].map(([{ position }, name]) => [position, name])),
  )
}

export interface RecordOptions {
  /** Look through lines whose value is known, as derivatives must, or stop at them, as evaluation may. */
  readonly through: 'values' | 'unknown'
  /** Lines older than this id are left out. @default 0 */
  readonly from?: number
  /** Lines whose inputs are left out. @default none */
  readonly given?: { readonly has: (line: Tensor) => boolean }
}

/** Collects lines by a loop over an explicit stack and sorts them by id, which is execution order. */
export function record(outputs: readonly Tensor[], { through, from = 0, given }: RecordOptions): Tape {
  const walk = ++walks
  const all = through === 'values'
  const lines: Tensor[] = []
  for (const output of outputs) {
    if (output.mark === walk || output.id < from) continue
    output.mark = walk
    lines.push(output)
  }
  // The list of lines found is its own work list.
  for (let next = 0; next < lines.length; next++) {
    const line = lines[next] as Tensor
    if ((!all && line.value !== null) || given?.has(line)) continue
    for (let i = 0; i < line.inputs.length; i++) {
      const input = line.inputs[i] as Tensor
      if (input.mark === walk || input.id < from) continue
      input.mark = walk
      lines.push(input)
    }
  }
  sortById(lines)
  for (let i = 0; i < lines.length; i++) (lines[i] as Tensor).position = i
  const at = (line: Tensor): number => (line.mark === walk ? line.position : -1)
  const inputs = new Array<readonly Tensor[]>(lines.length)
  const wiring = new Array<readonly number[]>(lines.length)
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i] as Tensor
    const read = (all || line.value === null) && !given?.has(line) ? line.inputs : nothing
    inputs[i] = read
    wiring[i] = read.length === 0 ? none : read.map(at)
  }
  return new Tape(lines, inputs, wiring, outputs.map(at))
}

/** Lines by their id, less the least; empty between walks. */
const places: (Tensor | undefined)[] = []
const mostPlaces = 4096

/** Lines traced together have ids close together, so that each can be put straight into its place. */
function sortById(lines: Tensor[]): void {
  let first = Number.POSITIVE_INFINITY
  let last = -1
  for (let i = 0; i < lines.length; i++) {
    const { id } = lines[i] as Tensor
    first = Math.min(first, id)
    last = Math.max(last, id)
  }
  const range = last - first + 1
  if (range > Math.min(8 * lines.length, mostPlaces)) {
    lines.sort((a, b) => a.id - b.id)
    return
  }
  for (let i = 0; i < lines.length; i++) places[(lines[i] as Tensor).id - first] = lines[i]
  for (let k = 0, i = 0; k < range; k++) {
    const line = places[k]
    if (line === undefined) continue
    lines[i++] = line
    places[k] = undefined
  }
}
