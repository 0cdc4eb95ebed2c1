import { logSoftmax, mean, softmax, stopGradient, type Tensor } from '@wengert/core'
import { type SoftTargetOptions, softTargetLoss } from './softTargets.ts'
import { checkTeachers } from './teachers.ts'

/**
 * Cross-entropy of a student and the average opinion of several teachers, without labels. Use it to press an ensemble into
 * one network, as MEAL V2 does to raise a network that is trained already. With a single teacher it is
 * knowledgeDistillationLoss at temperature 1.
 *
 *     t = mean over teachers of softmax(teacherLogits)
 *     L = −Σₖ tₖ log softmax(studentLogits)ₖ     and for kind 'kl'  Σₖ tₖ log(tₖ / softmax(studentLogits)ₖ)
 *
 * It averages probabilities, not logits. The authors' code calls the first kind KL divergence.
 *
 * Shapes: studentLogits [...B, K], teacherLogits [T, ...B, K] → [...B].
 * Gradient: softmax(studentLogits) − t with respect to studentLogits; none to the teachers.
 * Source: Shen, Savvides, MEAL V2, arXiv 2009.08453 (2020), form of the authors' code.
 *
 * @example mealDistillLoss(tensor([1, 0]), tensor([[2, 0], [0, 0]])).item() // 0.622863
 */
export function mealDistillLoss(studentLogits: Tensor, teacherLogits: Tensor, options: SoftTargetOptions = {}): Tensor {
  const fn = 'mealDistillLoss'
  checkTeachers(fn, studentLogits, teacherLogits)
  const p = mean(softmax(stopGradient(teacherLogits).cast(studentLogits.dtype)), { axis: 0 })
  return softTargetLoss(fn, logSoftmax(studentLogits), { p, logP: p.log() }, options)
}
