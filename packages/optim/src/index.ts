export { type AdamOptions, type AdamState, type AdamWOptions, adam, adamw } from './adam.ts'
export { applyUpdates } from './applyUpdates.ts'
export { chain } from './chain.ts'
export { clipByGlobalNorm } from './clipByGlobalNorm.ts'
export {
  type CosineDecayOptions,
  cosineDecay,
  type Schedule,
  type StepDecayOptions,
  stepDecay,
  type WarmupOptions,
  warmup,
} from './schedule.ts'
export { type SgdOptions, type SgdState, sgd } from './sgd.ts'
export type { Transform } from './transform.ts'
export { weightDecay } from './weightDecay.ts'
