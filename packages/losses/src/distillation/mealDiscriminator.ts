import { checkCount, type DType, dims, type Key, relu, split, type Tensor } from '@wengert/core'
import { affine, initAffine } from '../affine.ts'

export interface MealDiscriminatorOptions {
  /** Number of classes, K. */
  readonly classes: number
  /** By what the width falls in the first two layers. @default 2; the authors train with 8, for 1000 classes */
  readonly divisor?: number
}

/** Three layers, weights [out, in]: K to K1, K1 to K2, K2 to 2. */
export interface MealDiscriminatorParams {
  readonly w1: Tensor
  readonly b1: Tensor
  readonly w2: Tensor
  readonly b2: Tensor
  readonly w3: Tensor
  readonly b3: Tensor
}

export interface MealDiscriminator {
  readonly init: (key: Key, options?: { readonly dtype?: DType }) => MealDiscriminatorParams
  /** Scores [...B, 2] of logits [...B, K]. */
  readonly apply: (params: MealDiscriminatorParams, logits: Tensor) => Tensor
}

/**
 * The small network of MEAL V2 that tells logits of a student from those of its teachers. Use it with
 * mealDiscriminatorLoss.
 *
 *     scores = relu(relu(relu(logits W₁ᵀ + b₁) W₂ᵀ + b₂) W₃ᵀ + b₃)
 *
 * Its widths are K1 = ⌊K / divisor⌋ and K2 = ⌊K1 / divisor⌋, at least 1. Weights start uniform on ±1/√in. The last relu is
 * the authors' own: where it is closed, nothing learns.
 *
 * Shapes: logits [...B, K] → [...B, 2], the first for the student.
 * Gradient: 0 where a relu is closed.
 * Source: Shen, Savvides, MEAL V2, arXiv 2009.08453 (2020), form of the authors' code.
 *
 * @example const { init, apply } = mealDiscriminator({ classes: 8 })
 * apply(init(key(0)), ones([5, 8])).shape // shape [5, 2]
 */
export function mealDiscriminator({ classes: K, divisor = 2 }: MealDiscriminatorOptions): MealDiscriminator {
  const fn = 'mealDiscriminator'
  checkCount(fn, 'classes', K, 1)
  checkCount(fn, 'divisor', divisor, 1)
  const K1 = Math.max(1, Math.floor(K / divisor))
  const K2 = Math.max(1, Math.floor(K1 / divisor))
  return {
    init(key, { dtype = 'f32' } = {}) {
      const [first, second, third] = split(key, 3) as [Key, Key, Key]
      const [w1, b1] = initAffine(first, K1, K, dtype)
      const [w2, b2] = initAffine(second, K2, K1, dtype)
      const [w3, b3] = initAffine(third, 2, K2, dtype)
      return { w1, b1, w2, b2, w3, b3 }
    },
    apply: (params, logits) => discriminatorScores(`${fn}.apply`, params, logits),
  }
}

export function discriminatorScores(fn: string, params: MealDiscriminatorParams, logits: Tensor): Tensor {
  const { w1, b1, w2, b2, w3, b3 } = params
  dims(fn, { logits, w1, b1, w2, b2, w3, b3 }, '...B K, K1 K, K1, K2 K1, K2, 2 K2, 2')
  return relu(affine(relu(affine(relu(affine(logits, w1, b1)), w2, b2)), w3, b3))
}
