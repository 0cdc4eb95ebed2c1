export { type BinaryCrossEntropyOptions, binaryCrossEntropy } from './classification/binaryCrossEntropy.ts'
export { type CrossEntropyOptions, crossEntropy } from './classification/crossEntropy.ts'
export { type CompSumOptions, compSumLoss } from './compSum/compSumLoss.ts'
export { type ProjectedGradientAscentOptions, projectedGradientAscent } from './compSum/projectedGradientAscent.ts'
export {
  type SmoothAdversarialCompSumOptions,
  smoothAdversarialCompSumLoss,
} from './compSum/smoothAdversarialCompSumLoss.ts'
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
export { crammerSingerHinge, type MulticlassHingeOptions } from './perm/crammerSingerHinge.ts'
export { type ExponentialTail, type ExponentialTailOptions, exponentialTail } from './perm/exponentialTail.ts'
export { type GammaPhiOptions, gammaPhi } from './perm/gammaPhi.ts'
export { multiclassExponentialLoss } from './perm/multiclassExponentialLoss.ts'
export { pairLogLoss } from './perm/pairLogLoss.ts'
export { permLoss } from './perm/permLoss.ts'
export { type PermTemplate, permTemplates } from './perm/templates.ts'
export { type WestonWatkinsOptions, westonWatkinsHinge } from './perm/westonWatkinsHinge.ts'
export { type HuberOptions, huberLoss } from './regression/huberLoss.ts'
export { squaredError } from './regression/squaredError.ts'
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
export { type SvmObjectiveOptions, type SvmOptions, svmLoss, svmObjective } from './svm/svmLoss.ts'
export {
  type HypersimplexFenchelYoungOptions,
  hypersimplexFenchelYoungLoss,
} from './zeroOne/hypersimplexFenchelYoungLoss.ts'
export { type HypersimplexOptions, hypersimplexLoss } from './zeroOne/hypersimplexLoss.ts'
export { hypersimplexMulticlassLoss } from './zeroOne/hypersimplexMulticlassLoss.ts'
export { type SoftBinaryArgmaxOptions, softBinaryArgmax } from './zeroOne/softBinaryArgmax.ts'
export { zeroOneError } from './zeroOne/zeroOneError.ts'
