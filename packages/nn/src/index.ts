export { type AlibiOptions, alibiBias, alibiSlopes } from './attention/alibiBias.ts'
export type { VisibilityOptions } from './attention/attentionMask.ts'
export { type LssaOptions, lssaAttention } from './attention/lssaAttention.ts'
export { type LssarOptions, lssarAttention } from './attention/lssarAttention.ts'
export {
  type AttentionContext,
  type CacheOptions,
  type KeyValueCache,
  type MultiHeadAttention,
  type MultiHeadAttentionOptions,
  type MultiHeadAttentionParams,
  multiHeadAttention,
} from './attention/multiHeadAttention.ts'
export { type NewtonInverseOptions, newtonInverse } from './attention/newtonInverse.ts'
export { type RotaryOptions, rotaryEmbedding } from './attention/rotaryEmbedding.ts'
export {
  type AttentionDropoutOptions,
  type AttentionOptions,
  attentionWeights,
  scaledDotProductAttention,
} from './attention/scaledDotProductAttention.ts'
export { type SinusoidalOptions, sinusoidalPositions } from './attention/sinusoidalPositions.ts'
export { type SoftAttentionOptions, softAttention } from './attention/softAttention.ts'
export { type Conv1dLayerOptions, conv1d } from './conv1d.ts'
export { type Conv2dLayerOptions, conv2d } from './conv2d.ts'
export type { ConvolutionOptions, ConvolutionParams } from './convolution.ts'
export { type DenseOptions, type DenseParams, dense } from './dense.ts'
export { type DropoutOptions, dropout } from './dropout.ts'
export { type EmbeddingOptions, type EmbeddingParams, embedding } from './embedding.ts'
export { type EmbeddingBagOptions, embeddingBag } from './embeddingBag.ts'
export {
  type FourierCoefficients,
  type FourierHead,
  type FourierHeadOptions,
  type FourierHeadOutput,
  fourierHead,
} from './fourierHead.ts'
export {
  constant,
  glorotNormal,
  glorotUniform,
  heNormal,
  heUniform,
  type Initializer,
  lecunNormal,
  lecunUniform,
} from './initializers.ts'
export type { Activation, Context, Layer, Params } from './layer.ts'
export { type MixerBlockOptions, type MixerBlockParams, mixerBlock } from './mixerBlock.ts'
export type { AffineParams } from './norm/affine.ts'
export {
  type BatchNormOptions,
  type BatchNormState,
  batchNorm,
  type StatefulLayer,
  type TrainingOptions,
} from './norm/batchNorm.ts'
export { type GroupNormOptions, groupNorm } from './norm/groupNorm.ts'
export { type LayerNormOptions, layerNorm } from './norm/layerNorm.ts'
export { type RmsNormOptions, rmsNorm } from './norm/rmsNorm.ts'
export { type OrthogonalOptions, orthogonal } from './orthogonal.ts'
export { gru } from './recurrent/gru.ts'
export { type GruOptions, type GruParams, type GruVariant, gruCell } from './recurrent/gruCell.ts'
export { lstm } from './recurrent/lstm.ts'
export { type LstmOptions, type LstmParams, type LstmState, lstmCell } from './recurrent/lstmCell.ts'
export type { Cell, RecurrentLayer } from './recurrent/recurrence.ts'
export type { StackOptions, StackParams } from './recurrent/stacked.ts'
export { residual } from './residual.ts'
export { type SequentialParams, sequential } from './sequential.ts'
export type { BlockNorm, TransformerBlockOptions } from './transformer/sublayers.ts'
export {
  type DecoderContext,
  type TransformerDecoderBlock,
  type TransformerDecoderParams,
  transformerDecoderBlock,
} from './transformer/transformerDecoderBlock.ts'
export {
  type EncoderContext,
  type TransformerEncoderBlock,
  type TransformerEncoderParams,
  transformerEncoderBlock,
} from './transformer/transformerEncoderBlock.ts'
export { dualActivation } from './wideDeep/dualActivation.ts'
export { wideDeepActivation } from './wideDeep/wideDeepActivation.ts'
export type { WideDeepName } from './wideDeep/wideDeepName.ts'
