export { type BatchOptions, type BatchReport, checkBatch } from './batch.ts'
export { type CheckOptions, checkGradients } from './check.ts'
export { gradientChecker } from './checker.ts'
export {
  type BackendSide,
  type CompareBackendsOptions,
  compareBackends,
  type OutputDistance,
} from './compareBackends.ts'
export { type Counterexample, CounterexampleError } from './counterexample.ts'
export { type CustomVjpReport, checkCustomVjp } from './customRule.ts'
export {
  type DomainOptions,
  orthonormals,
  type ProbabilitiesOptions,
  positiveDefinites,
  positives,
  probabilities,
  simplices,
  unitVectors,
} from './domainArbitrary.ts'
export { type DyadicsOptions, dyadics } from './dyadicArbitrary.ts'
export { GradientCheckError } from './errors.ts'
export type { CulpritReport, ElementReport, FailureReport, ReplayReport } from './failureReport.ts'
export { checkGradientsForAll, type ForAllOptions } from './forAll.ts'
export type { GradientReport } from './gradientReport.ts'
export type { HeatMapOptions } from './heatMap.ts'
export { type HeatMapSvgOptions, heatMapSvg } from './heatMapSvg.ts'
export { heatMapText } from './heatMapText.ts'
export {
  type IndicesOptions,
  indices,
  labels,
  type MasksOptions,
  masks,
  oneHots,
  permutations,
} from './indexArbitrary.ts'
export { compareJacobians, type JacobianComparison, type JacobianOptions, type JacobianPart } from './jacobians.ts'
export { LawError } from './lawError.ts'
export * as laws from './laws.ts'
export { type CheckableLayer, checkLayer, type LayerCheckOptions, type LayerReport } from './layer.ts'
export { checkPullback, type PullbackOptions, type PullbackReport } from './pullback.ts'
export type { SearchOptions, SearchReport } from './search.ts'
export {
  axes,
  axisLists,
  broadcastableShapes,
  type MatmulShapesOptions,
  matmulShapes,
  type ShapesOptions,
  shapes,
} from './shapeArbitrary.ts'
export { type LogitsOptions, logits, saturation, type TensorsOptions, tensors } from './tensorArbitrary.ts'
export { type UlpOptions, ulpDistance } from './ulps.ts'
export type { Verdict } from './verdict.ts'
