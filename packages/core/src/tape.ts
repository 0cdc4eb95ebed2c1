import { showShape } from './shape.ts'
import type { Tensor } from './tensor.ts'
import { leaves } from './tree.ts'

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

  constructor(
    lines: readonly Tensor[],
    inputs: readonly (readonly Tensor[])[],
    wiring: readonly (readonly number[])[],
    outputs: readonly number[],
  ) {
    this.lines = lines
    this.inputs = inputs
    this.wiring = wiring
    this.outputs = outputs
  }

  /** One line of text per line of the tape: number, operation, inputs, dtype and shape. */
  toString(): string {
    const rows = this.lines.map((line, i) => {
      const inputs = (this.wiring[i] as readonly number[]).map((p) => ` %${p}`).join('')
      const attrs = line.attrs.length > 0 ? ` (${line.attrs.join(' ')})` : ''
      const value = typeof line.value === 'number' ? ` ${line.value}` : ''
      return `%${i} = ${line.op.name}${value}${inputs}${attrs} : ${line.dtype} ${showShape(line.shape)}`
    })
    return [...rows, `return${this.outputs.map((p) => ` %${p}`).join('')}`].join('\n')
  }
}

let walks = 0
const none: readonly number[] = []
const nothing: readonly Tensor[] = []

/** Lists the lines that a tree of outputs needs, down to the sources. Print it with String(tape(y)). */
export function tape(outputs: unknown): Tape {
  return record(leaves(outputs, 'tape'), { through: 'values' })
}

export interface RecordOptions {
  /** Look through lines whose value is known, as derivatives must, or stop at them, as evaluation may. */
  readonly through: 'values' | 'unknown'
  /** Lines older than this id are left out. @default 0 */
  readonly from?: number
}

/** Collects lines by a loop over an explicit stack and sorts them by id, which is execution order. */
export function record(outputs: readonly Tensor[], { through, from = 0 }: RecordOptions): Tape {
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
    if (!all && line.value !== null) continue
    for (let i = 0; i < line.inputs.length; i++) {
      const input = line.inputs[i] as Tensor
      if (input.mark === walk || input.id < from) continue
      input.mark = walk
      lines.push(input)
    }
  }
  lines.sort(byId)
  for (let i = 0; i < lines.length; i++) (lines[i] as Tensor).position = i
  const at = (line: Tensor): number => (line.mark === walk ? line.position : -1)
  const inputs = new Array<readonly Tensor[]>(lines.length)
  const wiring = new Array<readonly number[]>(lines.length)
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i] as Tensor
    const read = all || line.value === null ? line.inputs : nothing
    inputs[i] = read
    wiring[i] = read.length === 0 ? none : read.map(at)
  }
  return new Tape(lines, inputs, wiring, outputs.map(at))
}

function byId(a: Tensor, b: Tensor): number {
  return a.id - b.id
}
