import { arange, checkCount, checkOption, dims, logSoftmax, stopGradient, sum, type Tensor, where } from '@wengert/core'
import { checkFloats, checkPositive } from '../check.ts'

export interface SoftLabelContrastiveOptions {
  /** What scores are divided by, greater than 0. @default 0.05 */
  readonly temperature?: number
  /** What the teacher's scores are divided by, greater than 0. @default 1 */
  readonly teacherTemperature?: number
  /** Weight of the teacher, from 0 to 1. @default 0.5 */
  readonly lambda?: number
  /** Candidates that take part, bool [...B, K]; the first always does. @default all */
  readonly mask?: Tensor
}

/**
 * InfoNCE of a positive and its hard negatives, mixed with the divergence from what a teacher makes of them. Use it to
 * train an embedding on candidates that a reranker has scored, some of which are nearly as good as the positive.
 *
 *     p = softmax(scores / temperature),   q = softmax(teacherScores / teacherTemperature)
 *     L = (1 − λ) (−log p₀) + λ Σⱼ qⱼ log(qⱼ / pⱼ)
 *
 * The first candidate is the positive. For λ = 0 it is InfoNCE; for λ = 1 it is 0 just where p = q.
 *
 * Shapes: scores [...B, K], teacherScores [...B, K] → [...B].
 * Gradient: (p − (1 − λ) e₀ − λ q) / temperature to the scores; none to the teacher.
 * Source: after LG-ANNA-Embedding, arXiv 2506.07438 (2025), which does not tell how its soft labels enter the loss:
 * that it is this is UNVERIFIED.
 *
 * @example softLabelContrastiveLoss(tensor([2, 1, 0]), tensor([1, 0.5, 0]), { temperature: 1 }).item() // 0.237432
 */
export function softLabelContrastiveLoss(
  scores: Tensor,
  teacherScores: Tensor,
  { temperature = 0.05, teacherTemperature = 1, lambda = 0.5, mask }: SoftLabelContrastiveOptions = {},
): Tensor {
  const fn = 'softLabelContrastiveLoss'
  const { K = 0 } = mask
    ? dims(fn, { scores, teacherScores, mask }, '...B K, ...B K, ...B K')
    : dims(fn, { scores, teacherScores }, '...B K, ...B K')
  checkFloats(fn, { scores, teacherScores })
  checkCount(fn, 'number of candidates', K, 1)
  checkPositive(fn, 'temperature', temperature)
  checkPositive(fn, 'teacherTemperature', teacherTemperature)
  checkOption(fn, 'lambda', lambda, lambda >= 0 && lambda <= 1, 'from 0 to 1')
  const isFirst = arange(K, { dtype: 'i32' }).equal(0)
  const among = (z: Tensor): Tensor => (mask ? where(mask.or(isFirst), z, Number.NEGATIVE_INFINITY) : z)
  const logP = logSoftmax(among(scores.div(temperature)))
  const logQ = logSoftmax(among(stopGradient(teacherScores).div(teacherTemperature)))
  const q = logQ.exp()
  const divergence = sum(where(q.greater(0), q.mul(logQ.sub(logP)), 0), { axis: -1 })
  const hard = sum(where(isFirst, logP, 0), { axis: -1 }).neg()
  return hard.mul(1 - lambda).add(divergence.mul(lambda))
}
