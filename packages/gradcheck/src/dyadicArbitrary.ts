import fc from 'fast-check'

export interface DyadicsOptions {
  /** @default -3 */
  readonly min?: number
  /** @default 3 */
  readonly max?: number
  /** Distance of neighbours, a power of 2. @default 1/1024 */
  readonly step?: number
  /** Numbers kept a distance of 1/64 from: the kinks of what is to be differentiated. */
  readonly avoid?: readonly number[]
}

/**
 * Numbers from min to max that print short: multiples of a power of 2. They shrink to 0 if they may, else to integers, halves,
 * quarters and so on, the smaller and the more positive the better.
 *
 * @example fc.assert(fc.property(dyadics({ min: 1, max: 8 }), (x) => Number.isInteger(x * 1024)))
 */
export function dyadics({ min = -3, max = 3, step = 1 / 1024, avoid = [] }: DyadicsOptions = {}): fc.Arbitrary<number> {
  const accepts = (x: number): boolean =>
    x >= min && x <= max && Number.isInteger(x / step) && avoid.every((kink) => Math.abs(x - kink) >= 1 / 64)
  const steps = fc.integer({ min: Math.ceil(min / step), max: Math.floor(max / step) })
  return new Shortening(avoid.length > 0 ? steps.filter((k) => accepts(k * step)) : steps, step, accepts)
}

/** Numbers drawn by one arbitrary that shrink to shorter ones, as long as these are accepted. */
export function shortening(draw: fc.Arbitrary<number>, accepts: (x: number) => boolean): fc.Arbitrary<number> {
  return new Shortening(draw, 1, accepts)
}

class Shortening extends fc.Arbitrary<number> {
  private readonly draw: fc.Arbitrary<number>
  private readonly step: number
  private readonly accepts: (x: number) => boolean

  constructor(draw: fc.Arbitrary<number>, step: number, accepts: (x: number) => boolean) {
    super()
    this.draw = draw
    this.step = step
    this.accepts = accepts
  }

  override generate(random: fc.Random, biasFactor: number | undefined): fc.Value<number> {
    return new fc.Value(this.draw.generate(random, biasFactor).value * this.step, undefined)
  }

  override canShrinkWithoutContext(value: unknown): value is number {
    return typeof value === 'number' && this.accepts(value)
  }

  override shrink(value: number): fc.Stream<fc.Value<number>> {
    return fc
      .stream(shorter(value))
      .filter(this.accepts)
      .map((x) => new fc.Value(x, undefined))
  }
}

/** Finest grid that numbers are rounded to: 1/4096. */
const finest = 12

/**
 * Shorter numbers than x, the shortest first. Of each the denominator is smaller, or it is the same and the numerator is
 * smaller, or x is negative and it is −x: so shrinking ends.
 */
function* shorter(x: number): IterableIterator<number> {
  if (x === 0 || Number.isNaN(x)) return
  yield 0
  if (x < 0) yield -x
  if (!Number.isFinite(x)) return
  const bits = fractionBits(x)
  for (let coarse = 0; coarse <= Math.min(finest, bits - 1); coarse++) {
    const scale = 2 ** coarse
    const inner = Math.trunc(x * scale)
    // An even numerator is an odd one of a coarser grid.
    for (const numerator of [inner, inner + Math.sign(x)])
      if (numerator % 2 !== 0 || (coarse === 0 && numerator !== 0)) yield numerator / scale
  }
  if (bits > finest) return
  const unit = bits === 0 ? 1 : 2
  const numerator = x * 2 ** bits
  let step = bits === 0 ? Math.trunc(numerator / 2) : numerator - Math.sign(numerator)
  for (; step !== 0; step = Math.trunc(step / 2 / unit) * unit) yield (numerator - step) / 2 ** bits
}

/** How often a number must be doubled to be whole. */
function fractionBits(x: number): number {
  let bits = 0
  for (let y = x; !Number.isInteger(y); y *= 2) bits++
  return bits
}
