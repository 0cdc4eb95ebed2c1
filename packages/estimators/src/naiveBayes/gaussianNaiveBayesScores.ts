import { checkDType, dims, sum, type Tensor } from '@wengert/core'
import type { LinearModel } from '../linear/linearScores.ts'
import type { GaussianNaiveBayesModel } from './gaussianNaiveBayes.ts'

/**
 * What a fitted naive Bayes classifier gives each class: its argMax is the class that it predicts, its logSoftmax the logarithm of the
 * probabilities of classes.
 *
 *     scoreₖ = log πₖ − ½ Σ_d (x_d − mean_kd)² / variance_d                              if classes share variances
 *     scoreₖ = log πₖ − ½ Σ_d [(x_d − mean_kd)² / variance_kd + log 2π variance_kd]      else
 *
 * The first leaves out what is the same for all classes. A class without examples gets −∞.
 *
 * Shapes: x [...B, D], model of K classes → [...B, K].
 * Gradient: −(x − mean) / variance to x; smooth to the model.
 * Source: as of gaussianNaiveBayes.
 *
 * @example
 * const model = gaussianNaiveBayes(tensor([[-1], [1], [3], [5]]), tensor([0, 0, 1, 1], { dtype: 'i32' }), { classes: 2 })
 * logSoftmax(gaussianNaiveBayesScores(tensor([1]), model)).exp().dataSync() // 0.982, 0.018
 */
export function gaussianNaiveBayesScores(x: Tensor, { counts, means, variance }: GaussianNaiveBayesModel): Tensor {
  const fn = 'gaussianNaiveBayesScores'
  const own = variance.shape.length === 2
  dims(fn, { x, counts, means, variance }, `...B D, K, K D, ${own ? 'K D' : 'D'}`)
  checkFloats(fn, { x, counts, means, variance })
  const distances = x.expandDims(-2).sub(means).square().div(variance)
  const terms = own ? distances.add(variance.mul(2 * Math.PI).log()) : distances
  return logPrior(counts).sub(sum(terms, { axis: -1 }).mul(0.5))
}

/**
 * The linear classifier that naive Bayes with shared variances is: linearScores of it differ from gaussianNaiveBayesScores by a number that is
 * the same for all classes. Use it as the last layer of a network.
 *
 *     weightₖ = meanₖ / variance,   biasₖ = log πₖ − ½ Σ_d mean_kd² / variance_d
 *
 * Shapes: model of K classes with variance [D] → weight [K, D], bias [K].
 * Gradient: smooth, to the model.
 * Source: as of gaussianNaiveBayes.
 *
 * @example
 * const model = gaussianNaiveBayes(tensor([[-1], [1], [3], [5]]), tensor([0, 0, 1, 1], { dtype: 'i32' }), { classes: 2 })
 * gaussianNaiveBayesHead(model).weight.dataSync() // 0, 4
 */
export function gaussianNaiveBayesHead({ counts, means, variance }: GaussianNaiveBayesModel): LinearModel {
  const fn = 'gaussianNaiveBayesHead'
  dims(fn, { counts, means, variance }, 'K, K D, D')
  checkFloats(fn, { counts, means, variance })
  const weight = means.div(variance)
  return { weight, bias: logPrior(counts).sub(sum(weight.mul(means), { axis: -1 }).mul(0.5)) }
}

function logPrior(counts: Tensor): Tensor {
  return counts.div(sum(counts)).log()
}

function checkFloats(fn: string, tensors: Readonly<Record<string, Tensor>>): void {
  for (const [name, x] of Object.entries(tensors)) checkDType(fn, name, x, 'precise')
}
