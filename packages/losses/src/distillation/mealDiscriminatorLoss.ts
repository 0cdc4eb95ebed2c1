import { mean, softplus, stopGradient, type Tensor, tensor } from '@wengert/core'
import { discriminatorScores, type MealDiscriminatorParams } from './mealDiscriminator.ts'
import { checkTeachers } from './teachers.ts'

export interface MealDiscriminatorLossOptions {
  /**
   * Reverse the gradient to the student, so that one step trains the discriminator to tell both apart and the student not to
   * be told. The authors' code does not: there the student helps.
   * @default false
   */
  readonly adversarial?: boolean
}

/**
 * Binary cross-entropy of a discriminator that tells a student's logits from the average of its teachers'. Use it beside
 * mealDistillLoss, as MEAL V2 does, with one optimizer for both networks. Not in place of it: alone it hardly guides.
 *
 *     o = scores of studentLogits, with target (1, 0), and of the mean over teachers of teacherLogits, with (0, 1)
 *     L = mean over the four of log(1 + eᵒ) − o · target
 *
 * It averages logits, unlike mealDistillLoss. Scores are at least 0, see mealDiscriminator, so a closed one costs log 2.
 *
 * Shapes: studentLogits [...B, K], teacherLogits [T, ...B, K], params as of mealDiscriminator → [...B].
 * Gradient: (σ(o) − target) / 4 to each score and through the discriminator; to the student with the opposite sign if
 * adversarial. Teachers that are trained along would get one too.
 * Source: Shen, Savvides, MEAL V2, arXiv 2009.08453 (2020), form of the authors' code.
 *
 * @example const params = mealDiscriminator({ classes: 4 }).init(key(0))
 * mealDiscriminatorLoss(ones([5, 4]), zeros([3, 5, 4]), params).shape // shape [5]
 */
export function mealDiscriminatorLoss(
  studentLogits: Tensor,
  teacherLogits: Tensor,
  params: MealDiscriminatorParams,
  { adversarial = false }: MealDiscriminatorLossOptions = {},
): Tensor {
  const fn = 'mealDiscriminatorLoss'
  checkTeachers(fn, studentLogits, teacherLogits)
  const student = adversarial ? reversed(studentLogits) : studentLogits
  const cost = (logits: Tensor, target: readonly number[]): Tensor => {
    const scores = discriminatorScores(fn, params, logits)
    return softplus(scores).sub(scores.mul(tensor(target, { dtype: scores.dtype })))
  }
  const both = cost(student, [1, 0]).add(cost(mean(teacherLogits, { axis: 0 }), [0, 1]))
  return mean(both, { axis: -1 }).mul(0.5)
}

/** x, whose gradient comes back with the opposite sign. */
function reversed(x: Tensor): Tensor {
  return stopGradient(x).mul(2).sub(x)
}
