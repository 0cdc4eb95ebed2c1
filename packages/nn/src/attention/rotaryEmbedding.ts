import {
  arange,
  checkCount,
  checkDType,
  checkOption,
  concat,
  cos,
  dims,
  ShapeError,
  showShape,
  sin,
  stack,
  type Tensor,
} from '@wengert/core'
import { fits } from './fits.ts'
import { frequencies } from './frequencies.ts'

export interface RotaryOptions {
  /**
   * Which features make a pair: `half` i and i + R/2, as in Llama's weights for Hugging Face; `interleaved` 2i and 2i + 1, as in
   * RoFormer and GPT-J. @default 'half'
   */
  readonly convention?: 'half' | 'interleaved'
  /** The slowest pair turns by about 1 / theta a position. @default 10000 */
  readonly theta?: number
  /** How many of the leading features are turned, R, an even number; the others stay. @default all */
  readonly rotaryDim?: number
  /** Position of each element, [L] or anything that broadcasts to [...B, L]. @default 0, 1, … */
  readonly positions?: Tensor
}

/**
 * Rotary position embedding: turns pairs of features of queries and keys by an angle that grows with the position, so that
 * their inner product depends on the distance of the positions alone.
 *
 *     angle = position · theta^(−2i / R)
 *     y₁ = x₁ cos angle − x₂ sin angle
 *     y₂ = x₂ cos angle + x₁ sin angle
 *
 * Weights trained with one convention need that convention.
 *
 * Shapes: x [...B, L, D] → [...B, L, D].
 * Source: Su et al., RoFormer: enhanced transformer with rotary position embedding (2021), equation 34.
 *
 * @example rotaryEmbedding(tensor([[1, 0], [1, 0]])) // [1.00, 0.00, 0.54, 0.84]
 * @example const last = rotaryEmbedding(ones([1, 8]), { positions: tensor([41]) })
 */
export function rotaryEmbedding(
  x: Tensor,
  { convention = 'half', theta = 10_000, rotaryDim, positions }: RotaryOptions = {},
): Tensor {
  const fn = 'rotaryEmbedding'
  checkDType(fn, 'x', x, 'float')
  const { L: length, D: features } = dims(fn, { x }, '...B L D') as { L: number; D: number }
  const turned = rotaryDim ?? features
  checkRotary(fn, { convention, theta, rotaryDim: turned })
  checkOption(fn, 'rotaryDim', turned, turned <= features, `at most the ${features} features of x`)
  const places = positions ?? arange(length)
  const own = x.shape.slice(0, -1)
  if (!fits(places.shape, own))
    throw new ShapeError(
      `${fn}: positions must have a shape that broadcasts to [...B, L], ${showShape(own)}, got ${showShape(places.shape)}.`,
    )
  // Angles of f16 would be off by whole turns.
  const wide = x.dtype === 'f64' ? 'f64' : 'f32'
  const angles = places
    .cast(wide)
    .expandDims(-1)
    .mul(frequencies(turned, theta, wide))
  const [c, s] = [cos(angles).cast(x.dtype), sin(angles).cast(x.dtype)]
  const turn = (a: Tensor, b: Tensor): [Tensor, Tensor] => [a.mul(c).sub(b.mul(s)), b.mul(c).add(a.mul(s))]
  const rest = turned < features ? [lastAxis(x, turned, features)] : []
  if (convention === 'half') {
    const half = turned / 2
    return concat([...turn(lastAxis(x, 0, half), lastAxis(x, half, turned)), ...rest], { axis: -1 })
  }
  const pairs = lastAxis(x, 0, turned).reshape([...x.shape.slice(0, -1), turned / 2, 2])
  const [a, b] = [0, 1].map((i) => lastAxis(pairs, i, i + 1).squeeze(-1)) as [Tensor, Tensor]
  const y = stack(turn(a, b), { axis: -1 }).reshape([...x.shape.slice(0, -1), turned])
  return concat([y, ...rest], { axis: -1 })
}

/** Checks options with the defaults filled in. */
export function checkRotary(
  fn: string,
  { convention, theta, rotaryDim }: Required<Omit<RotaryOptions, 'positions'>>,
): void {
  checkOption(fn, 'convention', convention, ['half', 'interleaved'].includes(convention), "'half' or 'interleaved'")
  checkOption(fn, 'theta', theta, theta > 0, 'positive')
  checkCount(fn, 'rotaryDim', rotaryDim, 2)
  checkOption(fn, 'rotaryDim', rotaryDim, rotaryDim % 2 === 0, 'even, since features turn in pairs')
}

/** Elements from `start` to `end` of the last axis. */
export function lastAxis(x: Tensor, start: number, end: number): Tensor {
  const lead = x.shape.slice(0, -1)
  return x.slice([...lead.map(() => 0), start], [...lead, end])
}
