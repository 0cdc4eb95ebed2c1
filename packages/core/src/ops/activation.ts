import { checkOption, checkOptions } from '../check.ts'
import type { Tensor } from '../tensor.ts'
import { checkDType } from './define.ts'
import { erf, expm1, sigmoid, sign, softplus, tanh } from './math.ts'
import { where } from './select.ts'

// Each keeps value and gradient finite at ±1e4 in f32, and lets NaN through.

/** max(x, 0), with derivative 0 at 0. */
export function relu(x: Tensor): Tensor {
  checkDType('relu', 'x', x, 'number')
  return where(x.lessEqual(0), 0, x)
}

/** x where x > 0, slope · x elsewhere; at 0 the derivative is the slope. */
export function leakyRelu(x: Tensor, options: { readonly slope?: number } = {}): Tensor {
  const { slope = 0.01 } = checkOptions('leakyRelu', options, 'slope: 0.01')
  checkDType('leakyRelu', 'x', x, 'float')
  return where(x.greater(0), x, x.mul(slope))
}

/** x where x > 0, alpha (e^x − 1) elsewhere. */
export function elu(x: Tensor, options: { readonly alpha?: number } = {}): Tensor {
  const { alpha = 1 } = checkOptions('elu', options, 'alpha: 1')
  checkDType('elu', 'x', x, 'float')
  const positive = x.greater(0)
  return where(positive, x, expm1(where(positive, 0, x)).mul(alpha))
}

/** x where x > 0, alpha (e^(x / alpha) − 1) elsewhere; at 0 the derivative is 1 for every alpha > 0 (Barron 2017). */
export function celu(x: Tensor, options: { readonly alpha?: number } = {}): Tensor {
  const { alpha = 1 } = checkOptions('celu', options, 'alpha: 1')
  checkDType('celu', 'x', x, 'float')
  checkOption('celu', 'alpha', alpha, alpha > 0, 'greater than 0')
  const positive = x.greater(0)
  return where(positive, x, expm1(where(positive, 0, x).div(alpha)).mul(alpha))
}

/** Scaled elu with the constants that keep mean 0 and variance 1 (Klambauer et al. 2017). */
export function selu(x: Tensor): Tensor {
  return elu(x, { alpha: 1.6732632423543772 }).mul(1.0507009873554805)
}

export interface GeluOptions {
  /** Use the tanh form 0.5 x (1 + tanh(√(2/π) (x + 0.044715 x³))). @default false */
  readonly approximate?: boolean
}

/** x Φ(x) with the normal distribution's Φ (Hendrycks and Gimpel 2016). */
export function gelu(x: Tensor, options: GeluOptions = {}): Tensor {
  const { approximate = false } = checkOptions('gelu', options, 'approximate: true')
  checkDType('gelu', 'x', x, 'float')
  const phi = approximate
    ? tanh(x.add(x.mul(x.square()).mul(0.044715)).mul(Math.sqrt(2 / Math.PI)))
    : erf(x.mul(Math.SQRT1_2))
  return x.mul(phi.add(1)).mul(0.5)
}

/** x σ(x), also called swish. */
export function silu(x: Tensor): Tensor {
  return x.mul(sigmoid(x))
}

/** x tanh(softplus(x)). */
export function mish(x: Tensor): Tensor {
  return x.mul(tanh(softplus(x)))
}

/** log σ(x) = −softplus(−x). */
export function logSigmoid(x: Tensor): Tensor {
  checkDType('logSigmoid', 'x', x, 'float')
  return softplus(x.neg()).neg()
}

/** x / (1 + |x|). */
export function softsign(x: Tensor): Tensor {
  checkDType('softsign', 'x', x, 'float')
  return x.div(x.abs().add(1))
}

/** x between −1 and 1, the sign of x outside; at ±1 the derivative is 0. */
export function hardTanh(x: Tensor): Tensor {
  checkDType('hardTanh', 'x', x, 'float')
  return where(x.abs().less(1), x, sign(x))
}
