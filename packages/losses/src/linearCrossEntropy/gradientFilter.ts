import { blockMatmul, matmul, max, maximum, pad, sum, type Tensor, where } from '@wengert/core'
import type { Products } from './vocabularyBlocks.ts'

/** Which blocks of tokens and classes add to which gradients, and in which order classes are cut into blocks. */
export interface GradientFilter {
  /** A score for each class, [V], by which they are ordered; null where they are not. */
  readonly score: ((of: ClassScores) => Tensor) | null
  /** Which blocks count: bool [tokens' blocks, B]. */
  readonly kept: (figures: TokenFigures) => Tensor
  /** Products of the walk back, for one block of classes, without what does not count in it. */
  readonly products: (kept: Tensor, block: number) => Products
}

export interface ClassScores {
  readonly embeddings: Tensor
  readonly weight: Tensor
  readonly bias: Tensor
  /** Gives what a function makes of each block of logits [N, C], one after the other; null where logits are not bent. */
  readonly bent: ((f: (logits: Tensor) => Tensor) => Tensor) | null
}

export interface TokenFigures {
  /** log Σ exp of each token's logits, [N, 1]. */
  readonly total: Tensor
  /** Its label's logit, [N, 1]. */
  readonly own: Tensor
  /** Its greatest logit but for that of its label in each of the B blocks of classes, [N, B]. */
  readonly rivals: Tensor
  /** Whether its label is in the block, bool [N, B]. */
  readonly home: Tensor
}

export interface GradientFilterOptions {
  /** A block counts if some |softmax − one-hot| in it is at least this. */
  readonly eps: number
  /** Tokens of a block. */
  readonly height: number
  /** Whether the gradient by the embeddings is filtered. */
  readonly embeddings: boolean
  /** Whether that by the weight is. */
  readonly weight: boolean
  /** Whether blocks take the classes in the order of their mean logit. */
  readonly ordered: boolean
  /** Which of N tokens count, bool [N], those that do before those that do not; null if all do. */
  readonly valid: Tensor | null
  readonly N: number
}

export function gradientFilter({
  eps,
  height,
  embeddings,
  weight,
  ordered,
  valid,
  N,
}: GradientFilterOptions): GradientFilter {
  const counting = (x: Tensor): Tensor => (valid ? where(valid.expandDims(-1), x, 0) : x)
  const total = (x: Tensor): Tensor => sum(counting(x), { axis: 0 })
  const blocks = Math.ceil(N / height)
  return {
    // Classes in the order of their total logit are in that of their mean.
    score: ordered
      ? ({ embeddings: e, weight: c, bias, bent }) =>
          bent ? bent(total) : matmul(c, total(e)).add(bias.mul(valid ? sum(valid.cast(bias.dtype)) : N))
      : null,
    kept({ total, own, rivals, home }) {
      const missing = where(home, own.sub(total).exp().neg().add(1), 0)
      const largest = counting(maximum(rivals.sub(total).exp(), missing))
      const whole = pad(largest, [
        [0, blocks * height - N],
        [0, 0],
      ])
      return max(whole.reshape([blocks, height, whole.shape[1] as number]), { axis: 1 }).greaterEqual(eps)
    },
    products(kept, block) {
      const flags = kept.slice([0, block], [blocks, block + 1])
      const tokens = flags
        .broadcastTo([blocks, height])
        .reshape([blocks * height, 1])
        .slice([0, 0], [N, 1])
      const mask = (x: Tensor): Tensor => where(tokens, x, 0)
      const skipping = { of: 'columns', size: height } as const
      const counts = flags.reshape([blocks])
      const rows = (a: Tensor, b: Tensor): Tensor => blockMatmul(a, b, counts, { size: height })
      return {
        logits: embeddings && weight ? (e, c) => rows(mask(e), c) : matmul,
        gradients(slope, c, e) {
          const masked = mask(slope)
          return [
            embeddings ? rows(masked, c) : matmul(slope, c),
            weight ? blockMatmul(masked.transpose(), e, counts, skipping) : matmul(slope.transpose(), e),
            sum(embeddings && weight ? masked : slope, { axis: 0 }),
          ]
        },
      }
    },
  }
}
