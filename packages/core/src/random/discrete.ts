import { checkCount, checkOptions } from '../check.ts'
import { DTypeError, ShapeError, ValueError } from '../errors.ts'
import { checkDType } from '../ops/define.ts'
import { take } from '../ops/gather.ts'
import { argMax } from '../ops/reduce.ts'
import { where } from '../ops/select.ts'
import { topK } from '../ops/sort.ts'
import { type Key, permutation, uniform } from '../random.ts'
import { broadcastShapes, checkShape, type Shape, sameShape, showShape, sizeOf } from '../shape.ts'
import { Tensor } from '../tensor.ts'
import { gumbel } from './continuous.ts'

export interface RandomIntOptions {
  /** Least value, included. @default 0 */
  readonly low?: number
  /** Greatest value, excluded; at most 2³⁰ above low. */
  readonly high: number
}

/**
 * Random integers from low to high − 1, as i32, from 30 random bits each: of r values none is more likely than another by
 * more than a part r / 2³⁰.
 *
 * @example const dice = randomInt(key(0), [5], { low: 1, high: 7 })
 */
export function randomInt(from: Key, shape: Shape, options: RandomIntOptions): Tensor {
  const { low = 0, high } = checkOptions('randomInt', options, 'high: 6')
  checkShape('randomInt', shape)
  const range = high - low
  if ((low | 0) !== low || (high | 0) !== high || range < 1 || range > 2 ** 30)
    throw new ValueError(
      `randomInt: low and high must be 32-bit integers with low < high ≤ low + 2^30, got ${low} and ${high}. ` +
        'For all 32 bits use randomBits.',
    )
  // ⌊range · word / 2³⁰⌋ by digits of 15 bits, whose products fit i32.
  const digits = uniform(from, [2, ...shape])
    .mul(2 ** 15)
    .cast('i32')
  const digit = (i: number): Tensor => digits.slice([i, ...shape.map(() => 0)], [i + 1, ...shape]).reshape(shape)
  const [upper, lower] = [Math.floor(range / 2 ** 15), range % 2 ** 15]
  const [h, l] = [digit(0), digit(1)]
  const middle = l
    .mul(upper)
    .add(h.mul(lower))
    .add(withoutDigit(l.mul(lower)))
  return h.mul(upper).add(withoutDigit(middle)).add(low)
}

/** ⌊x / 2¹⁵⌋ for x ≥ 0. */
function withoutDigit(x: Tensor): Tensor {
  const quotient = x
    .cast('f32')
    .mul(2 ** -15)
    .cast('i32')
  // f32 may round x up to the next multiple, never down past one.
  return where(quotient.mul(2 ** 15).greater(x), quotient.sub(1), quotient)
}

/**
 * Random classes with probabilities softmax(logits), as i32, by the greatest of logits + gumbel. A class with logit −∞ is
 * never drawn beside others. In f32, probabilities below 10⁻⁶ are matched to few digits.
 *
 * Shapes: logits [...A, K] → i32, the given shape, to which A broadcasts; without one, [...A]. No gradient.
 *
 * @example const classes = categorical(key(0), tensor([0, 1, 2]), [5])
 */
export function categorical(from: Key, logits: Tensor, wanted?: Shape): Tensor {
  checkDType('categorical', 'logits', logits, 'precise')
  const batch = logits.shape.slice(0, -1)
  const shape = wanted ?? batch
  checkShape('categorical', shape)
  const whole = broadcastShapes(batch, shape)
  if (logits.shape.length === 0 || logits.shape.at(-1) === 0 || !whole || !sameShape(whole, shape))
    throw new ShapeError(
      `categorical: logits must have shape [...A, K] with K ≥ 1, where A broadcasts to the shape drawn, ` +
        `got ${showShape(logits.shape)} for ${showShape(shape)}.`,
    )
  const noise = gumbel(from, [...shape, logits.shape.at(-1) as number], { dtype: logits.dtype })
  return argMax(logits.add(noise))
}

export interface ChoiceOptions {
  /** Whether a thing may be chosen more than once. @default true */
  readonly replace?: boolean
  /** Weights of the things [N], not negative; they need not sum to 1. @default all equal */
  readonly p?: Tensor
}

/**
 * Random choice among the integers 0 … n − 1, or among the slices of a tensor along its first axis. Without replacement
 * and with weights, one thing after the other is chosen by the weights of those left.
 *
 * Shapes: of n → i32, the given shape; of a tensor [N, ...A] → [...shape, ...A]; p [N].
 * Gradient: flows to the tensor chosen from, none to p.
 *
 * @example const hand = choice(key(0), 52, [5], { replace: false })
 */
export function choice(from: Key, of: number | Tensor, shape: Shape, options: ChoiceOptions = {}): Tensor {
  const { replace = true, p } = checkOptions('choice', options, 'replace: false')
  checkShape('choice', shape)
  if (of instanceof Tensor) {
    const [n] = of.shape
    if (n === undefined) throw new ShapeError('choice: of must have an axis to choose along, got shape [].')
    return take(of, indices(from, n, shape, replace, p))
  }
  checkCount('choice', 'of', of, 1)
  return indices(from, of, shape, replace, p)
}

function indices(from: Key, n: number, shape: Shape, replace: boolean, p: Tensor | undefined): Tensor {
  const size = sizeOf(shape)
  if (n < 1 || (!replace && size > n))
    throw new ShapeError(
      `choice: shape must hold at most the ${n} things there are${replace ? '' : ', without replacement'}, ` +
        `got ${showShape(shape)}.`,
    )
  if (!p) return replace ? randomInt(from, shape, { high: n }) : permutation(from, n).slice([0], [size]).reshape(shape)
  if (!sameShape(p.shape, [n]))
    throw new ShapeError(`choice: p must have shape [${n}], one weight for each thing, got ${showShape(p.shape)}.`)
  if (p.dtype !== 'f32' && p.dtype !== 'f64') throw new DTypeError(`choice: p must be f32 or f64, got ${p.dtype}.`)
  if (replace) return categorical(from, p.log(), shape)
  return topK(p.log().add(gumbel(from, [n], { dtype: p.dtype })), size).indices.reshape(shape)
}
