// Coefficients of rational approximations, lowest power first.

// erf and erfc: the intervals and minimax coefficients of Sun Microsystems' fdlibm (1993), error below 1 ulp.
const erfOne = 8.45062911510467529297e-1
const pp = [
  1.28379167095512558561e-1, -3.2504210724700149937e-1, -2.84817495755985104766e-2, -5.77027029648944159157e-3,
  -2.37630166566501626084e-5,
]
const qq = [
  1, 3.97917223959155352819e-1, 6.50222499887672944485e-2, 5.08130628187576562776e-3, 1.32494738004321644526e-4,
  -3.9602282787753681232e-6,
]
const pa = [
  -2.36211856075265944077e-3, 4.14856118683748331666e-1, -3.72207876035701323847e-1, 3.18346619901161753674e-1,
  -1.10894694282396677476e-1, 3.54783043256182359371e-2, -2.166375594868790843e-3,
]
const qa = [
  1, 1.06420880400844228286e-1, 5.40397917702171048937e-1, 7.18286544141962662868e-2, 1.26171219808761642112e-1,
  1.36370839120290507362e-2, 1.1984499846799107417e-2,
]
const ra = [
  -9.86494403484714822705e-3, -6.93858572707181764372e-1, -1.05586262253232909814e1, -6.23753324503260060396e1,
  -1.62396669462573470355e2, -1.84605092906711035994e2, -8.12874355063065934246e1, -9.81432934416914548592,
]
const sa = [
  1, 1.96512716674392571292e1, 1.376577541435190426e2, 4.34565877475229228821e2, 6.45387271733267880336e2,
  4.29008140027567833386e2, 1.08635005541779435134e2, 6.57024977031928170135, -6.04244152148580987438e-2,
]
const rb = [
  -9.86494292470009928597e-3, -7.99283237680523006574e-1, -1.77579549177547519889e1, -1.60636384855821916062e2,
  -6.37566443368389627722e2, -1.02509513161107724954e3, -4.83519191608651397019e2,
]
const sb = [
  1, 3.03380607434824582924e1, 3.25792512996573918826e2, 1.53672958608443695994e3, 3.19985821950859553908e3,
  2.55305040643316442583e3, 4.74528541206955367215e2, -2.24409524465858183362e1,
]

/** Value of a polynomial, coefficients lowest power first. */
export function polynomial(coefficients: readonly number[], x: number): number {
  let y = 0
  for (let i = coefficients.length - 1; i >= 0; i--) y = y * x + (coefficients[i] as number)
  return y
}

/** e^(−x²) R(1/x²) / x for x ≥ 1.25, with x² split so that the rounding of the square does not reach the exponent. */
function erfcTail(x: number): number {
  const s = 1 / (x * x)
  const ratio = x < 1 / 0.35 ? polynomial(ra, s) / polynomial(sa, s) : polynomial(rb, s) / polynomial(sb, s)
  const high = Math.fround(x)
  return (Math.exp(-high * high - 0.5625) * Math.exp((high - x) * (high + x) + ratio)) / x
}

/** Error function. */
export function erf(x: number): number {
  const a = Math.abs(x)
  if (a < 0.84375) {
    const z = x * x
    return x + x * (polynomial(pp, z) / polynomial(qq, z))
  }
  let y: number
  if (a < 1.25) y = erfOne + polynomial(pa, a - 1) / polynomial(qa, a - 1)
  else if (a < 6) y = 1 - erfcTail(a)
  else y = a >= 6 ? 1 : Number.NaN
  return x < 0 ? -y : y
}

/** 1 − erf x, which keeps its digits where erf x is near 1. */
export function erfc(x: number): number {
  const a = Math.abs(x)
  if (a < 0.84375) {
    const z = x * x
    const rest = x * (polynomial(pp, z) / polynomial(qq, z))
    return x < 0.25 ? 1 - (x + rest) : 0.5 - (rest + (x - 0.5))
  }
  if (a < 1.25) {
    const ratio = polynomial(pa, a - 1) / polynomial(qa, a - 1)
    return x > 0 ? 1 - erfOne - ratio : 1 + (erfOne + ratio)
  }
  if (a < 28) return x > 0 ? erfcTail(a) : 2 - erfcTail(a)
  return x >= 28 ? 0 : x <= -28 ? 2 : Number.NaN
}

// The normal quantile: coefficients of algorithm AS 241 (Wichura 1988), relative error about 1e-16.
const centreTop = [
  3.387132872796366608, 1.3314166789178437745e2, 1.9715909503065514427e3, 1.3731693765509461125e4,
  4.5921953931549871457e4, 6.7265770927008700853e4, 3.3430575583588128105e4, 2.5090809287301226727e3,
]
const centreBottom = [
  1, 4.2313330701600911252e1, 6.871870074920579083e2, 5.3941960214247511077e3, 2.1213794301586595867e4,
  3.930789580009271061e4, 2.8729085735721942674e4, 5.226495278852854561e3,
]
const middleTop = [
  1.42343711074968357734, 4.6303378461565452959, 5.7694972214606914055, 3.64784832476320460504, 1.27045825245236838258,
  2.4178072517745061177e-1, 2.27238449892691845833e-2, 7.7454501427834140764e-4,
]
const middleBottom = [
  1, 2.05319162663775882187, 1.6763848301838038494, 6.8976733498510000455e-1, 1.4810397642748007459e-1,
  1.51986665636164571966e-2, 5.475938084995344946e-4, 1.05075007164441684324e-9,
]
const tailTop = [
  6.6579046435011037772, 5.4637849111641143699, 1.7848265399172913358, 2.9656057182850489123e-1,
  2.6532189526576123093e-2, 1.2426609473880784386e-3, 2.71155556874348757815e-5, 2.01033439929228813265e-7,
]
const tailBottom = [
  1, 5.9983220655588793769e-1, 1.3692988092273580531e-1, 1.48753612908506148525e-2, 7.868691311456132591e-4,
  1.8463183175100546818e-5, 1.4215117583164458887e-7, 2.04426310338993978564e-15,
]

/** Inverse of erf: erfInv(y) = Φ⁻¹((1 + y) / 2) / √2. */
export function erfInv(y: number): number {
  if (!(Math.abs(y) < 1)) return Math.abs(y) === 1 ? y * Number.POSITIVE_INFINITY : Number.NaN
  const q = y / 2
  if (Math.abs(q) <= 0.425) {
    const r = 0.180625 - q * q
    return ((q * polynomial(centreTop, r)) / polynomial(centreBottom, r)) * Math.SQRT1_2
  }
  const r = Math.sqrt(-Math.log((1 - Math.abs(y)) / 2))
  const quantile =
    r <= 5
      ? polynomial(middleTop, r - 1.6) / polynomial(middleBottom, r - 1.6)
      : polynomial(tailTop, r - 5) / polynomial(tailBottom, r - 5)
  return (y < 0 ? -quantile : quantile) * Math.SQRT1_2
}

/** 1 / (1 + e^(−x)) with full relative accuracy in both tails. */
export function sigmoid(x: number): number {
  if (x >= 0) return 1 / (1 + Math.exp(-x))
  const e = Math.exp(x)
  return e / (1 + e)
}

/** log(1 + e^x) without overflow. */
export function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))
}

/** Converts to a 32-bit integer: toward zero, saturating, NaN to 0. */
export function toI32(x: number): number {
  if (x >= 2147483647) return 2147483647
  return x <= -2147483648 ? -2147483648 : x | 0
}

/** √(x² + y²) without overflow; infinite where either is. */
export function hypot(x: number, y: number): number {
  const squares = x * x + y * y
  if (squares > 1e-280 && squares < 1e300) return Math.sqrt(squares)
  const a = Math.abs(x)
  const b = Math.abs(y)
  if (a === Number.POSITIVE_INFINITY || b === Number.POSITIVE_INFINITY) return Number.POSITIVE_INFINITY
  // Exact scaling by a power of two.
  const scale = Math.max(a, b) > 1 ? 2 ** 600 : 2 ** -600
  return scale * Math.sqrt((a / scale) ** 2 + (b / scale) ** 2)
}

/** The nearest integer; of two, the even one. */
export function round(x: number): number {
  const y = Math.round(x)
  // Math.round takes the greater of two.
  return y - x === 0.5 && y % 2 !== 0 ? y - 1 : y
}
