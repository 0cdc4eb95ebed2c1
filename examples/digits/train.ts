import { argMax, data, fold, key, mean, state } from '@wengert/core'
import { batches } from '@wengert/data'
import { cosineDecay } from '@wengert/optim'
import { average } from './format.ts'
import { type LossName, losses } from './losses.ts'
import { network } from './model.ts'
import type { Prepared } from './prepare.ts'
import { optimizerAt, step } from './step.ts'

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
  dataset: Prepared,
  { loss: name, seed, epochs: count, batch: size }: Settings,
  onEpoch: (epoch: Epoch) => void,
): Promise<Run> {
  const start = performance.now()
  const { train, test } = dataset
  const loss = losses[name]
  const model = network(dataset)
  const steps = count * Math.ceil((train.labels.shape[0] as number) / size)
  const optimizer = optimizerAt(cosineDecay({ initial: learningRate, steps }))
  const params = model.init(fold(key(seed), 0))
  const training = state({ params, opt: optimizer.init(params) })

  const epochs: Epoch[] = []
  let predictions: ArrayLike<number> = []
  while (epochs.length < count) {
    const order = fold(key(seed), epochs.length + 1)
    const batchLosses: number[] = []
    for (const batch of batches(train, { size, key: order }))
      batchLosses.push(await training.update((trained) => step(trained, batch, { model, optimizer, loss })))
    const logits = model.apply(training.value.params, test.images)
    const read = argMax(logits)
    const tested = await data({ read, loss: mean(loss(logits, test.labels)), hits: mean(read.equal(test.labels)) })
    predictions = tested.read
    const epoch = {
      trainLoss: average(batchLosses),
      testLoss: tested.loss[0] as number,
      accuracy: tested.hits[0] as number,
    }
    epochs.push(epoch)
    onEpoch(epoch)
  }
  return { loss: name, seed, epochs, predictions, seconds: (performance.now() - start) / 1000 }
}
