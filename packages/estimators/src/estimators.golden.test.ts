import { argMax, asin, grad, logSoftmax, matmul, mean, type Tensor, tanh } from '@wengert/core'
import { type Adapter, goldenFolder, goldenSuite } from '@wengert/testing/golden'
import {
  type GaussianNaiveBayesOptions,
  gaussianNaiveBayes,
  gaussianNaiveBayesHead,
  gaussianNaiveBayesScores,
  hilbertKernelClassifier,
  infiniteNetworkClassifier,
  infiniteNetworkKernel,
  type MahalanobisModel,
  mahalanobisClassScores,
  mahalanobisEnsemble,
  mahalanobisEnsembleObjective,
  mahalanobisEnsembleProbability,
  mahalanobisFit,
  mahalanobisPreprocess,
  mahalanobisScore,
} from './index.ts'

/** Duals of activations, by the names of the files. */
const duals: Readonly<Record<string, (z: Tensor) => Tensor>> = {
  opt2d: (z) => z.pow(7).add(z).mul(0.5),
  opt3d: (z) => z.pow(3).add(z).mul(0.5),
  erf: (z) => asin(z.mul(2 / 3)).div(Math.asin(2 / 3)),
}

/** One column has signs, several have a class each. */
const predictionsOf = (scores: Tensor): Tensor =>
  scores.shape[1] === 1 ? scores.squeeze(1).greaterEqual(0).cast('i32') : argMax(scores)

const adapters: Record<string, Adapter> = {
  gaussianNaiveBayes: ({ x, y, xTest }, { batches, ...options }) => {
    const [features, labels] = [x as Tensor, y as Tensor]
    const classes = Math.max(...labels.dataSync()) + 1
    const D = features.shape[1] as number
    const N = features.shape[0] as number
    const fit = (variance: GaussianNaiveBayesOptions['variance'] & string) =>
      ((batches as [number, number][] | undefined) ?? [[0, N]]).reduce<ReturnType<typeof gaussianNaiveBayes> | null>(
        (from, [start, end]) =>
          gaussianNaiveBayes(features.slice([start, 0], [end, D]), labels.slice([start], [end]), {
            ...(options as Partial<GaussianNaiveBayesOptions>),
            classes,
            variance,
            ...(from && { from }),
          }),
        null,
      ) as ReturnType<typeof gaussianNaiveBayes>
    const model = fit((options.variance as 'shared' | 'perClass' | undefined) ?? 'shared')
    const jointLogLikelihood = gaussianNaiveBayesScores(xTest as Tensor, model)
    return {
      outputs: {
        counts: model.counts,
        prior: model.counts.div(N),
        means: model.means,
        variance: model.variance,
        classVariances: fit('perClass').variance,
        jointLogLikelihood,
        predictions: argMax(jointLogLikelihood),
        logProbs: logSoftmax(jointLogLikelihood),
        ...(model.variance.shape.length === 1 && gaussianNaiveBayesHead(model)),
      },
    }
  },
  infiniteNetworkClassifier: ({ xTrain, yTrain, xTest }, { activation, depth, kernel }) => {
    const options = {
      dual: duals[activation as string] as (z: Tensor) => Tensor,
      depth: depth as number,
      kernel: kernel as 'nngp' | 'ntk',
    }
    const [x, test] = [xTrain as Tensor, xTest as Tensor]
    const scores = infiniteNetworkClassifier(x, yTrain as Tensor, test, options)
    const kernelTrain = infiniteNetworkKernel(x, x, options)
    const kernelTest = infiniteNetworkKernel(x, test, options)
    return { outputs: { kernelTrain, kernelTest, scores, predictions: predictionsOf(scores) } }
  },
  hilbertKernelClassifier: ({ xTrain, yTrain, xTest }, { exponent }) => {
    const options = { exponent: exponent as number }
    const scores = hilbertKernelClassifier(xTrain as Tensor, yTrain as Tensor, xTest as Tensor, options)
    return { outputs: { scores, predictions: predictionsOf(scores) } }
  },
  mahalanobisFit: ({ features, labels }, { numClasses }) => ({
    outputs: { ...mahalanobisFit(features as Tensor, labels as Tensor, { classes: numClasses as number }) },
  }),
  mahalanobisScore: ({ features, means, precision }, options) => {
    const model = { means, precision } as MahalanobisModel
    const perSample = mahalanobisScore(features as Tensor, model, options)
    const perClass = mahalanobisClassScores(features as Tensor, model, options)
    return { scalar: mean(perSample), outputs: { perSample, perClass, argmax: argMax(perClass) } }
  },
  mahalanobisPreprocess: ({ x, A, b, means, precision, channelStd }, { magnitude }) => {
    const featuresOf = (at: Tensor): Tensor => tanh(matmul(at, (A as Tensor).transpose()).add(b as Tensor)).mul(3)
    const model = { means, precision } as MahalanobisModel
    const options = { magnitude: magnitude as number, channelStd: channelStd as Tensor }
    const perturbed = mahalanobisPreprocess(x as Tensor, featuresOf, model, options)
    const gradient = grad((at: Tensor) => mean(mahalanobisScore(featuresOf(at), model)).neg())(x as Tensor)
    return { outputs: { perturbed, score: mahalanobisScore(featuresOf(perturbed), model), gradient } }
  },
  mahalanobisEnsemble: ({ scores, labels, weights, bias }, options) => {
    const model = { weight: weights as Tensor, bias: (bias as Tensor).squeeze(0) }
    const solution = mahalanobisEnsemble(scores as Tensor, labels as Tensor, options)
    return {
      scalar: mahalanobisEnsembleObjective(scores as Tensor, labels as Tensor, model, options),
      outputs: {
        probabilities: mahalanobisEnsembleProbability(scores as Tensor, model),
        'solution.weights': solution.weight,
        'solution.bias': solution.bias.expandDims(0),
      },
    }
  },
}

goldenSuite({
  folder: goldenFolder,
  adapters,
  elsewhere: 'rest',
  tolerance: { value: 1e-10, gradient: 1e-8 },
  coarse: { 'solution.weights': 1e-5, 'solution.bias': 1e-5 },
})
