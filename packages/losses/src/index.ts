export { brierScore } from './calibration/brierScore.ts'
export { type ConsistencyCuesOptions, consistencyCues } from './calibration/consistencyCues.ts'
export { type CorrectnessAwareOptions, correctnessAwareLoss } from './calibration/correctnessAwareLoss.ts'
export { expectedCalibrationError } from './calibration/expectedCalibrationError.ts'
export {
  type CalibrationOptions,
  type ReliabilityDiagram,
  reliabilityDiagram,
} from './calibration/reliabilityDiagram.ts'
export {
  type TransformConsistencyCalibrator,
  type TransformConsistencyOptions,
  type TransformConsistencyParams,
  transformConsistencyCalibrator,
} from './calibration/transformConsistencyCalibrator.ts'
export { type BinaryCrossEntropyOptions, binaryCrossEntropy } from './classification/binaryCrossEntropy.ts'
export { type CrossEntropyOptions, crossEntropy } from './classification/crossEntropy.ts'
export { type PolyOptions, polyLoss } from './classification/polyLoss.ts'
export { softMarginLoss } from './classification/softMarginLoss.ts'
export { type CompSumOptions, compSumLoss } from './compSum/compSumLoss.ts'
export { type ProjectedGradientAscentOptions, projectedGradientAscent } from './compSum/projectedGradientAscent.ts'
export {
  type SmoothAdversarialCompSumOptions,
  smoothAdversarialCompSumLoss,
} from './compSum/smoothAdversarialCompSumLoss.ts'
export { type AnyLossOptions, anyLoss } from './confusion/anyLoss.ts'
export type { ConfusionMetric } from './confusion/confusionMetrics.ts'
export {
  type AmplifyOptions,
  amplify,
  type ConfusionMatrix,
  type SoftConfusionOptions,
  softConfusionMatrix,
} from './confusion/softConfusionMatrix.ts'
export { type DiceOptions, diceLoss } from './dice/diceLoss.ts'
export { type SelfAdjustingDiceOptions, selfAdjustingDiceLoss } from './dice/selfAdjustingDiceLoss.ts'
export { type TverskyOptions, tverskyLoss } from './dice/tverskyLoss.ts'
export { type AssistiveOptions, assistiveLoss } from './distillation/assistiveLoss.ts'
export {
  type KnowledgeDistillationOptions,
  knowledgeDistillationLoss,
} from './distillation/knowledgeDistillationLoss.ts'
export { type LandmarkKdOptions, landmarkKdLoss } from './distillation/landmarkKdLoss.ts'
export {
  type MealDiscriminator,
  type MealDiscriminatorOptions,
  type MealDiscriminatorParams,
  mealDiscriminator,
} from './distillation/mealDiscriminator.ts'
export { type MealDiscriminatorLossOptions, mealDiscriminatorLoss } from './distillation/mealDiscriminatorLoss.ts'
export { mealDistillLoss } from './distillation/mealDistillLoss.ts'
export type { SoftTargetOptions } from './distillation/softTargets.ts'
export type { DivergenceOptions } from './divergence/distributions.ts'
export { jensenShannonDivergence } from './divergence/jensenShannonDivergence.ts'
export { klDivergence } from './divergence/klDivergence.ts'
export { type DistanceWeightedOptions, distanceWeightedSampler } from './easyPositive/distanceWeightedSampler.ts'
export { type EasyPositiveMarginOptions, easyPositiveMarginLoss } from './easyPositive/easyPositiveMarginLoss.ts'
export { easyPositives, type Negatives } from './easyPositive/easyPositives.ts'
export { type EasyPositiveTripletOptions, easyPositiveTripletLoss } from './easyPositive/easyPositiveTripletLoss.ts'
export { type EnsLossOptions, ensLoss } from './ensemble/ensLoss.ts'
export { type EnsLossLambdaOptions, ensLossLambda } from './ensemble/ensLossLambda.ts'
export { type EntmaxOptions, entmax } from './fenchelYoung/entmax.ts'
export { type EntmaxLossOptions, entmaxLoss } from './fenchelYoung/entmaxLoss.ts'
export { type FenchelYoungOptions, fenchelYoungLoss, type Regularizer } from './fenchelYoung/fenchelYoungLoss.ts'
export { type SigmoidFocalOptions, sigmoidFocalLoss } from './focal/sigmoidFocalLoss.ts'
export { type SoftmaxFocalOptions, softmaxFocalLoss } from './focal/softmaxFocalLoss.ts'
export {
  type GaussianMixtureParams,
  type LargeMarginGaussianMixtureOptions,
  largeMarginGaussianMixtureLoss,
} from './gaussianMixture/largeMarginGaussianMixtureLoss.ts'
export { exponentialLoss } from './hinge/exponentialLoss.ts'
export { expTailHinge } from './hinge/expTailHinge.ts'
export { hingeLoss } from './hinge/hingeLoss.ts'
export { inverseLogTailHinge } from './hinge/inverseLogTailHinge.ts'
export { inverseTailHinge } from './hinge/inverseTailHinge.ts'
export { logTailHinge } from './hinge/logTailHinge.ts'
export { type AldrKlOptions, aldrKlLambda } from './ldr/aldrKlLambda.ts'
export { type AldrKlLambdaStepOptions, aldrKlLambdaStep } from './ldr/aldrKlLambdaStep.ts'
export { type AldrKlLossOptions, aldrKlLoss } from './ldr/aldrKlLoss.ts'
export { type LdrKOptions, ldrKLoss } from './ldr/ldrKLoss.ts'
export { type LdrKlOptions, ldrKlLoss } from './ldr/ldrKlLoss.ts'
export type { LdrMarginOptions, LdrNormalization } from './ldr/marginTerms.ts'
export { type LinearCrossEntropyOptions, linearCrossEntropy } from './linearCrossEntropy/linearCrossEntropy.ts'
export type { LinearLayerOptions } from './linearCrossEntropy/linearLayer.ts'
export { linearLogSumExp } from './linearCrossEntropy/linearLogSumExp.ts'
export {
  type FeatureHallucinator,
  type FeatureHallucinatorOptions,
  type FeatureStatistics,
  featureHallucinator,
} from './longTail/featureHallucinator.ts'
export {
  type ForegroundBalanceOptions,
  type ForegroundHistory,
  foregroundBalanceLoss,
  foregroundHistoryStep,
} from './longTail/foregroundBalanceLoss.ts'
export { type ArcFaceOptions, arcFaceLoss } from './margin/arcFaceLoss.ts'
export { type CosFaceOptions, cosFaceLoss } from './margin/cosFaceLoss.ts'
export { type CosineLogitsOptions, cosineLogits } from './margin/cosineLogits.ts'
export { elasticArcFaceLoss } from './margin/elasticArcFaceLoss.ts'
export { elasticCosFaceLoss } from './margin/elasticCosFaceLoss.ts'
export type { ElasticAssignment, ElasticFaceOptions } from './margin/elasticMargins.ts'
export type { MarginHeadOptions } from './margin/labelCosines.ts'
export {
  type MadaCosNegatives,
  type MadaCosOptions,
  type MadaCosScaling,
  madaCosLoss,
  madaCosScaling,
} from './margin/madaCosLoss.ts'
export { type MagFaceOptions, magFaceLoss } from './margin/magFaceLoss.ts'
export { type NormalizedSoftmaxOptions, normalizedSoftmaxLoss } from './margin/normalizedSoftmaxLoss.ts'
export { type SphereFaceOptions, sphereFaceLoss } from './margin/sphereFaceLoss.ts'
export type { Monotone } from './margin/widenAngle.ts'
export { batchHardMiner } from './metricLearning/batchHardMiner.ts'
export { type CircleOptions, circleLoss } from './metricLearning/circleLoss.ts'
export { type ContrastiveOptions, contrastiveLoss } from './metricLearning/contrastiveLoss.ts'
export { type CosineEmbeddingOptions, cosineEmbeddingLoss } from './metricLearning/cosineEmbeddingLoss.ts'
export { dotProduct, type LpDistanceOptions, lpDistance, squaredDistance } from './metricLearning/distances.ts'
export { distanceWeightedMiner } from './metricLearning/distanceWeightedMiner.ts'
export { type MarginLossOptions, marginLoss } from './metricLearning/marginLoss.ts'
export { type MultiSimilarityOptions, multiSimilarityLoss } from './metricLearning/multiSimilarityLoss.ts'
export { type MultiSimilarityMinerOptions, multiSimilarityMiner } from './metricLearning/multiSimilarityMiner.ts'
export { type NcaOptions, ncaLoss } from './metricLearning/ncaLoss.ts'
export { nonZeroMean } from './metricLearning/nonZeroMean.ts'
export { type NPairsOptions, nPairsLoss } from './metricLearning/nPairsLoss.ts'
export { type NtXentOptions, ntXentLoss } from './metricLearning/ntXentLoss.ts'
export type { Distance, DistanceOptions, PairMasks, PairOptions } from './metricLearning/pairs.ts'
export { type ProxyAnchorOptions, proxyAnchorLoss } from './metricLearning/proxyAnchorLoss.ts'
export { type ProxyNcaOptions, proxyNcaLoss } from './metricLearning/proxyNcaLoss.ts'
export { type SupConOptions, supConLoss } from './metricLearning/supConLoss.ts'
export { type TripletMarginOptions, tripletMarginLoss } from './metricLearning/tripletMarginLoss.ts'
export { type TripletMarginMinerOptions, tripletMarginMiner } from './metricLearning/tripletMarginMiner.ts'
export type { TripletMining } from './metricLearning/triplets.ts'
export { meanAveragePrecision } from './metrics/meanAveragePrecision.ts'
export { type NdcgOptions, ndcg } from './metrics/ndcg.ts'
export { precisionAtK } from './metrics/precisionAtK.ts'
export { recallAtK } from './metrics/recallAtK.ts'
export { rocAuc } from './metrics/rocAuc.ts'
export { decoupledSoftmaxLoss } from './multiLabel/decoupledSoftmaxLoss.ts'
export type { MultiLabelOptions } from './multiLabel/labelledScores.ts'
export { logSoftTopK } from './multiLabel/logSoftTopK.ts'
export { multiLabelBceLoss } from './multiLabel/multiLabelBceLoss.ts'
export { type MultiLabelInfoNceOptions, multiLabelInfoNceLoss } from './multiLabel/multiLabelInfoNceLoss.ts'
export { softTopK } from './multiLabel/softTopK.ts'
export { type SoftTopKLossOptions, softTopKLoss } from './multiLabel/softTopKLoss.ts'
export type { SoftTopKOptions } from './multiLabel/topKLogits.ts'
export { addNovelClass } from './novelClasses/addNovelClass.ts'
export { newClassifier } from './novelClasses/newClassifier.ts'
export { unitNormConstraint } from './novelClasses/unitNormConstraint.ts'
export { type HardPatchMaskOptions, hardPatchMask } from './patches/hardPatchMask.ts'
export { type HardPatchRankingOptions, hardPatchRankingLoss } from './patches/hardPatchRankingLoss.ts'
export { type ExponentialTail, type ExponentialTailOptions, exponentialTail } from './perm/exponentialTail.ts'
export { type GammaPhiOptions, gammaPhi } from './perm/gammaPhi.ts'
export { multiclassExponentialLoss } from './perm/multiclassExponentialLoss.ts'
export { type MulticlassHingeOptions, multiclassHinge } from './perm/multiclassHinge.ts'
export {
  type CrammerSingerOptions,
  crammerSingerHinge,
  type WestonWatkinsOptions,
  westonWatkinsHinge,
} from './perm/namedHinges.ts'
export { pairLogLoss } from './perm/pairLogLoss.ts'
export { permLoss } from './perm/permLoss.ts'
export { type PermTemplate, permTemplates } from './perm/templates.ts'
export { listNetLoss } from './ranking/listNetLoss.ts'
export type { ListOptions } from './ranking/lists.ts'
export { type MarginRankingOptions, marginRankingLoss } from './ranking/marginRankingLoss.ts'
export { type RankNetOptions, rankNetLoss } from './ranking/rankNetLoss.ts'
export { absoluteError } from './regression/absoluteError.ts'
export { type GaussianNllOptions, gaussianNll } from './regression/gaussianNll.ts'
export { type HuberOptions, huberLoss } from './regression/huberLoss.ts'
export { logCoshLoss } from './regression/logCoshLoss.ts'
export { type PoissonNllOptions, poissonNll } from './regression/poissonNll.ts'
export { type QuantileOptions, quantileLoss } from './regression/quantileLoss.ts'
export { type SmoothL1Options, smoothL1Loss } from './regression/smoothL1Loss.ts'
export { squaredError } from './regression/squaredError.ts'
export { aucScore } from './retrieval/aucScore.ts'
export { type BalancedClustersOptions, balancedBinaryClusters } from './retrieval/balancedBinaryClusters.ts'
export { clusteredBatches } from './retrieval/clusteredBatches.ts'
export { type CyclicHardNegativesOptions, cyclicHardNegatives } from './retrieval/cyclicHardNegatives.ts'
export { type HingeContrastiveOptions, hingeContrastiveLoss } from './retrieval/hingeContrastiveLoss.ts'
export { type KProbContrastiveOptions, kProbContrastiveLoss } from './retrieval/kProbContrastiveLoss.ts'
export { type MannWhitneyOptions, mannWhitneyLoss } from './retrieval/mannWhitneyLoss.ts'
export { type NgameTripletOptions, ngameTripletLoss } from './retrieval/ngameTripletLoss.ts'
export { type NgameTripletMultiOptions, ngameTripletMultiLoss } from './retrieval/ngameTripletMultiLoss.ts'
export { type PositiveAwareOptions, positiveAwareNegativeMask } from './retrieval/positiveAwareNegativeMask.ts'
export { type ProbContrastiveOptions, probContrastiveLoss } from './retrieval/probContrastiveLoss.ts'
export { type ReciprocalRankFusionOptions, reciprocalRankFusion } from './retrieval/reciprocalRankFusion.ts'
export { type RerankerJointOptions, rerankerJointLoss } from './retrieval/rerankerJointLoss.ts'
export { semanticMatchingScore } from './retrieval/semanticMatchingScore.ts'
export { type SoftLabelContrastiveOptions, softLabelContrastiveLoss } from './retrieval/softLabelContrastiveLoss.ts'
export { type SoftSemanticAlignmentOptions, softSemanticAlignmentLoss } from './retrieval/softSemanticAlignmentLoss.ts'
export {
  type ReweightedSamples,
  type SampleReweightOptions,
  type SampleReweightScheduleOptions,
  sampleReweight,
  sampleReweightSchedule,
} from './reweighting/sampleReweight.ts'
export type { ActivePassiveOptions } from './robust/activePassive.ts'
export {
  type AsymmetricGeneralizedCrossEntropyOptions,
  asymmetricGeneralizedCrossEntropy,
} from './robust/asymmetricGeneralizedCrossEntropy.ts'
export { type AsymmetricUnhingedOptions, asymmetricUnhingedLoss } from './robust/asymmetricUnhingedLoss.ts'
export { type GeneralizedCrossEntropyOptions, generalizedCrossEntropy } from './robust/generalizedCrossEntropy.ts'
export { type GeneralizedJsOptions, generalizedJsLoss } from './robust/generalizedJsLoss.ts'
export { type NceAndAgceOptions, nceAndAgce } from './robust/nceAndAgce.ts'
export { type NceAndAulOptions, nceAndAul } from './robust/nceAndAul.ts'
export { type NceAndRceOptions, nceAndRce } from './robust/nceAndRce.ts'
export { normalizedCrossEntropy } from './robust/normalizedCrossEntropy.ts'
export { type ReverseCrossEntropyOptions, reverseCrossEntropy } from './robust/reverseCrossEntropy.ts'
export { softmaxMaeLoss } from './robust/softmaxMaeLoss.ts'
export { softmaxMseLoss } from './robust/softmaxMseLoss.ts'
export { type SymmetricCrossEntropyOptions, symmetricCrossEntropy } from './robust/symmetricCrossEntropy.ts'
export { type RootedCrossEntropyOptions, rootedCrossEntropy } from './rooted/rootedCrossEntropy.ts'
export { type RootedGanOptions, rootedGanDiscriminatorLoss } from './rooted/rootedGanDiscriminatorLoss.ts'
export { rootedGanGeneratorLoss } from './rooted/rootedGanGeneratorLoss.ts'
export { type RootedLogisticOptions, rootedLogistic } from './rooted/rootedLogistic.ts'
export {
  type SoftmaxRegressionOptions,
  softmaxRegressionHessian,
  softmaxRegressionLoss,
} from './softmaxRegression/softmaxRegressionLoss.ts'
export {
  type FactoredSphericalLayer,
  type FactoredSphericalOptions,
  type FactoredStep,
  factoredSphericalLayer,
  type SphericalFactors,
  type SphericalSums,
} from './spherical/factoredSphericalLayer.ts'
export { type RowTable, rowTable } from './spherical/rowTable.ts'
export { sphericalForms } from './spherical/sphericalForms.ts'
export { sphericalMse } from './spherical/sphericalMse.ts'
export { type SphericalSoftmaxOptions, sphericalSoftmax } from './spherical/sphericalSoftmax.ts'
export { sphericalSoftmaxLoss } from './spherical/sphericalSoftmaxLoss.ts'
export { taylorSoftmax } from './spherical/taylorSoftmax.ts'
export { taylorSoftmaxLoss } from './spherical/taylorSoftmaxLoss.ts'
export { type ZLossOptions, zLoss } from './spherical/zLoss.ts'
export {
  type BayesBinnOptions,
  type BayesBinnSample,
  type BayesBinnState,
  type BayesBinnWeightsOptions,
  bayesBinnStep,
  bayesBinnWeights,
} from './stochastic/bayesBinnStep.ts'
export { type BinaryConcreteOptions, binaryConcrete } from './stochastic/binaryConcrete.ts'
export type { Draws } from './stochastic/draws.ts'
export { type GumbelSoftmaxOptions, gumbelSoftmax } from './stochastic/gumbelSoftmax.ts'
export {
  type StraightThroughBernoulliOptions,
  straightThroughBernoulli,
} from './stochastic/straightThroughBernoulli.ts'
export { type HardNegativeTupleOptions, hardNegativeTupleSampler } from './superfeature/hardNegativeTupleSampler.ts'
export {
  type SuperfeatureMatches,
  type SuperfeatureMatchesOptions,
  superfeatureMatches,
} from './superfeature/superfeatureMatches.ts'
export { type SuperfeatureTripletOptions, superfeatureTripletLoss } from './superfeature/superfeatureTripletLoss.ts'
export { type SvmObjectiveOptions, type SvmOptions, svmLoss, svmObjective } from './svm/svmLoss.ts'
export { type BoxWhiskerOptions, boxWhiskerFilter } from './unpg/boxWhiskerFilter.ts'
export { type UnpgOptions, unpgLoss } from './unpg/unpgLoss.ts'
export { type UnpgNegatives, type UnpgNegativesOptions, unpgNegatives } from './unpg/unpgNegatives.ts'
export {
  type HypersimplexFenchelYoungOptions,
  hypersimplexFenchelYoungLoss,
} from './zeroOne/hypersimplexFenchelYoungLoss.ts'
export { type HypersimplexOptions, hypersimplexLoss } from './zeroOne/hypersimplexLoss.ts'
export { hypersimplexMulticlassLoss } from './zeroOne/hypersimplexMulticlassLoss.ts'
export { type SoftBinaryArgmaxOptions, softBinaryArgmax } from './zeroOne/softBinaryArgmax.ts'
export { zeroOneError } from './zeroOne/zeroOneError.ts'
