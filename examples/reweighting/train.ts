import { argMax, data, fold, key, mean, relu, state, sum, type Tensor, valueAndGrad, zeros } from '@wengert/core'
import { batches } from '@wengert/data'
import { crossEntropy, type SampleReweightOptions, sampleReweight, sampleReweightSchedule } from '@wengert/losses'
import { dense, type Params, sequential } from '@wengert/nn'
import { adam, applyUpdates } from '@wengert/optim'
import { classes, type Digits } from '../noisy-labels/digits.ts'

export interface Settings {
  readonly strategy: NonNullable<SampleReweightOptions['strategy']>
  /** Temperature of the weights, and the epochs before it, in which all samples weigh the same. */
  readonly r: number
  readonly burnout: number
  readonly epochs: number
  readonly seed: number
}

/** What is measured after each epoch. */
export interface Epoch {
  /** Share of the test digits read right. */
  readonly accuracy: number
  /** How much a wrongly labelled sample weighed in this epoch, as a multiple of the mean weight. */
  readonly wrongWeight: number
}

const size = 64
const model = sequential(dense({ in: 64, out: 128 }), relu, dense({ in: 128, out: classes }))
const optimizer = adam({ lr: 2e-3 })

/** Trains a small network on labels that may be wrong, each batch weighted by its losses, and tests it on labels that are right. */
export async function train(
  { x, labels }: Digits,
  given: Tensor,
  test: Digits,
  { strategy, r, burnout, epochs, seed }: Settings,
): Promise<readonly Epoch[]> {
  const params = model.init(fold(key(seed), 0))
  const training = state({ params, opt: optimizer.init(params), step: zeros([]) })
  const steps = Math.ceil((labels.shape[0] as number) / size)
  const temperature = sampleReweightSchedule({ burnoutSteps: burnout * steps, r })
  const found: Epoch[] = []
  for (let epoch = 1; epoch <= epochs; epoch++) {
    let [onWrong, wrongShare] = [0, 0]
    for (const batch of batches({ x, labels, given }, { size, key: fold(key(seed), epoch) })) {
      const wrong = batch.given.notEqual(batch.labels)
      const [weight, share] = await training.update(({ params, opt, step }) => {
        const reweighted = (p: Params<typeof model>) =>
          sampleReweight(crossEntropy(model.apply(p, batch.x), batch.given), { strategy, r: temperature(step) })
        const [, grads] = valueAndGrad((p: Params<typeof model>) => reweighted(p).loss)(params)
        const [updates, next] = optimizer.update(grads, opt, params)
        const weightOfWrong = sum(reweighted(params).weights.mul(wrong.cast('f32')))
        return [
          { params: applyUpdates(params, updates), opt: next, step: step.add(1) },
          [weightOfWrong, mean(wrong)] as const,
        ]
      })
      onWrong += weight
      wrongShare += share
    }
    const reads = argMax(model.apply(training.value.params, test.x))
    const hits = await data(mean(reads.equal(test.labels)))
    found.push({ accuracy: hits[0] as number, wrongWeight: onWrong / wrongShare })
  }
  return found
}
