import type { Kernel, Operand, Reduction, ScalarOp } from './kernel.ts'
import type { Layout } from './layout.ts'
import type { Tensor } from './tensor.ts'

/**
 * How a line becomes work for a backend. Ops answer this themselves; nothing else asks for their name.
 * - source: the line holds its value; scalar: it holds one number, given to kernels at run time
 * - map: one scalar function of its inputs; reduce: its first input reduced over the axes in its attributes
 * - view: another layout of its first input, or null where only a copy will do
 * - kernel: anything else; `build` gets its inputs as operands of any layout (strided) or contiguous ones, all alike or
 *   as listed, or none where all inputs are scalar lines, whose numbers reach the kernel at run time
 */
export type Lowering =
  | { readonly kind: 'source' }
  | { readonly kind: 'scalar' }
  | { readonly kind: 'map'; readonly scalar: ScalarOp }
  | { readonly kind: 'reduce'; readonly op: Reduction }
  | { readonly kind: 'view'; readonly layout: (input: Layout, line: Tensor) => Layout | null }
  | {
      readonly kind: 'kernel'
      readonly inputs: 'strided' | 'contiguous' | 'scalar' | readonly ('strided' | 'contiguous')[]
      readonly build: (line: Tensor, operands: readonly Operand[]) => Kernel
    }

/**
 * Pulls a cotangent back through one line: `g` belongs to the output `y`; the result has one entry per input, null
 * where no gradient flows. Entries that are not needed may be null too. Broadcasting is undone by the caller.
 */
export type Vjp = (
  g: Tensor,
  y: Tensor,
  inputs: readonly Tensor[],
  needs: readonly boolean[],
) => readonly (Tensor | null)[]

/** What a line of the tape does: its name in print, its derivative (null: none flows), its lowering. */
export interface Op {
  readonly name: string
  readonly vjp: Vjp | null
  /** For ops that select: which elements of each input can reach the output, as bool tensors of the output's shape. */
  readonly reach?: (inputs: readonly Tensor[]) => readonly (Tensor | null)[]
  readonly lowering: Lowering
  /** Stands for the lowering in a plan's key: ops of equal code lower alike. */
  readonly code: number
}

let codes = 0

/**
 * Defines an op. Where a module has others beside it, the call is marked as pure, so that bundlers leave out those that a program
 * does not use.
 */
export function defineOp(name: string, lowering: Lowering, vjp: Vjp | null): Op {
  return { name, lowering, vjp, code: codes++ }
}
