import fc from 'fast-check'

/** Largest quotient of two probabilities. */
const widest = 256

/**
 * Distributions over n outcomes whose probabilities are multiples of a power of 2, so that their sum is 1 to the last bit. They
 * shrink to coarser powers and to equal shares.
 */
export function dyadicSimplex(n: number): fc.Arbitrary<readonly number[]> {
  return new DyadicSimplex(n).map((shares) => {
    const total = shares.reduce((a, b) => a + b, 0)
    return shares.map((share) => share / total)
  })
}

/** Shares of a power of 2. */
class DyadicSimplex extends fc.Arbitrary<readonly number[]> {
  private readonly weights: fc.Arbitrary<number[]>
  /** The first power of 2 that leaves something for each. */
  private readonly coarsest: number

  constructor(n: number) {
    super()
    this.coarsest = Math.ceil(Math.log2(n))
    this.weights = fc.array(fc.integer({ min: 1, max: widest - 16 }), { minLength: n, maxLength: n })
  }

  override generate(random: fc.Random, biasFactor: number | undefined): fc.Value<readonly number[]> {
    const weights = this.weights.generate(random, biasFactor).value
    return new fc.Value(apportion(weights, 2 ** (this.coarsest + 12)), undefined)
  }

  override canShrinkWithoutContext(_value: unknown): _value is readonly number[] {
    return false
  }

  override shrink(shares: readonly number[]): fc.Stream<fc.Value<readonly number[]>> {
    return fc
      .stream(simpler(shares, this.coarsest))
      .filter((found) => Math.max(...found) <= widest * Math.min(...found))
      .map((found) => new fc.Value(found, undefined))
  }
}

/** Of each the total is smaller, or it is the same and the shares are equal where they were not: so shrinking ends. */
function* simpler(shares: readonly number[], coarsest: number): IterableIterator<readonly number[]> {
  const total = shares.reduce((a, b) => a + b, 0)
  for (let coarse = 2 ** coarsest; coarse < total; coarse *= 2) {
    yield even(shares.length, coarse)
    yield apportion(shares, coarse)
  }
  const equal = even(shares.length, total)
  if (shares.some((share, i) => share !== equal[i])) yield equal
}

function even(n: number, total: number): readonly number[] {
  return apportion(new Array<number>(n).fill(1), total)
}

/** Shares in proportion to weights, of at least 1; what rounding leaves over or takes too much is spread over the largest. */
function apportion(weights: readonly number[], total: number): readonly number[] {
  const sum = weights.reduce((a, b) => a + b, 0)
  const shares = weights.map((weight) => Math.max(1, Math.floor((weight * total) / sum)))
  let left = total - shares.reduce((a, b) => a + b, 0)
  const order = Array.from(shares.keys()).sort((a, b) => (shares[b] as number) - (shares[a] as number))
  for (let k = 0; left !== 0; k = (k + 1) % order.length) {
    const at = order[k] as number
    if (left < 0 && shares[at] === 1) continue
    shares[at] = (shares[at] as number) + Math.sign(left)
    left -= Math.sign(left)
  }
  return shares
}
