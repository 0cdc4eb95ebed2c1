import type { Operand } from '../kernel.ts'
import { type Draft, productOf, readersOf } from './draft.ts'

/**
 * Lets products read what was copied for them where it lies, in place, so that windows of an image or merged heads need no memory of
 * their own; rows and columns may then be several axes. A copy goes if all that read it are products that can do without.
 */
export function readThroughCopies(drafts: Draft[], outputs: ReadonlySet<number>): void {
  const readers = readersOf(drafts)
  drafts.forEach((copy, at) => {
    if (copy?.kind !== 'body' || copy.reduction || copy.body.steps.length > 0 || outputs.has(at)) return
    const [from] = copy.body.nodes
    const [copied] = copy.body.operands
    if (from === undefined || !copied) return
    const own = [...(readers[at] as Set<number>)]
    const products = own.map((reader) => withoutCopy(drafts[reader], at, from, copied))
    if (products.includes(null)) return
    own.forEach((reader, i) => {
      drafts[reader] = products[i] as Draft
    })
    drafts[at] = null
  })
}

/** A product that reads what was copied; null for all else. */
function withoutCopy(draft: Draft | undefined, copy: number, from: number, copied: Operand): Draft {
  const product = productOf(draft)
  if (!product) return null
  const { kernel, inputs } = product
  const [a, b] = [kernel.a, kernel.b].map((x, i) => (inputs[i] === copy ? through(x, copied) : x))
  return a && b
    ? { ...product, kernel: { ...kernel, a, b }, inputs: inputs.map((node) => (node === copy ? from : node)) }
    : null
}

/** How often an axis steps, and how far. */
type Axis = [size: number, stride: number]

/** Matrices that lie in a copy, as they lie in what was copied; null where no strides can say that. */
function through({ shape, strides, offset }: Operand, copied: Operand) {
  /** The last position that all axes together come to along each axis of the copy. */
  const reach = copied.shape.map(() => 0)
  const parts = shape.map((n, i) => carried(n, strides[i] as number, copied, reach))
  const rows = parts.length - 2
  const fits =
    offset === 0 &&
    parts.every((axes, i) => axes && (i >= rows || axes.length === 1)) &&
    reach.every((last, axis) => last < (copied.shape[axis] as number))
  if (!fits) return null
  const axes = (parts as Axis[][]).flat()
  return {
    ...copied,
    shape: axes.map(([n]) => n),
    strides: axes.map(([, stride]) => stride),
    ...(axes.length > parts.length && { rowAxes: (parts[rows] as Axis[]).length }),
  }
}

/**
 * An axis over a contiguous copy as axes over what was copied, neighbours that one stride covers as one; null where it passes from one
 * axis of the copy to the next within a step.
 */
function carried(size: number, stride: number, { shape, strides }: Operand, reach: number[]): Axis[] | null {
  const found: Axis[] = []
  let left = size
  let far = stride
  let unit = 1
  for (let axis = shape.length - 1; axis >= 0 && left > 1; axis--) {
    const end = unit * (shape[axis] as number)
    if (far < end) {
      const step = far / unit
      const count = Math.min(left, end / far)
      if (!Number.isInteger(step) || !Number.isInteger(count)) return null
      reach[axis] = (reach[axis] as number) + (count - 1) * step
      const along = step * (strides[axis] as number)
      const inner = found[0]
      if (inner && along === inner[0] * inner[1]) inner[0] *= count
      else found.unshift([count, along])
      left /= count
      far *= count
    }
    unit = end
  }
  return found.length > 0 ? found : [[1, 0]]
}
