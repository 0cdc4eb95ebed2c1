import type { MatmulKernel, Operand } from '../kernel.ts'
import { transposeLayout } from '../layout.ts'
import { type Draft, productOf, readersOf } from './draft.ts'

/**
 * Computes products as Cᵀ = Bᵀ Aᵀ, in place, where all that reads them goes down their columns, as what updates a layer's weights
 * does: memory is then read in order.
 */
export function transposeProducts(drafts: Draft[], outputs: ReadonlySet<number>): void {
  const readers = readersOf(drafts)
  drafts.forEach((draft, at) => {
    const product = productOf(draft)
    if (!product || outputs.has(at)) return
    const { kernel, inputs } = product
    const reads = [...(readers[at] as Set<number>)].flatMap((reader) => {
      const draft = drafts[reader]
      if (draft?.kind !== 'body') return [null]
      const { body } = draft
      return body.nodes.flatMap((node, i) =>
        node === at ? [{ body, i, operand: turned(body.operands[i], kernel) }] : [],
      )
    })
    if (reads.length === 0 || !reads.every((read) => read?.operand)) return
    for (const read of reads) if (read?.operand) read.body.relay(read.i, read.operand)
    const { a, b, m, n } = kernel
    drafts[at] = {
      ...product,
      kernel: { ...kernel, m: n, n: m, a: transposed(b), b: transposed(a) },
      inputs: inputs.toReversed(),
    }
  })
}

/** How a reader that goes down the columns of a product reads it transposed; null for others. */
function turned(operand: Operand | undefined, { m, n }: MatmulKernel): Operand | null {
  if (!operand || m === 1 || n === 1 || operand.offset !== 0) return null
  const { shape, strides } = operand
  const row = strides.findIndex((stride, axis) => stride === n && shape[axis] === m)
  const column = strides.findIndex((stride, axis) => stride === 1 && shape[axis] === n)
  const others = strides.every((stride, axis) => axis === row || axis === column || stride % (m * n) === 0)
  if (row < 0 || column < 0 || row < column || !others) return null
  return { ...operand, strides: strides.with(row, 1).with(column, m) }
}

function transposed(operand: Operand): Operand {
  const rank = operand.shape.length
  const axes = [...operand.shape.keys()]
  return { ...operand, ...transposeLayout(operand, axes.with(rank - 2, rank - 1).with(rank - 1, rank - 2)) }
}
