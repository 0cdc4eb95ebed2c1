import { showShape } from './shape.ts'
import type { Tensor } from './tensor.ts'
import { leaves } from './tree.ts'

/**
 * A Wengert list: the lines that some outputs need, in execution order. Inputs are given by position, so that the
 * list stays whole whatever becomes of the tensors.
 */
export class Tape {
  readonly lines: readonly Tensor[]
  /** For each line the positions of its inputs; −1 for a line outside the tape. */
  readonly wiring: readonly (readonly number[])[]
  /** Positions of the outputs; −1 for one outside the tape. */
  readonly outputs: readonly number[]

  constructor(lines: readonly Tensor[], wiring: readonly (readonly number[])[], outputs: readonly number[]) {
    this.lines = lines
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

/** Lists the lines that a tree of outputs needs, down to the sources. Print it with String(tape(y)). */
export function tape(outputs: unknown): Tape {
  return record(leaves(outputs, 'tape'), (line) => line.inputs)
}

/**
 * Collects lines by a loop over an explicit stack and sorts them by id, which is execution order.
 * `inputsOf` says where to go on from a line; an empty list ends the walk there.
 */
export function record(outputs: readonly Tensor[], inputsOf: (line: Tensor) => readonly Tensor[], from = 0): Tape {
  const walk = ++walks
  const lines: Tensor[] = []
  const stack: Tensor[] = []
  const visit = (line: Tensor): void => {
    if (line.mark === walk || line.id < from) return
    line.mark = walk
    lines.push(line)
    stack.push(line)
  }
  for (const output of outputs) visit(output)
  for (let line = stack.pop(); line; line = stack.pop()) {
    const inputs = inputsOf(line)
    for (let i = 0; i < inputs.length; i++) visit(inputs[i] as Tensor)
  }
  lines.sort((a, b) => a.id - b.id)
  for (let i = 0; i < lines.length; i++) (lines[i] as Tensor).position = i
  const at = (line: Tensor): number => (line.mark === walk ? line.position : -1)
  const wiring = lines.map((line) => {
    const inputs = inputsOf(line)
    if (inputs.length === 0) return none
    if (inputs.length === 1) return [at(inputs[0] as Tensor)]
    return inputs.map(at)
  })
  return new Tape(lines, wiring, outputs.map(at))
}
