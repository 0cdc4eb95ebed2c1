import { checkOption, ShapeError, sameShape, showShape, softmax, type Tensor } from '@wengert/core'
import { checkFloats, checkPositive, checkTensors } from '../check.ts'
import { entmaxSolution } from './entmaxSolution.ts'

export interface EntmaxOptions {
  /**
   * How sparse the result is, greater than 0: 1 gives softmax, 2 sparsemax. A number, or a tensor with one for each row.
   * @default 1.5
   */
  readonly alpha?: number | Tensor
  /** @default -1 */
  readonly axis?: number
}

/**
 * α-entmax: a softmax that gives exact zeros for α > 1, the sooner the greater α is. Use it in place of softmax where attention
 * or a choice should leave things out altogether.
 *
 *     p = argmax over the simplex of p · x + H(p),   H(p) = (1 − Σ pᵢ^α) / (α (α − 1)),   Shannon's entropy for α = 1
 *     pᵢ = (1 + (α − 1) (xᵢ − ν))₊^(1 / (α − 1)),    with the ν for which Σ p = 1
 *
 * α = 2 and 3/2 are solved exactly by sorting, others below 2 by a few of Newton's steps, and those above, or given as a tensor, by
 * bisection. Elements with x below the greatest by 1/(α − 1) or more are
 * 0; for α < 1 none is. A row of −∞ alone gives zeros.
 *
 * Shapes: x [...S], alpha a number or S without the axis → [...S].
 * Gradient: sᵢ (gᵢ − Σ s g / Σ s) with sᵢ = pᵢ^(2 − α) where pᵢ > 0, else 0, by the implicit function theorem, and so for any
 * order; it jumps where an element leaves the support, for α > 2 through infinity. To alpha given as a tensor it flows
 * as well; next to 1 it loses digits there.
 * Source: Peters, Niculae, Martins, arXiv 1905.05702 (2019), eq. 9 and 10; Martins, Astudillo, arXiv 1602.02068 (2016); by alpha:
 * Correia, Niculae, Martins, arXiv 1909.00015 (2019). Equation numbers UNVERIFIED.
 *
 * @example entmax(tensor([1, 0.5, -2]), { alpha: 2 }).dataSync() // 0.75, 0.25, 0.00
 */
export function entmax(x: Tensor, { alpha = 1.5, axis = -1 }: EntmaxOptions = {}): Tensor {
  const fn = 'entmax'
  checkTensors(fn, typeof alpha === 'number' ? { x } : { x, alpha })
  checkFloats(fn, { x })
  const rank = x.shape.length
  checkOption(
    fn,
    'axis',
    axis,
    Number.isInteger(axis) && axis >= -rank && axis < rank && (x.shape.at(axis) as number) > 0,
    `that of at least one element among the axes of ${showShape(x.shape)}`,
  )
  const at = axis < 0 ? axis + rank : axis
  if (typeof alpha === 'number') {
    checkPositive(fn, 'alpha', alpha)
    if (alpha === 1) return softmax(x, { axis: at })
  } else {
    checkFloats(fn, { alpha })
    const rows = x.shape.toSpliced(at, 1)
    if (!sameShape(alpha.shape, rows))
      throw new ShapeError(
        `${fn}: alpha must be a number or have shape ${showShape(rows)}, one for each row of x ${showShape(x.shape)} along ` +
          `axis ${axis}, got ${showShape(alpha.shape)}.`,
      )
  }
  return entmaxSolution(x, alpha, at).probs
}
