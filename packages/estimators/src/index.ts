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
