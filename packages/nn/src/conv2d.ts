import { type Conv2dOptions, conv2d as convolve, type Pair } from '@wengert/core'
import { type ConvolutionOptions, type ConvolutionParams, convolution } from './convolution.ts'
import type { Layer } from './layer.ts'

export interface Conv2dLayerOptions<Bias extends boolean = true> extends ConvolutionOptions<Bias>, Conv2dOptions {
  /** Number of elements of a window along each axis. */
  readonly kernel: Pair
}

/**
 * Convolution of images: the same small dense layer at each place. Use it where what matters is near in space. Pooling
 * needs no layer: `(x) => maxPool2d(x, 2)` is one, with maxPool2d or avgPool2d of core.
 *
 *     y[o, h, w] = Σ weight[o, c, i, j] x[c, h·stride + i·dilation, w·stride + j·dilation] + bias[o]
 *
 * The weight starts uniform on ±√(6 / fan in) and the bias at 0, as in `dense`.
 * Shapes: x [...B, in, H, W] → [...B, out, H', W'], where H' = ⌊(H + padding − dilation·(kernel − 1) − 1) / stride⌋ + 1 with
 * the padding of both ends, and W' likewise.
 * Source: LeCun et al., Gradient-based learning applied to document recognition (1998).
 *
 * @example const features = sequential(conv2d({ in: 1, out: 8, kernel: 3, padding: 'same' }), relu, (x) => maxPool2d(x, 2))
 */
export function conv2d<Bias extends boolean = true>(options: Conv2dLayerOptions<Bias>): Layer<ConvolutionParams<Bias>> {
  const { kernel } = options
  const sizes = typeof kernel === 'number' ? [kernel, kernel] : kernel
  return convolution('conv2d', sizes, options, (x, weight) => convolve(x, weight, options))
}
