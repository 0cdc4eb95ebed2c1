import { cos, customVjp, maximum, sin, type Tensor } from '@wengert/core'

/** cos(θ + angle) from cos θ, without an arc cosine. Finite in value and gradient at θ = 0 and π, and where rounding has led beyond. */
export function addAngle(cosine: Tensor, angle: Tensor): Tensor {
  return cosine.mul(cos(angle)).sub(sine(cosine).mul(sin(angle)))
}

/** √(1 − cos²), with a rule of its own since its slope is infinite at ±1. */
const sine = customVjp(
  (cosine: Tensor) => maximum(cosine.add(1).mul(cosine.neg().add(1)), 0).sqrt(),
  (g, y, cosine) => {
    const least = cosine.dtype === 'f64' ? 1e-7 : 1e-4
    return [g.mul(cosine).div(maximum(y, least)).neg()]
  },
)
