export {
  broadcastableShapes,
  labels,
  logits,
  type ShapesOptions,
  saturation,
  shapes,
  type TensorsOptions,
  tensors,
} from './arbitrary.ts'
export { type CheckOptions, checkGradients, GradientCheckError, type GradientReport } from './check.ts'
