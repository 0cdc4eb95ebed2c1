import { checkOption, data, type MinimizeOptions, type Minimum, minimize, sum, type Tensor, zeros } from '@wengert/core'
import { classHits } from '../labels.ts'
import { type LinearModel, linearScores } from './linearScores.ts'

export interface LinearFitOptions extends MinimizeOptions {
  /** Number of classes K. */
  readonly classes: number
  /** Weight of the examples against the pull of the weights to 0, above 0. @default 1 */
  readonly C?: number
}

/**
 * The weights and biases that minimize a loss of all examples and half the squared norm of the weights. The loss is one of scores and
 * of class indices as rows of 0 and 1, for each example.
 */
export async function linearFit(
  fn: string,
  x: Tensor,
  labels: Tensor,
  { classes, C = 1, ...options }: LinearFitOptions,
  loss: (scores: Tensor, hits: Tensor) => Tensor,
): Promise<Minimum<LinearModel>> {
  const hits = classHits(fn, x, labels, classes)
  checkOption(fn, 'C', C, C > 0 && Number.isFinite(C), 'a finite number greater than 0')
  // Read once, so that they are not computed again in each evaluation.
  await data([x, hits], options)
  const objective = (model: LinearModel): Tensor =>
    sum(loss(linearScores(x, model), hits))
      .mul(C)
      .add(sum(model.weight.square()).mul(0.5))
  const { dtype } = x
  const start = { weight: zeros([classes, x.shape[1] as number], { dtype }), bias: zeros([classes], { dtype }) }
  return minimize<LinearModel>(objective, start, options)
}
