import { key, mean, state, type Tensor, valueAndGrad, zeros } from '@wengert/core'
import {
  type CorrectnessAwareOptions,
  correctnessAwareLoss,
  crossEntropy,
  type TransformConsistencyParams,
  transformConsistencyCalibrator,
} from '@wengert/losses'
import { adam, applyUpdates } from '@wengert/optim'

/** What a classifier makes of examples and of their views. */
export interface Predictions {
  /** f32 [N, K] */
  readonly logits: Tensor
  /** f32 [V, N, K] */
  readonly viewLogits: Tensor
  /** i32 [N] */
  readonly labels: Tensor
}

/** Gives logits that say better how sure one can be. */
export type Calibrator = (predictions: Predictions) => Tensor

/** One temperature for all, by cross-entropy; its logarithm is what is learned. */
export async function temperatureScaling(held: Predictions, steps: number): Promise<Calibrator> {
  const scaled = (logTemperature: Tensor, logits: Tensor): Tensor => logits.div(logTemperature.exp())
  const found = await least(
    (logTemperature: Tensor) => mean(crossEntropy(scaled(logTemperature, held.logits), held.labels)),
    zeros([]),
    steps,
  )
  return ({ logits }) => scaled(found, logits)
}

/** A temperature for each example by how its views agree, learned with the correctness-aware loss. */
export async function transformConsistency(
  held: Predictions,
  steps: number,
  options: CorrectnessAwareOptions = {},
): Promise<Calibrator> {
  // A lower bound on the temperature, since the network is too sure already.
  const { init, apply } = transformConsistencyCalibrator({ views: held.viewLogits.shape[0] as number, tMin: 0.5 })
  const found = await least(
    (params: TransformConsistencyParams) =>
      mean(correctnessAwareLoss(apply(params, held.logits, held.viewLogits), held.labels, options)),
    init(key(0)),
    steps,
  )
  return ({ logits, viewLogits }) => apply(found, logits, viewLogits)
}

/** Parameters after as many steps of Adam on all examples at once. */
async function least<P>(objective: (params: P) => Tensor, start: P, steps: number): Promise<P> {
  const optimizer = adam({ lr: 0.02 })
  const training = state({ params: start, opt: optimizer.init(start) })
  for (let step = 0; step < steps; step++)
    await training.update(({ params, opt }) => {
      const [value, grads] = valueAndGrad(objective)(params)
      const [updates, next] = optimizer.update(grads, opt, params)
      return [{ params: applyUpdates(params, updates), opt: next }, value]
    })
  return training.value.params
}
