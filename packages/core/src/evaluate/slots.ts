import type { BufferType, Chain } from '../backend.ts'
import type { Kernel, Operand } from '../kernel.ts'
import { outputsOf } from '../kernelShapes.ts'
import { isContiguous } from '../layout.ts'
import { sizeOf } from '../shape.ts'

/** One kernel of a plan to be, or a chain of them, and the nodes that it reads and writes, whole or in part. */
export interface Job {
  readonly outputs: readonly number[]
  readonly kernel: Kernel | Chain
  readonly inputs: readonly number[]
  readonly scalars: readonly number[]
}

/** Buffers for what kernels write on the way. */
export interface Slots {
  readonly slots: readonly BufferType[]
  /** The slot of each node that has one. */
  readonly slotOf: readonly (number | undefined)[]
  /** What each node that is written holds. */
  readonly types: readonly BufferType[]
}

/**
 * Gives what kernels write a slot, which is used again as soon as its last reader has run: that which was read last, since its memory
 * is still in a cache. With `inPlace` some are written over what they are computed from. Nodes that are `kept`, sources and
 * outputs, have buffers of their own.
 */
export function assignSlots(jobs: readonly Job[], kept: (node: number) => boolean, inPlace: boolean): Slots {
  const slots: BufferType[] = []
  const slotOf: (number | undefined)[] = []
  const types: BufferType[] = []
  const left: number[] = []
  for (const { inputs } of jobs) for (const input of inputs) left[input] = (left[input] ?? 0) + 1
  const idle: number[] = []
  const overwritten = new Set<number>()
  for (const { outputs, kernel, inputs } of jobs) {
    const isLastReader = (node: number): boolean => left[node] === inputs.filter((input) => input === node).length
    const written = kernel.kind === 'chain' ? kernel.outputs : outputsOf(kernel)
    written.forEach((type, i) => {
      const node = outputs[i] as number
      const isAlike = (other: BufferType | undefined): boolean =>
        other?.dtype === type.dtype && other.size === type.size
      types[node] = type
      if (kept(node) || slotOf[node] !== undefined) return
      const over = inPlace
        ? overwritable(kernel, inputs, i).find(
            (x) => !kept(x) && !overwritten.has(x) && isLastReader(x) && isAlike(types[x]),
          )
        : undefined
      if (over !== undefined) {
        overwritten.add(over)
        slotOf[node] = slotOf[over]
        return
      }
      const at = idle.findLastIndex((slot) => isAlike(slots[slot]))
      slotOf[node] = at >= 0 ? idle.splice(at, 1)[0] : slots.push(type) - 1
    })
    for (const input of inputs) {
      left[input] = (left[input] as number) - 1
      if (left[input] === 0 && !kept(input) && !overwritten.has(input)) idle.push(slotOf[input] as number)
    }
  }
  return { slots, slotOf, types }
}

/** Nodes over which an output of a body may be written: read whole and in order, and by no step after the one that yields it. */
function overwritable(kernel: Kernel | Chain, nodes: readonly number[], output: number): readonly number[] {
  if (kernel.kind === 'chain') return overwritableBy(kernel, nodes, output)
  if (kernel.kind !== 'map' && (kernel.kind !== 'reduce' || output === 0)) return []
  const { shape, inputs, steps, stored = [] } = kernel
  const by = output === 0 ? steps.length - 1 : (stored[output - 1] as number)
  return nodes.filter((node) =>
    inputs.every(
      (operand, p) =>
        nodes[p] !== node ||
        (isContiguous(operand) &&
          sizeOf(operand.shape) === sizeOf(shape) &&
          steps.every(({ args }, i) => i <= by || !args.includes(p))),
    ),
  )
}

/** The same of a chain: each row is read before its place is written, and no more afterwards. */
function overwritableBy({ steps, inputs, slots }: Chain, nodes: readonly number[], output: number): readonly number[] {
  const target = inputs + slots.length + output
  const by = steps.findIndex(({ outputs }) => outputs.includes(target))
  return nodes.filter((_, input) =>
    steps.every(({ kernel, inputs: read, outputs }, i) => {
      if (!read.includes(input)) return true
      const isWhole = read.every((at, p) => at !== input || isContiguous(kernel.inputs[p] as Operand))
      return isWhole && (i < by || (i === by && overwritable(kernel, read, outputs.indexOf(target)).includes(input)))
    }),
  )
}
