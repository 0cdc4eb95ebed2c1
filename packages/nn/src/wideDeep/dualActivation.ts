import { acos, asin, checkDType, clip, customVjp, maximum, sinh, type Tensor } from '@wengert/core'
import { familyOf, type WideDeepName } from './wideDeepName.ts'

/**
 * Dual of a `wideDeepActivation`: how alike two inputs of an infinitely wide layer are behind the activation, if their cosine was
 * z before it. Use it to make the kernels of such networks: applied as often as there are layers it is that of a
 * network whose last layer is trained; with its derivative it gives the neural tangent kernel, K ← φ̌(Σ) + K φ̌'(Σ) beside Σ ← φ̌(Σ).
 *
 *     φ̌(z) = E φ(u) φ(v),   u and v standard normal with correlation z
 *
 *     opt2d: (z⁷ + z) / 2     opt3d: (z³ + z) / 2     opt5d: (z³ + 2 z² + z) / 4     opt9d: (z³ + 14 z² + z) / 16
 *     hermite:k: zᵏ     sine:a: sinh(a z) / sinh a     erf: asin(⅔ z) / asin ⅔     relu: (z (π − acos z) + √(1 − z²)) / π
 *
 * Its slopes A = φ̌'(0) and B = φ̌'(1) say what the network becomes as it gets deeper: the nearest neighbour where φ̌(0) = 0 and A = 0; a
 * majority vote where φ̌(0) ≠ 0 or B ≤ 1; and where φ̌(0) = 0 and 0 < A < 1 < B a vote weighted by distance to the power of
 * 2 ln A / ln B, which is consistent where that power is minus the dimension of the data: 'opt3d' on the sphere of three dimensions, and so on.
 *
 * Shapes: z [...S] → [...S], each number a cosine of −1 … 1; that of relu also takes those that rounding has put beyond, as ±1.
 * Source: Radhakrishnan, Belkin, Uhler, Wide and deep neural networks achieve consistency for classification, arXiv 2204.14126 (2023).
 * How the theorems read in the paper is UNVERIFIED.
 *
 * @example dualActivation(tensor([0, 0.5, 1]), 'opt3d') // [0.0000, 0.3125, 1.0000]
 */
export function dualActivation(z: Tensor, name: WideDeepName): Tensor {
  const fn = 'dualActivation'
  const family = familyOf(fn, name)
  checkDType(fn, 'z', z, 'float')
  switch (family.kind) {
    case 'series':
      return family.series.map(([degree, weight]) => z.pow(degree).mul(weight)).reduce((total, term) => total.add(term))
    case 'sine':
      return sinh(z.mul(family.a)).div(Math.sinh(family.a))
    case 'erf':
      return asin(z.mul(2 / 3)).div(Math.asin(2 / 3))
    case 'relu':
      return reluDual(z)
  }
}

// Autodiff would subtract one infinity from another at ±1.
const reluDual = customVjp(
  (z: Tensor) => {
    const cosine = clip(z, { min: -1, max: 1 })
    const sine = maximum(cosine.square().neg().add(1), 0).sqrt()
    return cosine.mul(share(cosine)).add(sine.div(Math.PI))
  },
  (g, _, z) => [g.mul(share(clip(z, { min: -1, max: 1 })))],
)

/** (π − acos z) / π */
function share(z: Tensor): Tensor {
  return acos(z).neg().add(Math.PI).div(Math.PI)
}
