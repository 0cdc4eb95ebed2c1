export { type HilbertKernelOptions, hilbertKernelClassifier } from './kernels/hilbertKernelClassifier.ts'
export { infiniteNetworkClassifier } from './kernels/infiniteNetworkClassifier.ts'
export { type InfiniteNetworkOptions, infiniteNetworkKernel } from './kernels/infiniteNetworkKernel.ts'
export type { LinearFitOptions } from './linear/linearFit.ts'
export { type LinearModel, linearScores } from './linear/linearScores.ts'
export { linearSvm } from './linear/linearSvm.ts'
export { logisticRegression } from './linear/logisticRegression.ts'
export {
  type MahalanobisEnsembleModel,
  type MahalanobisEnsembleOptions,
  mahalanobisEnsemble,
  mahalanobisEnsembleObjective,
  mahalanobisEnsembleProbability,
} from './mahalanobis/mahalanobisEnsemble.ts'
export {
  type MahalanobisFit,
  type MahalanobisFitOptions,
  type MahalanobisModel,
  mahalanobisFit,
} from './mahalanobis/mahalanobisFit.ts'
export { type MahalanobisPreprocessOptions, mahalanobisPreprocess } from './mahalanobis/mahalanobisPreprocess.ts'
export {
  type MahalanobisScoreOptions,
  mahalanobisClassScores,
  mahalanobisScore,
} from './mahalanobis/mahalanobisScore.ts'
export {
  type GaussianNaiveBayesModel,
  type GaussianNaiveBayesOptions,
  gaussianNaiveBayes,
} from './naiveBayes/gaussianNaiveBayes.ts'
export { gaussianNaiveBayesHead, gaussianNaiveBayesScores } from './naiveBayes/gaussianNaiveBayesScores.ts'
export { lrGd } from './perceptron/lrGd.ts'
export { normalizedLrGd } from './perceptron/normalizedLrGd.ts'
export { batchPerceptron, classicalPerceptron, normalizedBatchPerceptron } from './perceptron/perceptrons.ts'
export type { LogisticDescentOptions, PerceptronOptions, SeparatorPath } from './perceptron/separatorPath.ts'
