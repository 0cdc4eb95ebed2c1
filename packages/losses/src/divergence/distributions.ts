import { checkValues, dims, sum, type Tensor, where } from '@wengert/core'
import { checkFloats, checkProbabilities } from '../check.ts'

/** In what form two distributions are given. */
export interface DivergenceOptions {
  /** Predictions are logarithms of probabilities, as of logSoftmax. @default false */
  readonly logPredictions?: boolean
  /** Targets are logarithms of probabilities. @default false */
  readonly logTargets?: boolean
}

/** Probabilities and their logarithms. */
export interface Distribution {
  readonly p: Tensor
  readonly logP: Tensor
}

/** Predictions and targets [...B, K], checked in the name of a function. */
export function distributions(
  fn: string,
  predictions: Tensor,
  targets: Tensor,
  { logPredictions = false, logTargets = false }: DivergenceOptions,
): { readonly prediction: Distribution; readonly target: Distribution } {
  dims(fn, { predictions, targets }, '...B K, ...B K')
  checkFloats(fn, { predictions, targets })
  const distribution = (name: string, x: Tensor, logarithms: boolean): Distribution => {
    const given = x.cast(predictions.dtype)
    if (!logarithms) {
      checkProbabilities(fn, { [name]: x })
      return { p: given, logP: given.log() }
    }
    const remedy = 'Logits become log-probabilities with logSoftmax(logits).'
    checkValues(fn, name, x, (p) => p <= 1e-5, 'log-probabilities of at most 0', remedy)
    return { p: given.exp(), logP: given }
  }
  return {
    prediction: distribution('predictions', predictions, logPredictions),
    target: distribution('targets', targets, logTargets),
  }
}

/** Σₖ pₖ (log pₖ − log qₖ), where 0 log 0 = 0 with gradient 0. */
export function relativeEntropy({ p, logP }: Distribution, logQ: Tensor): Tensor {
  return sum(where(p.equal(0), 0, p.mul(logP.sub(logQ))), { axis: -1 })
}
