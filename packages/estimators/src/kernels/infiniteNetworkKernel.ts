import {
  checkCount,
  checkDType,
  checkOption,
  clip,
  dims,
  eye,
  matmul,
  norm,
  ones,
  type Tensor,
  vjp,
  where,
} from '@wengert/core'

export interface InfiniteNetworkOptions {
  /**
   * What a layer makes of the cosine of two inputs, with 1 for 1: the dual of its activation, elementwise and differentiable, such as
   * (z) => dualActivation(z, 'opt3d') by nn.
   */
  readonly dual: (cosine: Tensor) => Tensor
  /** Number of hidden layers, at least 1. */
  readonly depth: number
  /** The network whose last layer alone is trained, or one all of whose layers are: its neural tangent kernel. @default 'nngp' */
  readonly kernel?: 'nngp' | 'ntk'
}

/**
 * The kernel of a network of infinitely wide layers: how alike it finds two inputs. Use it with solve for a regression of your own, or
 * infiniteNetworkClassifier, which is one.
 *
 *     Σ = K = cos(a, b);   in each layer K ← dual(Σ) + K dual'(Σ) beside Σ ← dual(Σ), with the Σ before
 *     nngp: Σ,   ntk: K
 *
 * Rows count by their direction alone. Where the slope of the dual at 1 is above 1, round-off of cosines near 1 grows by that slope in each
 * layer, and so does the tangent kernel: take f64 for deep networks. Given one tensor twice, cosines of rows with themselves are 1 exactly.
 *
 * Shapes: a [M, D], b [N, D] → [M, N].
 * Gradient: to both, as far as dual has one.
 * Source: Radhakrishnan, Belkin, Uhler, arXiv 2204.14126 (2023); the recursion is that of the authors' code.
 *
 * @example
 * const dual = (z) => z.pow(3).add(z).div(2)
 * infiniteNetworkKernel(tensor([[1, 0]]), tensor([[3, 4]]), { dual, depth: 2 }).item() // 0.238
 */
export function infiniteNetworkKernel(
  a: Tensor,
  b: Tensor,
  { dual, depth, kernel = 'nngp' }: InfiniteNetworkOptions,
): Tensor {
  const fn = 'infiniteNetworkKernel'
  checkNetwork(fn, { dual, depth, kernel })
  const { M } = dims(fn, { a, b }, 'M D, N D') as { M: number }
  checkDType(fn, 'a', a, 'precise')
  checkDType(fn, 'b', b, 'precise')
  const cosines = clip(matmul(directions(a), directions(b).transpose()), { min: -1, max: 1 })
  let like = a === b ? where(eye(M, { dtype: 'bool' }), 1, cosines) : cosines
  let tangent = like
  for (let layer = 0; layer < depth; layer++) {
    if (kernel === 'ntk') {
      const [next, pullback] = vjp(dual, like)
      tangent = next.add(tangent.mul(pullback(ones(next.shape, { dtype: next.dtype }))[0]))
      like = next
    } else like = dual(like)
    like = clip(like, { min: -1, max: 1 })
  }
  return kernel === 'ntk' ? tangent : like
}

export function checkNetwork(fn: string, { depth, kernel = 'nngp' }: InfiniteNetworkOptions): void {
  checkCount(fn, 'depth', depth, 1)
  checkOption(fn, 'kernel', kernel, kernel === 'nngp' || kernel === 'ntk', "'nngp' or 'ntk'")
}

/** Rows of length 1; a row of zeros stays one. */
function directions(rows: Tensor): Tensor {
  const lengths = norm(rows, { axis: -1, keepDims: true })
  return rows.div(where(lengths.equal(0), 1, lengths))
}
