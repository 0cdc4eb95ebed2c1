export { type CheckOptions, checkGradients, type GradientReport } from './check.ts'
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
export { GradientCheckError } from './errors.ts'
export {
  type IndicesOptions,
  indices,
  labels,
  type MasksOptions,
  masks,
  oneHots,
  permutations,
} from './indexArbitrary.ts'
export { checkPullback, type PullbackOptions, type PullbackReport } from './pullback.ts'
export {
  axes,
  axisLists,
  broadcastableShapes,
  type MatmulShapesOptions,
  matmulShapes,
  type ShapesOptions,
  shapes,
} from './shapeArbitrary.ts'
export { logits, saturation, type TensorsOptions, tensors } from './tensorArbitrary.ts'
export type { Verdict } from './verdict.ts'
