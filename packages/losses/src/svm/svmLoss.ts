import { checkOption, dims, mean, relu, sum, type Tensor, where } from '@wengert/core'
import { checkChoice, checkFloats, checkLogits, checkTensors } from '../check.ts'
import { classLabels, signLabels } from '../labels.ts'

export interface SvmOptions {
  /** Square each hinge (L2-SVM), which makes the loss smooth; false gives the L1-SVM. @default true */
  readonly squared?: boolean
}

/**
 * One-versus-rest support-vector loss: a hinge for each class. Use it in place of crossEntropy as the output of a
 * network; with the norm of the output weights it makes the objective of an SVM, see svmObjective.
 *
 *     s = 1 for the label's class, −1 for the others
 *     h = max(0, 1 − s z)
 *     L = Σₖ hₖ²   or   Σₖ hₖ
 *
 * Labels are class indices, or the signs themselves, as for several labels at once. Labels out of range throw where their
 * numbers are data on the host; labels that are computed give NaN there. Predict by argMax(logits).
 *
 * Shapes: logits [...B, K], labels i32 [...B] or signs −1 and 1 [...B, K] → [...B].
 * Gradient: −2 s h, or −s where h > 0, with respect to logits; 0 at the kink.
 * Source: Tang, arXiv 1306.0239 (2013); Agarap, arXiv 1709.03082 and 1712.03541 (2017), form of the author's code.
 *
 * @example svmLoss(tensor([2, -1, 0.5]), tensor(0, { dtype: 'i32' })).item() // 2.25
 */
export function svmLoss(logits: Tensor, labels: Tensor, { squared = true }: SvmOptions = {}): Tensor {
  return hingeSums('svmLoss', logits, labels, squared)
}

export interface SvmObjectiveOptions extends SvmOptions {
  /** Weight of the output layer, of any shape; its bias is not penalised. @default none, so no penalty */
  readonly weight?: Tensor
  /** Factor of the hinges: the larger, the less regularization. @default 1; the GRU-SVM code takes 0.5 */
  readonly C?: number
  /** Sum of all hinges, their mean over examples and classes, or the mean over examples of sums. @default 'sum' */
  readonly hingeReduction?: 'sum' | 'mean' | 'meanSamples'
  /** ½ Σ w², the mean of w², or nothing. @default 'halfSum' */
  readonly regularization?: 'halfSum' | 'mean' | 'none'
}

const reductions = {
  sum: (perExample: Tensor): Tensor => sum(perExample),
  mean: (perExample: Tensor, K: number): Tensor => mean(perExample).div(K),
  meanSamples: (perExample: Tensor): Tensor => mean(perExample),
} as const

const penalties = {
  halfSum: (weight: Tensor): Tensor => sum(weight.square()).mul(0.5),
  mean: (weight: Tensor): Tensor => mean(weight.square()),
  none: (): null => null,
} as const

/**
 * Objective of a support-vector machine: svmLoss over a batch and the penalty of the output weights, which is what widens
 * the margin. Use it where a linear layer is the classifier; for a deep network, svmLoss and weight decay do.
 *
 *     J = R(weight) + C · reduce(hinges)
 *
 * Shapes: logits [...B, K], labels i32 [...B] or signs −1 and 1 [...B, K], weight [...S] → [].
 * Gradient: C times that of svmLoss, reduced, with respect to logits; w or 2 w / N with respect to weight.
 * Source: Agarap, arXiv 1709.03082 and 1712.03541 (2017), form of the author's code: GRU-SVM takes 'sum' and 'halfSum',
 * CNN-SVM takes 'mean' and 'mean'; after Tang, arXiv 1306.0239 (2013).
 *
 * @example svmObjective(tensor([[2, -1]]), tensor([1], { dtype: 'i32' }), { weight: ones([3, 2]), C: 0.5 }).item() // 9.5
 */
export function svmObjective(
  logits: Tensor,
  labels: Tensor,
  { weight, C = 1, squared = true, hingeReduction = 'sum', regularization = 'halfSum' }: SvmObjectiveOptions = {},
): Tensor {
  const fn = 'svmObjective'
  checkOption(fn, 'C', C, C >= 0, 'at least 0')
  checkChoice(fn, 'hingeReduction', hingeReduction, reductions)
  checkChoice(fn, 'regularization', regularization, penalties)
  if (weight) checkFloats(fn, { weight })
  const perExample = hingeSums(fn, logits, labels, squared)
  const hinge = reductions[hingeReduction](perExample, logits.shape.at(-1) as number).mul(C)
  const penalty = weight && penalties[regularization](weight)
  return penalty ? hinge.add(penalty) : hinge
}

function hingeSums(fn: string, logits: Tensor, labels: Tensor, squared: boolean): Tensor {
  checkTensors(fn, { logits, labels })
  const signs = labels.shape.length === logits.shape.length
  const { K } = dims(fn, { logits, labels }, signs ? '...B K, ...B K' : '...B K, ...B')
  checkLogits(fn, logits)
  const { hit, mark } = signs ? signLabels(fn, labels) : classLabels(fn, labels, K as number)
  const h = relu(where(hit, logits.neg(), logits).add(1))
  const hinges = squared ? h.square() : h
  // One bad sign among several spoils the whole example.
  return signs ? sum(mark(hinges), { axis: -1 }) : mark(sum(hinges, { axis: -1 }))
}
