import type { Functions } from './functions.ts'
import { literal, polynomial } from './literal.ts'

// Minimax: erf x = x + x p(x²) on |x| <= 0.84, error 2^-27, and erf x = 1 - e^(-q(x)) from there to 3.95, error 2^-28.
const erfNear = [0.12837917, -0.37612593, 0.11282919, -0.026810095, 0.005063168, -6.384259e-4]
const erfFar = [9.3936564e-5, 1.1281075, 0.63643557, 0.104603775, -0.022559002, 0.0031285337, -2.0483852e-4]

// Minimax: e^(x²) erfc x = p(q) / (1 + x) with q = (x - 3) / (x + 3) from ½ to 10.1, error 2^-26.
const erfcFar = [
  0.7160046, -0.23092732, 0.09902054, -0.010236292, -0.023801537, 0.021969069, -0.009759517, 0.0015637033, 6.5009063e-4,
  -2.626554e-4,
]

// erfInv x = x p(w - 2.5) for w = -log(1 - x²) below 5, x q(√w - 3) beyond: the variables of Giles, Approximating the erfinv
// function (2010), with minimax coefficients of our own.
const erfInvNear = [
  1.5014094, 0.2466403, -0.0041775, -0.0012527597, 2.1841053e-4, -4.9533132e-6, -3.4769419e-6, 4.6406515e-7,
  2.4252797e-8, -8.643257e-9,
]
const erfInvFar = [
  2.8329768, 1.001674, 0.009440347, -0.0076218653, 0.005733662, -0.0036751719, 0.0013580236, 1.02300546e-4,
  -2.045724e-4,
]

export const errorFunction: Functions = {
  // A tiny x is multiplied once, since a driver may flush the second product.
  erfNear: `fn erfNear(x: f32) -> f32 {
  let z = x * x;
  return select(x + x * ${polynomial('z', erfNear)}, x * ${literal(2 / Math.sqrt(Math.PI))}, z == 0f);
}`,
  erfF32: `fn erfF32(x: f32) -> f32 {
  let a = abs(x);
  if (a < 0.84f) { return withSign(erfNear(a), x); }
  let t = min(a, 3.95f);
  let y = 1f - expF32(-${polynomial('t', erfFar)});
  return select(withSign(y, x), x, isNaN(x));
}`,
  // The square of x goes to the exponential in two parts, the first exact.
  erfcF32: `fn erfcF32(x: f32) -> f32 {
  if (abs(x) < 0.5f) { return 1f - erfNear(x); }
  let a = min(abs(x), 10.5f);
  let h = head(a);
  let q = (a - 3f) / (a + 3f);
  let tail = expScaled(-h * h, (h - a) * (h + a), 0) * (${polynomial('q', erfcFar)} / (1f + a));
  let y = select(tail, 2f - tail, x < 0f);
  return select(y, x, isNaN(x));
}`,
  erfInvF32: `fn erfInvF32(x: f32) -> f32 {
  let a = abs(x);
  let w = -logF32((1f - a) * (1f + a));
  let near = w - 2.5f;
  let far = sqrt(w) - 3f;
  let y = a * select(${polynomial('near', erfInvNear)}, ${polynomial('far', erfInvFar)}, w > 5f);
  let limit = select(nan(), inf(), bitcast<u32>(a) == 0x3f800000u);
  return withSign(select(y, limit, a >= 1f || isNaN(x)), x);
}`,
}
