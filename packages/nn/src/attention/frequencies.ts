import { type DType, type Tensor, tensor } from '@wengert/core'

/** theta^(−2i / features) for i = 0, 1, …, rounded once. Shape [⌈features / 2⌉]. */
export function frequencies(features: number, theta: number, dtype: DType): Tensor {
  return tensor(
    Float64Array.from({ length: Math.ceil(features / 2) }, (_, i) => theta ** ((-2 * i) / features)),
    { dtype },
  )
}
