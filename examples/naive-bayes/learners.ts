import { argMax, mean, type Tensor, tensor } from '@wengert/core'
import {
  gaussianNaiveBayes,
  gaussianNaiveBayesHead,
  type LinearModel,
  linearScores,
  logisticRegression,
} from '@wengert/estimators'
import type { Examples } from '../data/tables.ts'

/** Both make a linear classifier of examples; they differ in how they come to it. */
export const learners = {
  'naive Bayes': async ({ x, labels }: Examples, classes: number): Promise<LinearModel> =>
    gaussianNaiveBayesHead(gaussianNaiveBayes(x, labels, { classes })),
  'logistic regression': async ({ x, labels }: Examples, classes: number): Promise<LinearModel> =>
    (await logisticRegression(x, labels, { classes, gradientTolerance: 0.1, maxIterations: 300 })).params,
} as const

export type Learner = keyof typeof learners
export const names = Object.keys(learners) as Learner[]

/** The share of examples that scores read wrong. */
export function errorOf(scores: Tensor, { labels }: Examples): number {
  return mean(argMax(scores).notEqual(labels)).item()
}

/** The mean error of a learner after the first examples of each of some sets. */
export async function errorAfter(
  name: Learner,
  sets: readonly Examples[],
  count: number,
  test: Examples,
  classes: number,
): Promise<number> {
  let total = 0
  for (const { x, labels } of sets) {
    const first = { x: x.slice([0, 0], [count, x.shape[1] as number]), labels: labels.slice([0], [count]) }
    total += errorOf(linearScores(test.x, await learners[name](first, classes)), test)
  }
  return total / sets.length
}

/** Examples whose values are on the host, so that what is drawn is not drawn again. */
export async function drawn({ x, labels }: Examples): Promise<Examples> {
  const dtype = x.dtype as 'f32' | 'f64'
  return { x: tensor(await x.data(), { shape: x.shape, dtype }), labels }
}
