import { dims, matmul, norm, softmax, sum, type Tensor } from '@wengert/core'
import { checkFloats } from '../check.ts'
import { ratio } from '../ratio.ts'

export interface SoftmaxRegressionOptions {
  /** Square the distance; false gives the distance itself. @default true */
  readonly squared?: boolean
  /** Halve the square. @default true */
  readonly half?: boolean
}

/**
 * Distance of a softmax prediction from target probabilities: least squares on the one attention row of a query x with keys A. Use it
 * to study attention and learning in context, or to fit x to a mixture. Not to train a classifier: see softmaxMseLoss and crossEntropy.
 *
 *     f = softmax(A x),  c = f − b
 *     L = ½ ‖c‖²,  ‖c‖² without half,  ‖c‖ if not squared
 *
 * It is not convex in x. Adding a constant to a column of A changes nothing.
 *
 * Shapes: a [...B, N, D], x [...B, D], b [...B, N] → [...B].
 * Gradient: of ½ ‖c‖², with J = diag(f) − f fᵀ: Aᵀ J c to x, (J c) xᵀ to A, −c to b; of ‖c‖ the same over ‖c‖, and 0 at c = 0. It dies
 * where the softmax saturates.
 * Source: Li et al., The Closeness of In-Context Learning and Weight Shifting for Softmax Regression, arXiv 2304.13276 (2024), abstract;
 * the ½ and the statements of the paper are UNVERIFIED, the derivatives our own.
 *
 * @example softmaxRegressionLoss(tensor([[1], [0]]), tensor([0]), tensor([1, 0])).item() // 0.25
 */
export function softmaxRegressionLoss(
  a: Tensor,
  x: Tensor,
  b: Tensor,
  { squared = true, half = true }: SoftmaxRegressionOptions = {},
): Tensor {
  const { error } = predicted('softmaxRegressionLoss', a, x, b)
  if (!squared) return norm(error, { axis: -1 })
  const squares = sum(error.square(), { axis: -1 })
  return half ? squares.mul(0.5) : squares
}

/**
 * Hessian of softmaxRegressionLoss with respect to x, in closed form. Use it for Newton steps: it costs N D² where differentiating
 * twice costs D gradients.
 *
 *     H = Aᵀ (J² + diag(q) − f qᵀ − q fᵀ − s diag(f) + 2 s f fᵀ) A for ½ ‖c‖², with q = f ⊙ c, s = Σ q
 *     H / ‖c‖ − g gᵀ / ‖c‖³ for ‖c‖, with the gradient g of ½ ‖c‖²; 0 at c = 0
 *
 * It need not be positive definite.
 *
 * Shapes: a [...B, N, D], x [...B, D], b [...B, N] → [...B, D, D].
 * Gradient: by the same operations; it is a function like any other.
 * Source: derived from softmaxRegressionLoss, our own.
 *
 * @example softmaxRegressionHessian(tensor([[1], [0]]), tensor([0]), tensor([1, 0])).dataSync() // 0.125
 */
export function softmaxRegressionHessian(
  a: Tensor,
  x: Tensor,
  b: Tensor,
  { squared = true, half = true }: SoftmaxRegressionOptions = {},
): Tensor {
  const { f, error } = predicted('softmaxRegressionHessian', a, x, b)
  const weight = (w: Tensor): Tensor => a.mul(w.expandDims(-1))
  const q = f.mul(error)
  const s = sum(q, { axis: -1, keepDims: true })
  const [byF, byQ] = [f, q].map((v) => sum(weight(v), { axis: -2 })) as [Tensor, Tensor]
  const outer = (u: Tensor, v: Tensor): Tensor => u.expandDims(-1).mul(v.expandDims(-2))
  const slopes = weight(f).sub(outer(f, byF))
  const ofHalf = matmul(transposed(slopes), slopes)
    .add(matmul(transposed(a), weight(q.sub(s.mul(f)))))
    .sub(outer(byF, byQ))
    .sub(outer(byQ, byF))
    .add(outer(byF, byF).mul(s.mul(2).expandDims(-1)))
  if (squared) return half ? ofHalf : ofHalf.mul(2)
  const length = norm(error, { axis: -1 }).expandDims(-1)
  const direction = ratio(byQ.sub(s.mul(byF)), length)
  return ratio(ofHalf.sub(outer(direction, direction)), length.expandDims(-1))
}

/** [...B, D, N] of [...B, N, D]. */
function transposed(a: Tensor): Tensor {
  const last = a.shape.length - 1
  return a.transpose(a.shape.map((_, i) => (i === last ? i - 1 : i === last - 1 ? last : i)))
}

function predicted(fn: string, a: Tensor, x: Tensor, b: Tensor): { readonly f: Tensor; readonly error: Tensor } {
  dims(fn, { a, x, b }, '...B N D, ...B D, ...B N')
  checkFloats(fn, { a, x, b })
  const f = softmax(matmul(a, x.expandDims(-1)).squeeze(-1))
  return { f, error: f.sub(b) }
}
