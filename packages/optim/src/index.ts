export { type AccumulateOptions, type AccumulateState, accumulate } from './accumulate.ts'
export { type AdafactorOptions, type AdafactorState, adafactor } from './adafactor.ts'
export { type AdagradOptions, type AdagradState, adagrad } from './adagrad.ts'
export { type AdamOptions, type AdamState, type AdamWOptions, adam, adamw } from './adam.ts'
export { applyUpdates } from './applyUpdates.ts'
export { chain } from './chain.ts'
export { clipByGlobalNorm } from './clipByGlobalNorm.ts'
export { frozen } from './frozen.ts'
export { groups, type Selector } from './groups.ts'
export { type IgniteOptions, type IgniteStep, igniteGradients } from './ignite.ts'
export { lamb } from './lamb.ts'
export { type LionOptions, type LionState, lion } from './lion.ts'
export { type LookaheadOptions, type LookaheadState, lookahead } from './lookahead.ts'
export { type MuonOptions, type MuonState, muon } from './muon.ts'
export { type ParameterAverageOptions, type ParameterAverageState, parameterAverage } from './parameterAverage.ts'
export { type RmspropOptions, type RmspropState, rmsprop } from './rmsprop.ts'
export { type SamOptions, sam } from './sam.ts'
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
