import { checkCount, dims, logAddExp, logSumExp, matmul, softplus, sum, type Tensor, where } from '@wengert/core'
import { checkFloats, checkPositive } from '../check.ts'
import { classLabels, type ReadyLabels } from '../labels.ts'
import { unitRows } from './unitRows.ts'

/** What all margin heads have in common. */
export interface MarginHeadOptions {
  /** What cosines are multiplied by, greater than 0. @default 64 */
  readonly scale?: number
  /** Class label of examples to leave out, any integer, e.g. -1: their value and gradient are 0. @default none */
  readonly ignoreIndex?: number
}

/** Cosines of embeddings and prototypes, made ready for a margin. */
export interface LabelCosines {
  /** [...B, D], 0 where they are ignored. */
  readonly embeddings: Tensor
  /** [...B, K]. */
  readonly cosines: Tensor
  /** That of the label, [...B, 1]. */
  readonly own: Tensor
  /** One-hot rows of the labels, bool [...B, K]. */
  readonly hit: Tensor
  readonly scale: number | Tensor
  /** The loss of each example, NaN where the label is out of range and 0 where it is ignored. */
  readonly mark: ReadyLabels['mark']
}

/** Embeddings [...B, D], labels i32 [...B] and prototypes [K, D], checked in the name of a function. */
export function labelCosines(
  fn: string,
  embeddings: Tensor,
  labels: Tensor,
  prototypes: Tensor,
  { scale = 64, ignoreIndex }: MarginHeadOptions,
  direction: (embeddings: Tensor) => Tensor = unitRows,
): LabelCosines {
  const { K } = dims(fn, { embeddings, labels, prototypes }, '...B D, ...B, K D')
  checkFloats(fn, { embeddings, prototypes })
  checkCount(fn, 'number of prototypes', K as number, 1)
  checkPositive(fn, 'scale', scale)
  const { hit, mark } = classLabels(fn, labels, K as number, ignoreIndex)
  const kept = ignoreIndex === undefined ? null : labels.notEqual(ignoreIndex)
  // What an ignored example holds must not matter, not even NaN.
  const x = kept ? where(kept.expandDims(-1), embeddings, 0) : embeddings
  const cosines = matmul(direction(x), unitRows(prototypes).transpose())
  return {
    embeddings: x,
    cosines,
    own: sum(where(hit, cosines, 0), { axis: -1, keepDims: true }),
    hit,
    scale,
    mark: kept ? (loss) => where(kept, mark(loss), 0) : mark,
  }
}

/** log Σ e^(scale cosⱼ) over the classes j other than the label, [...B]; −∞ if there are none. */
export function otherClasses({ cosines, hit, scale }: LabelCosines): Tensor {
  return logSumExp(where(hit, Number.NEGATIVE_INFINITY, cosines.mul(scale)), { axis: -1 })
}

/**
 * Cross-entropy of scaled cosines, with another number in place of the cosine of the label: target [...B, 1]. Further logits
 * that speak against the label are given by the logarithm of the sum of their exponentials.
 */
export function marginCrossEntropy(ready: LabelCosines, target: Tensor, further?: Tensor): Tensor {
  const others = otherClasses(ready)
  const against = further ? logAddExp(others, further) : others
  // Not a logarithm of probabilities, of which small losses would not keep their digits.
  return softplus(against.sub(target.squeeze(-1).mul(ready.scale)))
}
