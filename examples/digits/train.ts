import { argMax, fold, key, mean, state, valueAndGrad } from '@wengert/core'
import { batches } from '@wengert/data'
import type { Params } from '@wengert/nn'
import { adam, applyUpdates, chain, clipByGlobalNorm, cosineDecay } from '@wengert/optim'
import type { Dataset } from './dataset.ts'
import { average } from './format.ts'
import { type LossName, losses } from './losses.ts'
import { network } from './model.ts'

/** Where the learning rate starts; it falls to 0 along a cosine. */
export const learningRate = 3e-3

export interface Settings {
  readonly loss: LossName
  readonly seed: number
  readonly epochs: number
  /** Examples in a step. */
  readonly batch: number
}

/** Where training stands after an epoch. */
export interface Epoch {
  /** Mean over the batches of the epoch, while the parameters change. */
  readonly trainLoss: number
  readonly testLoss: number
  /** Share of the test examples that are read right. */
  readonly accuracy: number
}

/** How one training went. */
export interface Run {
  readonly loss: LossName
  readonly seed: number
  readonly epochs: readonly Epoch[]
  /** The class read from each test example at the end. */
  readonly predictions: ArrayLike<number>
  readonly seconds: number
}

/** Trains the network from scratch and tests it after each epoch. The same settings give the same numbers. */
export async function train(
  dataset: Dataset,
  { loss: name, seed, epochs: count, batch }: Settings,
  onEpoch: (epoch: Epoch) => void,
): Promise<Run> {
  const start = performance.now()
  const { train, test } = dataset
  const lossOf = losses[name]
  const model = network(dataset)
  const steps = count * Math.ceil((train.labels.shape[0] as number) / batch)
  const optimizer = chain(clipByGlobalNorm(1), adam({ lr: cosineDecay({ initial: learningRate, steps }) }))
  const params = model.init(fold(key(seed), 0))
  const training = state({ params, opt: optimizer.init(params) })

  const epochs: Epoch[] = []
  let predictions: ArrayLike<number> = []
  while (epochs.length < count) {
    const order = fold(key(seed), epochs.length + 1)
    const batchLosses: number[] = []
    for (const { images, labels } of batches(train, { size: batch, key: order })) {
      const loss = await training.update(({ params, opt }) => {
        const objective = (p: Params<typeof model>) => mean(lossOf(model.apply(p, images), labels))
        const [loss, grads] = valueAndGrad(objective)(params)
        const [updates, next] = optimizer.update(grads, opt, params)
        return [{ params: applyUpdates(params, updates), opt: next }, loss]
      })
      batchLosses.push(loss)
    }
    const logits = model.apply(training.value.params, test.images)
    const read = argMax(logits)
    predictions = await read.data()
    const epoch = {
      trainLoss: average(batchLosses),
      testLoss: mean(lossOf(logits, test.labels)).item(),
      accuracy: mean(read.equal(test.labels)).item(),
    }
    epochs.push(epoch)
    onEpoch(epoch)
  }
  return { loss: name, seed, epochs, predictions, seconds: (performance.now() - start) / 1000 }
}
