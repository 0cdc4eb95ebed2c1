import { argMax, checkOption, oneHot, softmax, type Tensor } from '@wengert/core'
import { checkLogits, checkTensors } from '../check.ts'
import { type Draws, gumbelsOf, straightThrough } from './draws.ts'

export interface GumbelSoftmaxOptions {
  /** Greater than 0; towards 0 samples become one-hot, and gradients large. @default 1 */
  readonly temperature?: number
  /** Return one-hot rows, with the gradient of the soft ones. @default false */
  readonly hard?: boolean
}

/**
 * Soft samples of a class with probabilities softmax(logits), through which a gradient flows to the logits. Use it for a discrete
 * choice within a network; the gradient is biased, less so for a small temperature, at which it varies more.
 *
 *     x = softmax((logits + G) / temperature),   G = −log(−log u) from a key, or given
 *     hard: the one-hot row of the greatest, with the derivative of x
 *
 * The greatest element is the class drawn at any temperature, and has the distribution softmax(logits).
 *
 * Shapes: logits [...B, K], draws given [...B, K] → [...B, K].
 * Gradient: that of the softmax, with the draws held fixed; the same if hard.
 * Source: Jang, Gu, Poole, arXiv 1611.01144 (2017), eq. 2; Maddison, Mnih, Teh, arXiv 1611.00712 (2017).
 *
 * @example gumbelSoftmax(tensor([0, 0, 0]), tensor([1, 2, 0])).dataSync() // 0.244728, 0.665241, 0.090031
 * @example const chosen = gumbelSoftmax(key(0), tensor([0, 1, 2]), { temperature: 0.5, hard: true })
 */
export function gumbelSoftmax(
  from: Draws,
  logits: Tensor,
  { temperature = 1, hard = false }: GumbelSoftmaxOptions = {},
): Tensor {
  const fn = 'gumbelSoftmax'
  checkTensors(fn, { logits })
  checkLogits(fn, logits)
  checkOption(fn, 'temperature', temperature, temperature > 0, 'greater than 0')
  const noisy = logits.add(gumbelsOf(fn, from, logits.shape, logits)).div(temperature)
  const soft = softmax(noisy)
  return hard
    ? straightThrough(oneHot(argMax(noisy), logits.shape.at(-1) as number, { dtype: logits.dtype }), soft)
    : soft
}
