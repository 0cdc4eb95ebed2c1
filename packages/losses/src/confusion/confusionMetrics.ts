import { type Tensor, where } from '@wengert/core'
import { ratio } from '../ratio.ts'
import type { ConfusionMatrix } from './softConfusionMatrix.ts'

// A metric whose definition divides by 0 is 0 with gradient 0.

export type ConfusionMetric =
  | 'accuracy'
  | 'fBeta'
  | 'gMean'
  | 'balancedAccuracy'
  | 'mcc'
  | 'precision'
  | 'recall'
  | 'specificity'
  | 'jaccard'

/** Metrics of a confusion matrix by name; beta is that of fBeta. */
export const confusionMetrics: Readonly<Record<ConfusionMetric, (c: ConfusionMatrix, beta: number) => Tensor>> = {
  accuracy: (c) => ratio(c.truePositives.add(c.trueNegatives), total(c)),
  fBeta: (c, beta) => {
    const hits = c.truePositives.mul(1 + beta ** 2)
    return ratio(hits, hits.add(c.falseNegatives.mul(beta ** 2)).add(c.falsePositives))
  },
  gMean: (c) => root(recall(c)).mul(root(specificity(c))),
  balancedAccuracy: (c) => where(positives(c).mul(negatives(c)).equal(0), 0, recall(c).add(specificity(c)).mul(0.5)),
  mcc: (c) => {
    const sides = positives(c).mul(negatives(c))
    const reads = readPositive(c).mul(c.trueNegatives.add(c.falseNegatives))
    const covariance = c.truePositives.mul(c.trueNegatives).sub(c.falsePositives.mul(c.falseNegatives))
    return ratio(covariance, root(sides).mul(root(reads)))
  },
  precision: (c) => ratio(c.truePositives, readPositive(c)),
  recall,
  specificity,
  jaccard: (c) => ratio(c.truePositives, positives(c).add(c.falsePositives)),
}

function recall(c: ConfusionMatrix): Tensor {
  return ratio(c.truePositives, positives(c))
}

function specificity(c: ConfusionMatrix): Tensor {
  return ratio(c.trueNegatives, negatives(c))
}

function positives({ truePositives, falseNegatives }: ConfusionMatrix): Tensor {
  return truePositives.add(falseNegatives)
}

function negatives({ trueNegatives, falsePositives }: ConfusionMatrix): Tensor {
  return trueNegatives.add(falsePositives)
}

function readPositive({ truePositives, falsePositives }: ConfusionMatrix): Tensor {
  return truePositives.add(falsePositives)
}

function total(c: ConfusionMatrix): Tensor {
  return positives(c).add(negatives(c))
}

/** √x, with gradient 0 at 0. */
function root(x: Tensor): Tensor {
  return where(x.equal(0), 0, x.sqrt())
}
