import {
  arange,
  checkCount,
  checkOption,
  concat,
  cos,
  type DrawOptions,
  type DType,
  dims,
  matmul,
  max,
  mean,
  sin,
  stopGradient,
  sum,
  type Tensor,
  tensor,
  uniform,
  where,
  zeros,
} from '@wengert/core'
import { type DenseParams, dense } from './dense.ts'
import type { Initializer } from './initializers.ts'
import type { Layer } from './layer.ts'

export interface FourierHeadOptions extends DrawOptions {
  /** Number of input features. */
  readonly in: number
  /** Number of equal bins that −1 … 1 is cut into. */
  readonly bins: number
  /** Number of frequencies, N ≥ 0: the more, the finer what the density can show. */
  readonly frequencies: number
  /** Factor γ of the regularizer, ≥ 0, which prefers smooth densities. @default 0 */
  readonly gamma?: number
  /** Added to probabilities before the logarithm, greater than 0. @default 1e-5 */
  readonly logEps?: number
}

/** What `run` of a Fourier head returns. */
export interface FourierHeadOutput {
  /** [...B, bins] */
  readonly logits: Tensor
  /** One number, to be added to the loss: 4 π² γ Σ k² |cₖ|², the mean over the batch. */
  readonly regularizer: Tensor
}

/** Fourier coefficients c₀ … c_N as they come out of the dense layer, not divided by c₀: each [...B, N + 1]. */
export interface FourierCoefficients {
  readonly real: Tensor
  readonly imaginary: Tensor
}

export interface FourierHead extends Layer<DenseParams> {
  /** Logits as of `apply`, and the regularizer. */
  run(params: DenseParams, x: Tensor): FourierHeadOutput
  /** The density p at points of −1 … 1, given as a tensor [M]: [...B, M]. It can be differentiated by points as well. */
  density(params: DenseParams, x: Tensor, points: Tensor): Tensor
  coefficients(params: DenseParams, x: Tensor): FourierCoefficients
}

/**
 * Fourier head: in place of the last dense layer of a classifier whose classes are ordered bins of a number. Its output is a smooth
 * density on −1 … 1, so neighbouring bins support one another and noise of few examples is not learned by heart; `density` gives
 * it between the bins as well. Not for classes without an order.
 *
 *     aₗ = θₗ + i θ_{N+1+l} of θ = W x + b,   cₖ = Σₗ aₗ₊ₖ āₗ
 *     p(z) = ½ + Re Σₖ (cₖ / c₀) e^(iπkz) = |Σₗ aₗ e^(iπlz)|² / (2 c₀)
 *     logits = log(p(zⱼ) / Σ p + logEps),   zⱼ = −1 + (2j + 1) / bins
 *
 * It is computed in the last form, so that no density is below 0. The scale of θ changes the regularizer alone; where θ is 0, the
 * density is even. Parameters start as in PyTorch's Linear, uniform on ±1 / √in, divided by 100.
 *
 * Shapes: x [...B, in] → [...B, bins]; weight [2 (N + 1), in], bias [2 (N + 1)], real parts first.
 * Source: Gillman, Aggarwal, Freeman, Singh, Sun, Fourier head: helping large language models learn complex probability
 * distributions, arXiv 2410.22269 (2025), as in the authors' code, where γ is 0 unless told; that the paper takes 1e-6 is UNVERIFIED.
 *
 * @example
 * const head = fourierHead({ in: 4, bins: 18, frequencies: 12 })
 * const params = head.init(key(0))
 * const p = head.density(params, ones([4]), linspace(-1, 1, 200))
 * const { logits, regularizer } = head.run(params, ones([3, 4]))
 */
export function fourierHead({
  in: inputs,
  bins,
  frequencies,
  gamma = 0,
  logEps = 1e-5,
  dtype = 'f32',
}: FourierHeadOptions): FourierHead {
  const fn = 'fourierHead'
  checkCount(fn, 'in', inputs, 1)
  checkCount(fn, 'bins', bins, 1)
  checkCount(fn, 'frequencies', frequencies, 0)
  checkOption(fn, 'gamma', gamma, gamma >= 0 && gamma < Number.POSITIVE_INFINITY, 'at least 0 and finite')
  checkOption(fn, 'logEps', logEps, logEps > 0 && logEps < Number.POSITIVE_INFINITY, 'greater than 0 and finite')
  const count = frequencies + 1
  const small: Initializer = (key, shape, options) => {
    const high = 0.01 / Math.sqrt(inputs)
    return uniform(key, shape, { ...options, low: -high, high })
  }
  const layer = dense({ in: inputs, out: 2 * count, weightInit: small, biasInit: small, dtype })
  const wavesOfBins = wavesAt(bins, count)
  // |Σₗ aₗ e^(iπlz)|² has no frequency above N, so its mean over so many points is its integral.
  const samples = 2 * count - 1
  const wavesOfSamples = wavesAt(samples, count)

  const amplitudes = (params: DenseParams, x: Tensor): Tensor => {
    const { weight, bias } = params
    dims(fn, { x, weight, bias }, `...B ${inputs}, ${2 * count} ${inputs}, ${2 * count}`)
    return layer.apply(params, x)
  }

  const logitsOf = (theta: Tensor): Tensor => {
    const powers = powersOf(normalized(theta), wavesOfBins(theta.dtype))
    const total = sum(powers, { axis: -1, keepDims: true })
    const none = total.equal(0)
    return where(none, 1 / bins, powers.div(where(none, 1, total)))
      .add(logEps)
      .log()
  }

  const coefficientsOf = (theta: Tensor): FourierCoefficients => {
    const waves = wavesOfSamples(theta.dtype)
    const [even, odd] = [waves.slice([0, 0], [count, samples]), waves.slice([0, samples], [count, 2 * samples])]
    const powers = powersOf(theta, waves).div(samples)
    return { real: alongLast(powers, even.transpose()), imaginary: alongLast(powers, odd.transpose()).neg() }
  }

  return {
    init: layer.init,
    apply: (params, x) => logitsOf(amplitudes(params, x)),
    run(params, x) {
      const theta = amplitudes(params, x)
      const regularizer = gamma === 0 ? zeros([], { dtype: theta.dtype }) : roughness(coefficientsOf(theta)).mul(gamma)
      return { logits: logitsOf(theta), regularizer }
    },
    density(params, x, points) {
      dims(fn, { points }, 'M')
      const theta = normalized(amplitudes(params, x))
      const angles = arange(count, { dtype: theta.dtype }).expandDims(1).mul(points.cast(theta.dtype).mul(Math.PI))
      const [even, odd] = [cos(angles), sin(angles)]
      const basis = concat([concat([even, odd], { axis: 1 }), concat([odd.neg(), even], { axis: 1 })])
      const total = sum(theta.square(), { axis: -1, keepDims: true }).mul(2)
      const none = total.equal(0)
      return where(none, 0.5, powersOf(theta, basis).div(where(none, 1, total)))
    },
    coefficients: (params, x) => coefficientsOf(amplitudes(params, x)),
  }
}

/** θ whose greatest number is 1, which has the same density, and squares that neither overflow nor vanish. */
function normalized(theta: Tensor): Tensor {
  const top = stopGradient(max(theta.abs(), { axis: -1, keepDims: true }))
  return theta.div(where(top.equal(0), 1, top))
}

/** |Σₗ aₗ e^(iπlz)|² at points z whose waves are given: [...B, 2 (N + 1)], [2 (N + 1), 2 M] → [...B, M]. */
function powersOf(theta: Tensor, waves: Tensor): Tensor {
  const sums = alongLast(theta, waves)
  return sum(sums.reshape([...theta.shape.slice(0, -1), 2, (waves.shape[1] as number) / 2]).square(), { axis: -2 })
}

/** x M for any batch axes of x, as one product. */
function alongLast(x: Tensor, matrix: Tensor): Tensor {
  const [rows, columns] = matrix.shape as [number, number]
  return matmul(x.reshape([-1, rows]), matrix).reshape([...x.shape.slice(0, -1), columns])
}

/**
 * Waves of the frequencies 0 … count − 1 at the middles of bins, with the digits of f64: [2 count, 2 bins]. Rows are of real, then of
 * imaginary parts; columns make the real, then the imaginary parts of the sums.
 */
function wavesAt(bins: number, count: number): (dtype: DType) => Tensor {
  const waves = new Float64Array(4 * count * bins)
  for (let l = 0; l < count; l++)
    for (let j = 0; j < bins; j++) {
      const angle = Math.PI * l * (-1 + (2 * j + 1) / bins)
      const [real, imaginary] = [l * 2 * bins + j, (count + l) * 2 * bins + j]
      waves[real] = Math.cos(angle)
      waves[real + bins] = Math.sin(angle)
      waves[imaginary] = -Math.sin(angle)
      waves[imaginary + bins] = Math.cos(angle)
    }
  const single = Float32Array.from(waves)
  return (dtype) => tensor(dtype === 'f64' ? waves : single, { shape: [2 * count, 2 * bins], dtype })
}

/** 4 π² Σ k² |cₖ|², the mean over the batch. */
function roughness({ real, imaginary }: FourierCoefficients): Tensor {
  const k = arange(real.shape.at(-1) as number, { dtype: real.dtype }).mul(2 * Math.PI)
  const squares = real.square().add(imaginary.square()).mul(k.square())
  return mean(sum(squares, { axis: -1 }))
}
