import type { Kernel } from '../kernel.ts'
import { outputShape } from '../kernelShapes.ts'
import { contiguous } from '../layout.ts'
import { BodyBuilder } from './bodyBuilder.ts'
import { type Draft, type ProductDraft, productOf } from './draft.ts'
import type { Node } from './schedule.ts'

/** What a product reads as its own result: no node. */
const own = -1

/** Makes products ready to take a map of what they yield, in place. */
export function openProducts(drafts: Draft[]): void {
  drafts.forEach((draft, at) => {
    const product = productOf(draft)
    if (!product) return
    const { kernel, inputs } = product
    const body = new BodyBuilder(outputShape(kernel), kernel.dtype)
    body.input(own, contiguous(body.shape), kernel.dtype)
    drafts[at] = { kind: 'product', kernel, inputs, body }
  })
}

/** The kernel of a product with the map that it has taken. */
export function finishedProduct({ kernel, inputs, body }: ProductDraft): Node {
  const {
    body: epilogue,
    inputs: [, ...others],
    ...nodes
  } = body.finish('apart')
  const fused: Kernel = epilogue.steps.length > 0 ? { ...kernel, epilogue } : kernel
  return { kind: 'kernel', kernel: fused, inputs: [...inputs, ...others], ...nodes }
}
