import { polynomial } from './special.ts'

/** (1 − γ), then (−1)^k (ζ(k) − 1) / k for k = 2, 3, …: the Taylor series of lgamma(2 + z) / z. */
const aboutTwo = [
  0.42278433509846713, 0.3224670334241132, -0.0673523010531981, 0.020580808427784546, -0.007385551028673986,
  0.0028905103307415234, -0.001192753911703261, 0.0005096695247430425, -0.00022315475845357939, 9.945751278180853e-5,
  -4.492623673813314e-5, 2.050721277567069e-5, -9.439488275268397e-6, 4.374866789907488e-6, -2.039215753801366e-6,
  9.55141213040742e-7, -4.492469198764566e-7, 2.1207184805554665e-7, -1.0043224823968099e-7, 4.7698101693639804e-8,
  -2.2711094608943164e-8, 1.0838659214896955e-8, -5.183475041970047e-9, 2.4836745438024785e-9, -1.1921401405860912e-9,
  5.731367241678862e-10, -2.7595228851242334e-10,
]

/** Bernoulli's numbers of even index from 2 on. */
const bernoulli = [1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510, 43867 / 798]

/** Stirling's series of lgamma, in 1/x²: B₂ₖ / (2k (2k − 1)). */
const stirling = bernoulli.map((b, i) => b / ((2 * i + 2) * (2 * i + 1)))

/** The asymptotic series of digamma, in 1/x²: B₂ₖ / 2k. */
const asymptotic = bernoulli.map((b, i) => b / (2 * i + 2))

/** ½ log 2π − ½. */
const halfLog = 0.4189385332046727

/** Distance of x from the nearest integer, with its sign; exact. */
function fromInteger(x: number): number {
  return x - Math.round(x)
}

/** log |Γ(x)|. Relative error of a few 1e-16, except about the zeros on the negative axis, where it is absolute. */
export function lgamma(x: number): number {
  if (x <= 0) {
    if (Math.floor(x) === x) return Number.POSITIVE_INFINITY
    // Γ(x) Γ(1 − x) = π / sin πx
    return Math.log(Math.PI / Math.abs(Math.sin(Math.PI * fromInteger(x)))) - lgamma(1 - x)
  }
  if (x >= 10) return (x - 0.5) * (Math.log(x) - 1) + halfLog + polynomial(stirling, 1 / (x * x)) / x
  if (x < 0.5) return lgammaAboutTwo(x) - Math.log(x) - Math.log1p(x)
  if (x < 1.5) return lgammaAboutTwo(x - 1) - Math.log(x)
  let product = 1
  let z = x - 2
  while (z > 0.5) {
    product *= z + 1
    z--
  }
  return Math.log(product) + lgammaAboutTwo(z)
}

/** lgamma(2 + z) for |z| ≤ ½, with full relative accuracy about its zero. */
function lgammaAboutTwo(z: number): number {
  return z * polynomial(aboutTwo, z)
}

// digamma on [1, 2] as (x − root)(Y + P(x − 1) / Q(x − 1)), which keeps its digits about the root: the coefficients of
// Boost.Math (J. Maddock), error below 2.5e-17. The root is given in three parts.
const rootHigh = 1569415565 / 2 ** 30
const rootMiddle = 381566830 / 2 ** 60
const rootLow = 9.016312093258695918615e-20
const digammaY = 0.99558162689208984
const digammaP = [
  0.25479851061131551, -0.32555031186804491, -0.65031853770896507, -0.28919126444774784, -0.045251321448739056,
  -0.0020713321167745952,
]
const digammaQ = [
  1, 2.0767117023730469, 1.4606242909763515, 0.43593529692665969, 0.054151797245674225, 0.0021284987017821144,
  -0.55789841321675513e-6,
]

/** Derivative of lgamma on the positive axis. */
function digamma(x: number): number {
  if (x >= 10) {
    const s = 1 / (x * x)
    return Math.log(x) - 0.5 / x - s * polynomial(asymptotic, s)
  }
  let shift = 0
  let z = x
  for (; z < 1; z++) shift -= 1 / z
  while (z > 2) {
    z--
    shift += 1 / z
  }
  const ratio = polynomial(digammaP, z - 1) / polynomial(digammaQ, z - 1)
  return shift + (z - rootHigh - rootMiddle - rootLow) * (digammaY + ratio)
}

/**
 * Derivative of order n of digamma. At its poles, 0, −1, −2, …, it is ∞ where both sides agree (odd n); else NaN,
 * but at ±0 the limit of that side.
 */
export function polygamma(n: number, x: number): number {
  if (x <= 0) {
    const odd = n % 2 === 1
    if (x === 0) return odd ? Number.POSITIVE_INFINITY : -1 / x
    const r = fromInteger(x)
    if (r === 0) return odd ? Number.POSITIVE_INFINITY : Number.NaN
    // The derivative of order n of ψ(1 − x) − ψ(x) = π cot πx.
    const mirrored = polygamma(n, 1 - x)
    return (odd ? -mirrored : mirrored) - Math.PI ** (n + 1) * cotangentSlope(n, 1 / Math.tan(Math.PI * r))
  }
  if (n === 0) return digamma(x)
  let factorial = n % 2 === 1 ? 1 : -1
  for (let i = 2; i <= n; i++) factorial *= i
  return factorial * hurwitzZeta(n + 1, x)
}

/** Derivative of order n of the cotangent at a point where it is c: each one is a polynomial in c, as cot' = −(1 + cot²). */
function cotangentSlope(n: number, c: number): number {
  let p = [0, 1]
  for (let i = 0; i < n; i++) {
    const next = new Array<number>(p.length + 1).fill(0)
    for (let k = 1; k < p.length; k++) {
      const slope = k * (p[k] as number)
      next[k - 1] = (next[k - 1] as number) - slope
      next[k + 1] = (next[k + 1] as number) - slope
    }
    p = next
  }
  return polynomial(p, c)
}

/** Σ (x + k)^(−s) over k = 0, 1, … by the sum of Euler and Maclaurin, for s ≥ 2 and x > 0. */
function hurwitzZeta(s: number, x: number): number {
  let a = x
  let sum = 0
  for (const enough = 10 + s; a < enough; a++) sum += a ** -s
  const power = a ** -s
  let term = (power * s) / (2 * a)
  let tail = a ** (1 - s) / (s - 1) + power / 2
  // term = s (s + 1) … (s + 2k) / (2k + 2)! · a^(−s − 2k − 1)
  for (let k = 0; k < bernoulli.length; k++) {
    tail += (bernoulli[k] as number) * term
    term *= ((s + 2 * k + 1) * (s + 2 * k + 2)) / ((2 * k + 3) * (2 * k + 4)) / (a * a)
  }
  return sum + tail
}
