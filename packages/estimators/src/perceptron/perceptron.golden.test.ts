import { any, type Tensor } from '@wengert/core'
import { type Adapter, goldenFolder, goldenSuite } from '@wengert/testing/golden'
import {
  batchPerceptron,
  classicalPerceptron,
  type LogisticDescentOptions,
  lrGd,
  normalizedBatchPerceptron,
  normalizedLrGd,
  type SeparatorPath,
} from '../index.ts'

/** By the names of the file. */
const methods: Readonly<Record<string, (x: Tensor, labels: Tensor, options: LogisticDescentOptions) => SeparatorPath>> =
  {
    lrGd,
    normalizedLrGd,
    batch: batchPerceptron,
    normalizedBatch: normalizedBatchPerceptron,
    classical: classicalPerceptron,
  }

const adapters: Record<string, Adapter> = {
  perceptronMethods: ({ x, y }, options) => {
    const { method, ...given } = options as unknown as LogisticDescentOptions & { readonly method: string }
    const found = (methods[method] as typeof lrGd)(x as Tensor, y as Tensor, given)
    const { trajectory, losses, logBeta, misclassified, iterationsToSolve } = found
    const before = (figures: Tensor): Tensor => figures.slice([0], [given.iterations])
    return {
      outputs: {
        trajectory,
        losses,
        logBeta: before(logBeta),
        misclassified: before(misclassified),
        iterationsToSolve,
        solved: any(misclassified.equal(0)),
      },
    }
  },
}

goldenSuite({
  folder: goldenFolder,
  adapters,
  elsewhere: 'rest',
  tolerance: { value: 1e-10, gradient: 1e-8 },
})
