import { argMax, grad, matmul, mean, type Tensor, tanh } from '@wengert/core'
import { type Adapter, goldenFolder, goldenSuite } from '@wengert/testing/golden'
import {
  type MahalanobisModel,
  mahalanobisClassScores,
  mahalanobisEnsemble,
  mahalanobisEnsembleObjective,
  mahalanobisEnsembleProbability,
  mahalanobisFit,
  mahalanobisPreprocess,
  mahalanobisScore,
} from './index.ts'

const adapters: Record<string, Adapter> = {
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
