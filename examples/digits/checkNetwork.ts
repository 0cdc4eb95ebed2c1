import { key, mapTree, mean, normal } from '@wengert/core'
import { batches } from '@wengert/data'
import { checkGradients, type GradientReport } from '@wengert/gradcheck'
import { type LossName, losses } from './losses.ts'
import { type NetworkParams, network } from './model.ts'
import type { Examples, Prepared } from './prepare.ts'

/** Compares the derivatives that training will use with finite differences, in f64, on a few examples. */
export function checkNetwork(dataset: Prepared, names: readonly LossName[]): GradientReport {
  const model = network(dataset)
  const objectives = (params: NetworkParams, { images, labels }: Examples) => {
    const logits = model.apply(params, images)
    return names.map((name) => mean(losses[name](logits, labels)))
  }
  // The biases start at 0, where an empty image would meet the kink of relu; so the check starts beside them.
  const beside = mapTree((p) => p.add(normal(key(1), p.shape).mul(0.1)), model.init(key(0)))
  const [few = dataset.train] = batches(dataset.train, { size: 4 })
  return checkGradients((p) => objectives(p, few), [beside])
}
