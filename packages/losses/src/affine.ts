import { type DType, type Key, matmul, split, type Tensor, uniform } from '@wengert/core'

/** x Wᵀ + b along the last axis, with W [out, in] and b [out]. */
export function affine(x: Tensor, weight: Tensor, bias: Tensor): Tensor {
  return matmul(x, weight.transpose()).add(bias)
}

/** Weight and bias, uniform on ±1/√in as in PyTorch's Linear. */
export function initAffine(
  key: Key,
  out: number,
  inputs: number,
  dtype: DType,
): readonly [weight: Tensor, bias: Tensor] {
  const [forWeight, forBias] = split(key) as [Key, Key]
  const range = { low: -1 / Math.sqrt(inputs), high: 1 / Math.sqrt(inputs), dtype }
  return [uniform(forWeight, [out, inputs], range), uniform(forBias, [out], range)]
}
