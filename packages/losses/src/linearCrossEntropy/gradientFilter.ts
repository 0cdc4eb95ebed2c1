import { argSort, max, pad, sum, type Tensor, take, where } from '@wengert/core'

/** Which blocks of tokens and classes add to which gradients. */
export interface GradientFilter {
  /** Whether that by the embeddings is filtered. */
  readonly embeddings: boolean
  /** Whether that by the weight is. */
  readonly weight: boolean
  /** Of logits [N, C], what classes are ordered by before they are cut into blocks, [C]; null where they are not. */
  readonly rank: ((logits: Tensor) => Tensor) | null
  /** Which tokens' blocks count, bool [N, 1], from |softmax − one-hot| [N, C] in a block of classes. */
  readonly kept: (sizes: Tensor) => Tensor
}

export interface GradientFilterOptions {
  /** A block counts if a size in it is at least this. */
  readonly eps: number
  /** Tokens of a block. */
  readonly height: number
  /** Which tokens count, bool [N], so that they alone are cut into blocks; null if all do. */
  readonly valid: Tensor | null
}

/** Sums of logits over the tokens that count: classes in this order are in that of their mean logit. */
export function totalLogits(logits: Tensor, valid: Tensor | null): Tensor {
  return sum(valid ? where(valid.expandDims(-1), logits, 0) : logits, { axis: 0 })
}

/** The tokens whose block has a size of at least eps. */
export function keptTokens(sizes: Tensor, { eps, height, valid }: GradientFilterOptions): Tensor {
  const largest = max(sizes, { axis: -1 })
  const [N = 0] = largest.shape
  const order = valid ? argSort(valid.not().cast('i32')) : null
  const inOrder = valid && order ? take(where(valid, largest, 0), order) : largest
  const blocks = Math.ceil(N / height)
  const whole = pad(inOrder, [[0, blocks * height - N]]).reshape([blocks, height])
  const kept = max(whole, { axis: -1, keepDims: true })
    .greaterEqual(eps)
    .broadcastTo([blocks, height])
    .reshape([blocks * height])
    .slice([0], [N])
  return (order ? take(kept, argSort(order)) : kept).expandDims(-1)
}
