import { checkCount, checkOption, type DType, full, type Shape, ShapeError, type Tensor, zeros } from '@wengert/core'

/** Parameters of a normalization, named as in PyTorch: a factor and a summand of each feature, or none. */
export type AffineParams<Affine extends boolean = true, Bias extends boolean = true> = Affine extends true
  ? Bias extends true
    ? { readonly weight: Tensor; readonly bias: Tensor }
    : { readonly weight: Tensor }
  : readonly []

/** What parameters there are may be found in them. */
export interface Found {
  readonly weight?: Tensor
  readonly bias?: Tensor
}

/** Factors 1 and summands 0, as far as there are any. */
export function identity<Affine extends boolean, Bias extends boolean>(
  shape: Shape,
  dtype: DType,
  affine: Affine,
  bias: Bias,
): AffineParams<Affine, Bias> {
  const weight = full(shape, 1, { dtype })
  const params = affine ? (bias ? { weight, bias: zeros(shape, { dtype }) } : { weight }) : []
  return params as unknown as AffineParams<Affine, Bias>
}

/** Sizes of the last axes, of which one may be given as a number. */
export function featureShape(fn: string, features: number | Shape): Shape {
  const shape = typeof features === 'number' ? [features] : features
  if (shape.length === 0)
    throw new ShapeError(
      `${fn}: features must be a size or a list of sizes, got []. A number normalizes the last axis.`,
    )
  for (const n of shape) checkCount(fn, 'features', n, 1)
  return shape
}

/** Checks the number that is added to what is divided by. */
export function checkEps(fn: string, eps: number): void {
  checkOption(fn, 'eps', eps, eps >= 0 && eps < Number.POSITIVE_INFINITY, 'at least 0 and finite')
}
