import { full, leaves, mapTree, max, maximum, sizeOf, sum, type Tensor, where } from '@wengert/core'

/** √(Σ over leaves and elements x²), right also where squares would overflow or vanish; of the leaves' widest dtype. */
export function globalNorm(tree: unknown): Tensor {
  const parts = leaves(tree).filter(({ shape }) => sizeOf(shape) > 0)
  if (parts.length === 0) return full([], 0)
  const top = parts.map((x) => max(x.abs())).reduce((a, b) => maximum(a, b))
  const unit = where(top.greater(0), top, 1)
  const squares = parts.map((x) => sum(x.div(unit).square())).reduce((a, b) => a.add(b))
  return squares.sqrt().mul(unit)
}

/** A tree times a scalar, each leaf in its own dtype. */
export function scaled<P>(tree: P, factor: Tensor): P {
  return mapTree((x) => x.mul(factor.cast(x.dtype)), tree)
}

/** A tree as long as `length` along its direction, 0 where it is 0, and how long it was. */
export function ofLength<P>(tree: P, length: number): { readonly along: P; readonly norm: Tensor } {
  const norm = globalNorm(tree)
  const factor = where(norm.greater(0), full([], length, { dtype: norm.dtype }).div(norm), 0)
  return { along: scaled(tree, factor), norm }
}
