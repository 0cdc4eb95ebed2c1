export { type DenseOptions, type DenseParams, dense } from './dense.ts'
export { type DropoutOptions, dropout } from './dropout.ts'
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
export { type OrthogonalOptions, orthogonal } from './orthogonal.ts'
export { residual } from './residual.ts'
export { type SequentialParams, sequential } from './sequential.ts'
