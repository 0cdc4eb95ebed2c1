import { checkDType, erf, full, relu, sin, type Tensor } from '@wengert/core'
import { familyOf, type Series, type WideDeepName } from './wideDeepName.ts'

/**
 * Activations for networks that are very wide and very deep, where the choice of activation alone decides which classifier
 * the network becomes: a nearest-neighbour rule, a majority vote, or one that is consistent; see `dualActivation`. Use them to build such
 * networks; at everyday depth relu and gelu train as well. All are scaled so that φ(u) has mean square 1 for a standard normal u.
 *
 *     opt2d: (h₁ + h₇) / √2     opt3d: (h₁ + h₃) / √2     opt5d: ½ h₁ + √½ h₂ + ½ h₃     opt9d: ¼ h₁ + √⅞ h₂ + ¼ h₃
 *     hermite:k: hₖ     sine:a: sin(√a x) / √(e^(−a) sinh a)     erf: erf(x) / √(2/π asin ⅔)     relu: √2 relu(x)
 *
 * with Hermite polynomials hₖ = Heₖ / √k!. The polynomials grow fast: standardize what goes in.
 *
 * Shapes: x [...S] → [...S].
 * Source: Radhakrishnan, Belkin, Uhler, Wide and deep neural networks achieve consistency for classification, arXiv 2204.14126 (2023);
 * the authors' code has the duals alone, of which these follow.
 *
 * @example wideDeepActivation(tensor([0, 1, 2]), 'opt3d') // [0.000, 0.130, 1.992]
 */
export function wideDeepActivation(x: Tensor, name: WideDeepName): Tensor {
  const fn = 'wideDeepActivation'
  const family = familyOf(fn, name)
  checkDType(fn, 'x', x, 'float')
  switch (family.kind) {
    case 'series':
      return hermiteSum(x, family.series)
    case 'sine':
      // e^(−a) sinh a without the overflow of sinh.
      return sin(x.mul(Math.sqrt(family.a))).div(Math.sqrt(-Math.expm1(-2 * family.a) / 2))
    case 'erf':
      return erf(x).div(Math.sqrt((2 / Math.PI) * Math.asin(2 / 3)))
    case 'relu':
      return relu(x).mul(Math.SQRT2)
  }
}

/** Σ √cₖ hₖ(x), by √(k + 1) hₖ₊₁ = x hₖ − √k hₖ₋₁. */
function hermiteSum(x: Tensor, series: Series): Tensor {
  const highest = Math.max(...series.map(([degree]) => degree))
  const polynomials = [full([], 1, { dtype: x.dtype }), x]
  for (let k = 1; k < highest; k++) {
    const [before, last] = polynomials.slice(-2) as [Tensor, Tensor]
    polynomials.push(
      x
        .mul(last)
        .sub(before.mul(Math.sqrt(k)))
        .div(Math.sqrt(k + 1)),
    )
  }
  return series
    .map(([degree, weight]) => (polynomials[degree] as Tensor).mul(Math.sqrt(weight)))
    .reduce((total, term) => total.add(term))
}
