import type { MatmulKernel, Reduction } from '../kernel.ts'
import type { BodyBuilder } from './bodyBuilder.ts'
import type { Node } from './schedule.ts'

/** A node on its way: the kernel of a body is made at the end, when all has been fused. null is one that nobody needs any more. */
export type Draft =
  | Node
  | { readonly kind: 'body'; readonly body: BodyBuilder; readonly reduction: ReductionOf | null }
  | ProductDraft
  | null

type KernelNode = Extract<Node, { readonly kind: 'kernel' }>

export interface ReductionOf {
  readonly op: Reduction
  readonly axes: readonly number[]
}

/** A product, and the body of a map of it, which at first yields the product itself. */
export interface ProductDraft {
  readonly kind: 'product'
  readonly kernel: MatmulKernel
  /** Nodes of the matrices. */
  readonly inputs: readonly number[]
  /** Its first input, which is no node, is the product. */
  readonly body: BodyBuilder
}

/** The draft of a product as the tape has it, unless it is one by kept blocks, which stays as it is; null for all others. */
export function productOf(draft: Draft | undefined): (KernelNode & { readonly kernel: MatmulKernel }) | null {
  if (draft?.kind !== 'kernel') return null
  const { kernel } = draft
  return kernel.kind === 'matmul' && !kernel.kept ? { ...draft, kernel } : null
}

/** Nodes that a draft reads. */
export function inputsOf(draft: Draft | undefined): readonly number[] {
  if (draft?.kind === 'kernel') return draft.inputs
  if (draft?.kind === 'body') return draft.body.nodes
  return draft?.kind === 'product' ? [...draft.inputs, ...draft.body.nodes.slice(1)] : []
}

/** For each node the drafts that read it, by the nodes they write. */
export function readersOf(drafts: readonly Draft[]): Set<number>[] {
  const readers = drafts.map(() => new Set<number>())
  drafts.forEach((draft, at) => {
    for (const input of inputsOf(draft)) readers[input]?.add(at)
  })
  return readers
}
