import { checkCount, checkOption, dims, logSoftmax, stopGradient, sum, type Tensor, xLogY } from '@wengert/core'
import { checkFloats, checkPositive } from '../check.ts'

export interface SoftSemanticAlignmentOptions {
  /** What both scores are divided by, greater than 0. @default 0.02 */
  readonly temperature?: number
  /** Added to probabilities within logarithms, at least 0; the authors' code has 1e-8. @default 0 */
  readonly eps?: number
}

/**
 * Symmetric divergence between what a model and a judge make of a list of candidates. Use it in place of a contrastive
 * loss with one positive, where a judge such as semanticMatchingScore has scored the candidates and several match.
 *
 *     P = softmax(scores / temperature),   Q = softmax(judgeScores / temperature)
 *     L = ½ KL(Q ‖ P) + ½ KL(P ‖ Q) = ½ Σⱼ (Qⱼ − Pⱼ) (log Qⱼ − log Pⱼ)
 *
 * It is 0 just where the scores differ by the same number. At low temperatures many probabilities are below the
 * authors' eps, which then bounds their share of the loss. It is no Jensen–Shannon divergence, as which it is sometimes
 * told.
 *
 * Shapes: scores [...B, K], judgeScores [...B, K] → [...B].
 * Gradient: with a = log P − log Q, ½ (P − Q + P (a − ⟨P, a⟩)) / temperature to the scores, if eps is 0; none to the
 * judge.
 * Source: Gu et al., UniME-V2, arXiv 2510.13515 (2025), and the authors' code.
 *
 * @example softSemanticAlignmentLoss(tensor([2, 1, 0]), tensor([1, 1, 0]), { temperature: 1 }).item() // 0.121461
 */
export function softSemanticAlignmentLoss(
  scores: Tensor,
  judgeScores: Tensor,
  { temperature = 0.02, eps = 0 }: SoftSemanticAlignmentOptions = {},
): Tensor {
  const fn = 'softSemanticAlignmentLoss'
  const { K } = dims(fn, { scores, judgeScores }, '...B K, ...B K')
  checkFloats(fn, { scores, judgeScores })
  checkCount(fn, 'number of candidates', K as number, 1)
  checkPositive(fn, 'temperature', temperature)
  checkOption(fn, 'eps', eps, eps >= 0 && Number.isFinite(eps), 'a finite number of at least 0')
  const logP = logSoftmax(scores.div(temperature))
  const logQ = logSoftmax(stopGradient(judgeScores).div(temperature))
  const [p, q] = [logP.exp(), logQ.exp()]
  if (eps === 0) return sum(q.sub(p).mul(logQ.sub(logP)), { axis: -1 }).div(2)
  const divergence = (a: Tensor, b: Tensor): Tensor => sum(xLogY(a, a).sub(a.mul(b.add(eps).log())), { axis: -1 })
  return divergence(q, p).add(divergence(p, q)).div(2)
}
