import { full, type Key, normal, split, type Tensor, tensor } from '@wengert/core'
import type { GaussianNaiveBayesModel } from '@wengert/estimators'
import type { Examples } from '../data/tables.ts'

/**
 * Gaussian classes whose features are independent: in each coordinate the means are −1, 1, 2, 4, …, and the variance is the number of
 * coordinates in the first half of them and 1 in the second.
 */
export interface Gaussians {
  /** As the best classifier there is. */
  readonly truth: GaussianNaiveBayesModel
  /** Examples of all classes in turn. */
  readonly draw: (key: Key, count: number) => Examples
}

export function gaussians(dimensions: number, classes: number): Gaussians {
  const means = tensor(Array.from({ length: classes }, (_, k) => (k === 0 ? -1 : 2 ** (k - 1)))).expandDims(1)
  const variance = tensor(
    Array.from({ length: dimensions }, (_, d) => (d < Math.floor(dimensions / 2) ? dimensions : 1)),
  )
  const counts = full([classes], 1)
  const labelsOf = (count: number): Tensor =>
    tensor(
      Array.from({ length: count }, (_, i) => i % classes),
      { dtype: 'i32' },
    )
  return {
    truth: { counts, means: means.broadcastTo([classes, dimensions]), spreads: variance, variance },
    draw(key, count) {
      const [noise = key] = split(key)
      const rounds = Math.ceil(count / classes)
      const x = normal(noise, [rounds, classes, dimensions]).mul(variance.sqrt()).add(means)
      return {
        x: x.reshape([rounds * classes, dimensions]).slice([0, 0], [count, dimensions]),
        labels: labelsOf(count),
      }
    },
  }
}
