import { type Conv1dOptions, conv1d as convolve } from '@wengert/core'
import { type ConvolutionOptions, type ConvolutionParams, convolution } from './convolution.ts'
import type { Layer } from './layer.ts'

export interface Conv1dLayerOptions<Bias extends boolean = true> extends ConvolutionOptions<Bias>, Conv1dOptions {
  /** Number of elements of a window. */
  readonly kernel: number
}

/**
 * Convolution of sequences: the same small dense layer at each place. Use it where what matters is near in time, as for
 * sound and other signals.
 *
 *     y[o, t] = Σ weight[o, c, k] x[c, t·stride + k·dilation] + bias[o]
 *
 * The weight starts uniform on ±√(6 / fan in) and the bias at 0, as in `dense`.
 * Shapes: x [...B, in, T] → [...B, out, T'], where T' = ⌊(T + padding − dilation·(kernel − 1) − 1) / stride⌋ + 1 with the
 * padding of both ends.
 * Source: Waibel et al., Phoneme recognition using time-delay neural networks (1989).
 *
 * @example
 * const layer = conv1d({ in: 1, out: 1, kernel: 2 })
 * layer.apply({ weight: tensor([[[1, -1]]]), bias: tensor([10]) }, tensor([[1, 2, 4]])) // [9, 8]
 */
export function conv1d<Bias extends boolean = true>(options: Conv1dLayerOptions<Bias>): Layer<ConvolutionParams<Bias>> {
  return convolution('conv1d', [options.kernel], options, (x, weight) => convolve(x, weight, options))
}
