import { dims, sigmoid, type Tensor } from '@wengert/core'
import { checkFloats } from '../check.ts'

/**
 * How well a query and a candidate match by a language model that was asked whether they do: its probability of "yes"
 * among "yes" and "no". Use it to judge mined candidates, as labels for softSemanticAlignmentLoss.
 *
 *     score = e^yes / (e^yes + e^no) = σ(yes − no)
 *
 * Shapes: yesLogits [...S], noLogits [...S] → [...S].
 * Gradient: score (1 − score) to yesLogits, and less that to noLogits.
 * Source: Gu et al., UniME-V2, arXiv 2510.13515 (2025), which writes a ratio of e_y and e_n; that these are
 * exponentials is UNVERIFIED.
 *
 * @example semanticMatchingScore(tensor(2), tensor(1)).item() // 0.731059
 */
export function semanticMatchingScore(yesLogits: Tensor, noLogits: Tensor): Tensor {
  const fn = 'semanticMatchingScore'
  dims(fn, { yesLogits, noLogits }, '...S, ...S')
  checkFloats(fn, { yesLogits, noLogits })
  return sigmoid(yesLogits.sub(noLogits))
}
