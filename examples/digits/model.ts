import { key, mapTree, mean, normal, relu } from '@wengert/core'
import { batches } from '@wengert/data'
import { checkGradients, type GradientReport } from '@wengert/gradcheck'
import { dense, type Params, sequential } from '@wengert/nn'
import type { Dataset } from './dataset.ts'
import { type LossName, losses } from './losses.ts'

/** Units of the hidden layer. */
export const hidden = 128

/** The network: pixels in, one logit per class out. */
export function network({ height, width, classes }: Pick<Dataset, 'height' | 'width' | 'classes'>) {
  return sequential(dense({ in: height * width, out: hidden }), relu, dense({ in: hidden, out: classes }))
}

/** Compares the derivatives that training will use with finite differences, in f64, on a few examples. */
export function checkNetwork(dataset: Dataset, names: readonly LossName[]): GradientReport {
  const model = network(dataset)
  const objectives = (params: Params<typeof model>, { images, labels }: Dataset['train']) => {
    const logits = model.apply(params, images)
    return names.map((name) => mean(losses[name](logits, labels)))
  }
  // The biases start at 0, where an empty image would meet the kink of relu; so the check starts beside them.
  const beside = mapTree((p) => p.add(normal(key(1), p.shape).mul(0.1)), model.init(key(0)))
  const [few = dataset.train] = batches(dataset.train, { size: 4 })
  return checkGradients((p) => objectives(p, few), [beside])
}
