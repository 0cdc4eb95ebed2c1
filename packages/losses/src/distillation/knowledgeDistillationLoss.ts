import { dims, logSoftmax, stopGradient, type Tensor } from '@wengert/core'
import { checkFloats, checkPositive } from '../check.ts'
import { type SoftTargetOptions, softTargetLoss } from './softTargets.ts'

export interface KnowledgeDistillationOptions extends SoftTargetOptions {
  /** What logits are divided by, greater than 0: the higher, the more the small probabilities count. @default 2 */
  readonly temperature?: number
}

/**
 * Cross-entropy of a student and its teacher, both softened by a temperature. Use it to train a small model on what a large
 * one makes of each example; where labels are known add some of their crossEntropy. Not where the teacher is no better than
 * the labels are.
 *
 *     q = softmax(teacherLogits / T),  p = softmax(studentLogits / T)
 *     L = −T² Σₖ qₖ log pₖ     and for kind 'kl'  T² Σₖ qₖ log(qₖ / pₖ)
 *
 * The factor T² keeps the size of gradients when the temperature is changed.
 *
 * Shapes: studentLogits [...B, K], teacherLogits [...B, K] → [...B].
 * Gradient: T (p − q) with respect to studentLogits, which comes near their difference over K at high temperatures, if the
 * logits have mean 0; none to the teacher.
 * Source: Hinton, Vinyals, Dean, Distilling the Knowledge in a Neural Network, arXiv 1503.02531 (2015).
 *
 * @example const [student, teacher, labels] = [tensor([[2, 1, 0]]), tensor([[3, 1, 0]]), tensor([0], { dtype: 'i32' })]
 * const soft = knowledgeDistillationLoss(student, teacher, { temperature: 4 })
 * mean(soft.mul(0.9).add(crossEntropy(student, labels).mul(0.1))).item() // 15.246
 */
export function knowledgeDistillationLoss(
  studentLogits: Tensor,
  teacherLogits: Tensor,
  { temperature = 2, ...options }: KnowledgeDistillationOptions = {},
): Tensor {
  const fn = 'knowledgeDistillationLoss'
  dims(fn, { studentLogits, teacherLogits }, '...B K, ...B K')
  checkFloats(fn, { studentLogits, teacherLogits })
  checkPositive(fn, 'temperature', temperature)
  const logP = logSoftmax(stopGradient(teacherLogits).cast(studentLogits.dtype).div(temperature))
  const logProbs = logSoftmax(studentLogits.div(temperature))
  return softTargetLoss(fn, logProbs, { p: logP.exp(), logP }, options).mul(temperature ** 2)
}
