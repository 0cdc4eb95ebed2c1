import { checkOption, sigmoid, type Tensor, tanh, where } from '@wengert/core'
import { checkChoice, checkFloats, checkTensors } from '../check.ts'
import { type Draws, type Encoding, encodings, straightThrough, uniformsOf } from './draws.ts'

export interface BinaryConcreteOptions {
  /** Greater than 0; towards 0 samples become binary, and gradients large. @default 1 */
  readonly temperature?: number
  /** Return binary values, with the gradient of the soft ones. @default false */
  readonly hard?: boolean
  /** Whether values are 0 and 1 or −1 and 1. @default '01' */
  readonly encoding?: '01' | 'pm1'
}

/**
 * Soft samples of independent bits with probabilities σ(logits), through which a gradient flows to the logits: gumbelSoftmax of
 * two classes. Use it for binary latent variables, gates and masks.
 *
 *     v = (z + log u − log(1 − u)) / temperature,   u uniform from a key, or given in (0, 1)
 *     x = σ(v), or tanh(v/2) for the encoding 'pm1'
 *     hard: [v > 0], or its sign, with the derivative of x
 *
 * [v > 0] is the bit drawn at any temperature, and is 1 with probability σ(z).
 *
 * Shapes: logits [...S], draws given [...S] → [...S].
 * Gradient: x (1 − x) / temperature, or (1 − x²) / (2 temperature) for 'pm1', of the soft x even if hard.
 * Source: Maddison, Mnih, Teh, arXiv 1611.00712 (2017), sec. 3 and app. B (numbering UNVERIFIED); hard as analysed by Shekhovtsov,
 * arXiv 2110.03549 (2021).
 *
 * @example binaryConcrete(tensor([0.5, 0.9]), tensor([0, 0]), { temperature: 0.5 }).dataSync() // 0.500000, 0.987805
 */
export function binaryConcrete(
  from: Draws,
  logits: Tensor,
  { temperature = 1, hard = false, encoding = '01' }: BinaryConcreteOptions = {},
): Tensor {
  const fn = 'binaryConcrete'
  checkTensors(fn, { logits })
  checkFloats(fn, { logits })
  checkOption(fn, 'temperature', temperature, temperature > 0, 'greater than 0')
  checkChoice(fn, 'encoding', encoding, encodings)
  const u = uniformsOf(fn, from, logits.shape, logits)
  const v = logits.add(u.log()).sub(u.neg().add(1).log()).div(temperature)
  const soft = encoding === '01' ? sigmoid(v) : tanh(v.div(2))
  return hard ? straightThrough(binary(v.greater(0), encoding, logits), soft) : soft
}

/** Bits as numbers of an encoding. */
export const binary = (bits: Tensor, encoding: Encoding, like: Tensor): Tensor =>
  where(bits, 1, encoding === '01' ? 0 : -1).cast(like.dtype)
