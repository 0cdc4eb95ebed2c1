import { checkCount, type DrawOptions, dims, matmul, split, type Tensor } from '@wengert/core'
import { constant, heUniform, type Initializer } from './initializers.ts'
import type { Layer } from './layer.ts'

export interface DenseOptions<Bias extends boolean = true> extends DrawOptions {
  /** Number of input features. */
  readonly in: number
  /** Number of output features. */
  readonly out: number
  /** Whether to add a bias. @default true */
  readonly bias?: Bias
  /** How the weight starts. @default heUniform */
  readonly weightInit?: Initializer
  /** How the bias starts. @default constant(0) */
  readonly biasInit?: Initializer
}

/** Parameters of `dense`, named and laid out as in PyTorch's Linear: weight [out, in], bias [out]. */
export type DenseParams<Bias extends boolean = true> = Bias extends true
  ? { readonly weight: Tensor; readonly bias: Tensor }
  : { readonly weight: Tensor }

/**
 * Dense layer: an affine map of the last axis.
 *
 *     y = x Wᵀ + b
 *
 * The weight starts uniform on ±√(6 / in) and the bias at 0: relu halves the second moment of its input and a
 * variance of 2 / in makes up for it, so signals neither die out nor blow up however many layers follow one another.
 * (The default of PyTorch's Linear, ±√(1 / in), shrinks them by a factor of √6 a layer.)
 *
 * Shapes: x [...B, in] → [...B, out].
 * Source: He et al., Delving deep into rectifiers (2015), for the initial values.
 *
 * @example const y = dense({ in: 4, out: 2 }).apply({ weight: ones([2, 4]), bias: zeros([2]) }, ones([3, 4]))
 */
export function dense<Bias extends boolean = true>({
  in: inputs,
  out: outputs,
  bias: hasBias = true as Bias,
  weightInit = heUniform,
  biasInit = constant(0),
  dtype = 'f32',
}: DenseOptions<Bias>): Layer<DenseParams<Bias>> {
  checkCount('dense', 'in', inputs, 1)
  checkCount('dense', 'out', outputs, 1)
  return {
    init(key) {
      const [weightKey = key, biasKey = key] = split(key)
      const weight = weightInit(weightKey, [outputs, inputs], { dtype })
      return (hasBias ? { weight, bias: biasInit(biasKey, [outputs], { dtype }) } : { weight }) as DenseParams<Bias>
    },
    apply(params, x) {
      const { weight, bias } = params as { readonly weight: Tensor; readonly bias?: Tensor }
      if (bias) dims('dense', { x, weight, bias }, `...B ${inputs}, ${outputs} ${inputs}, ${outputs}`)
      else dims('dense', { x, weight }, `...B ${inputs}, ${outputs} ${inputs}`)
      // One matrix product whatever the batch axes, and so is its derivative by the weight.
      const rows = matmul(x.reshape([-1, inputs]), weight.transpose())
      const y = rows.reshape([...x.shape.slice(0, -1), outputs])
      return bias ? y.add(bias) : y
    },
  }
}
