import { clip, sigmoid, type Tensor } from '@wengert/core'
import { checkChoice, checkFloats, checkTensors } from '../check.ts'
import { binary } from './binaryConcrete.ts'
import { type Draws, encodings, straightThrough, uniformsOf } from './draws.ts'

export interface StraightThroughBernoulliOptions {
  /** Whether values are 0 and 1 or −1 and 1. @default '01' */
  readonly encoding?: '01' | 'pm1'
  /** Whose derivative takes the place of the sample's. @default 'probability' */
  readonly backward?: 'probability' | 'identity' | 'hardTanh'
}

const backwards = {
  probability: (z: Tensor): Tensor => sigmoid(z).mul(2),
  identity: (z: Tensor): Tensor => z,
  hardTanh: (z: Tensor): Tensor => clip(z, { min: -1, max: 1 }),
} as const

/**
 * Samples of independent bits with probabilities σ(logits), with a gradient that is not theirs but serves. Use it to train
 * networks with binary activations or binary weights.
 *
 *     x = [u < σ(z)], or 2 [u < σ(z)] − 1 for the encoding 'pm1';   u uniform from a key, or given
 *
 * Where what follows is linear in each bit alone, and the bits are independent, 'probability' gives the gradient of the
 * expectation without bias; else it is biased, but varies little.
 *
 * Shapes: logits [...S], draws given [...S] → [...S].
 * Gradient: for '01' and 'pm1': of 'probability' σ(z) σ(−z) and twice that; of 'hardTanh' ½ and 1 where |z| ≤ 1, else 0; of
 * 'identity' 1 for both.
 * Source: Bengio, Léonard, Courville, arXiv 1308.3432 (2013); analysed by Shekhovtsov, arXiv 2110.03549 (2021).
 *
 * @example straightThroughBernoulli(tensor([0.4, 0.6]), tensor([0, 0])).dataSync() // 1, 0
 * @example const bits = straightThroughBernoulli(key(0), tensor([-1, 0, 1]), { encoding: 'pm1' })
 */
export function straightThroughBernoulli(
  from: Draws,
  logits: Tensor,
  { encoding = '01', backward = 'probability' }: StraightThroughBernoulliOptions = {},
): Tensor {
  const fn = 'straightThroughBernoulli'
  checkTensors(fn, { logits })
  checkFloats(fn, { logits })
  checkChoice(fn, 'encoding', encoding, encodings)
  checkChoice(fn, 'backward', backward, backwards)
  const p = sigmoid(logits)
  const bits = uniformsOf(fn, from, logits.shape, logits).less(p)
  const soft = backwards[backward](logits)
  const half = encoding === '01' && backward !== 'identity'
  return straightThrough(binary(bits, encoding, logits), half ? soft.div(2) : soft)
}
