import {
  arange,
  argMax,
  checkOption,
  clip,
  full,
  logSumExp,
  root,
  softmax,
  sum,
  type Tensor,
  take,
  where,
} from '@wengert/core'
import { checkChoice, checkPositive } from '../check.ts'
import { type LdrMarginOptions, type MarginTerms, marginTerms } from './marginTerms.ts'

export interface AldrKlOptions extends LdrMarginOptions {
  /** How strongly λ is held to lambda0, > 1 on the scale 'logK'. @default 2, as in the authors' code */
  readonly alpha?: number
  /** Where λ is held, and its greatest value, > 0. @default 1 */
  readonly lambda0?: number
  /** Whether alpha counts in units of log K / lambda0, as in the authors' code, or as it is. @default 'logK' */
  readonly alphaScale?: 'logK' | 'raw'
}

/**
 * The temperature that aldrKlLoss chooses for each example: small where the label looks wrong, near lambda0 where all
 * is well. Use it to see what the loss makes of each example.
 *
 *     λ = argmax λ log((1/K) Σⱼ e^(tⱼ / λ)) − (α/2) (λ − λ₀)²
 *     0 = λ − λ₀ + KL(softmax(t / λ) ‖ uniform) / α,   α = alpha log K / λ₀ on the scale 'logK'
 *
 * The second line may have several solutions; the best is found on a grid of 64 points, 64 times the memory of the
 * logits, and then made exact by Newton's method within its neighbours. It lies from λ₀ (1 − 1/alpha) to λ₀.
 *
 * Shapes: logits [...B, K], labels i32 [...B] → [...B].
 * Gradient: that of the solution, by the implicit function theorem; where the best solution changes it jumps.
 * Source: Zhu, Ying, Yang, arXiv 2112.14869 (2023); equation numbers UNVERIFIED.
 *
 * @example aldrKlLambda(tensor([2, 1, 0]), tensor(0, { dtype: 'i32' })).item() // 0.863375
 */
export function aldrKlLambda(logits: Tensor, labels: Tensor, options: AldrKlOptions = {}): Tensor {
  const { terms, mark, lambda0, stiffness } = aldrKlTerms('aldrKlLambda', logits, labels, options)
  return mark(bestLambda(terms, lambda0, stiffness))
}

export const aldrKlTerms = (
  fn: string,
  logits: Tensor,
  labels: Tensor,
  { alpha = 2, lambda0 = 1, alphaScale = 'logK', ...options }: AldrKlOptions,
): MarginTerms & { readonly lambda0: number; readonly stiffness: number } => {
  const found = marginTerms(fn, logits, labels, options)
  checkPositive(fn, 'lambda0', lambda0)
  checkChoice(fn, 'alphaScale', alphaScale, scales)
  const unit = Math.log(found.K) / lambda0
  const least = alphaScale === 'raw' ? unit : 1
  checkOption(fn, 'alpha', alpha, alpha > least && Number.isFinite(alpha), `a finite number greater than ${least}`)
  return { ...found, lambda0, stiffness: alphaScale === 'raw' ? alpha : alpha * unit }
}

const scales = { logK: 0, raw: 0 } as const

/** λ log((1/K) Σ e^(t/λ)) − (stiffness/2) (λ − λ₀)² for λ [..., 1] and t [..., K]. */
export const objective = (terms: Tensor, lambda: Tensor, lambda0: number, stiffness: number): Tensor =>
  logSumExp(terms.div(lambda), { axis: -1, keepDims: true })
    .sub(Math.log(terms.shape.at(-1) as number))
    .mul(lambda)
    .sub(
      lambda
        .sub(lambda0)
        .square()
        .mul(stiffness / 2),
    )
    .squeeze(-1)

/** The λ [...B] for which the objective of terms [...B, K] is greatest. */
export const bestLambda = (terms: Tensor, lambda0: number, stiffness: number): Tensor => {
  const K = terms.shape.at(-1) as number
  // Of one class the divergence is 0, and so is the stiffness on the scale of its logarithm.
  if (K === 1) return full(terms.shape.slice(0, -1), lambda0, { dtype: terms.dtype })

  /** First and second derivative of the objective by λ, [..., 1]. */
  const slopes = (lambda: Tensor, t: Tensor): { first: Tensor; second: Tensor } => {
    const x = t.div(lambda)
    const q = softmax(x)
    const mean = sum(q.mul(x), { axis: -1, keepDims: true })
    const entropy = logSumExp(x, { axis: -1, keepDims: true }).sub(mean)
    const variance = sum(q.mul(x.sub(mean).square()), { axis: -1, keepDims: true })
    return {
      first: entropy.sub(Math.log(K)).sub(lambda.sub(lambda0).mul(stiffness)),
      second: variance.div(lambda).sub(stiffness),
    }
  }
  const solve = (t: Tensor): Tensor => {
    const least = lambda0 - Math.log(K) / stiffness
    const grid = arange(points, { dtype: t.dtype })
      .mul((lambda0 - least) / (points - 1))
      .add(least)
    const at = argMax(objective(t.expandDims(-2), grid.expandDims(-1), lambda0, stiffness)).expandDims(-1)
    let [low, high] = [take(grid, clip(at.sub(1), { min: 0 })), take(grid, clip(at.add(1), { max: points - 1 }))]
    let lambda = take(grid, at)
    for (let i = 0; i < iterations; i++) {
      const { first, second } = slopes(lambda, t)
      const rising = first.greater(0)
      low = where(rising, lambda, low)
      high = where(rising, high, lambda)
      const newton = lambda.sub(first.div(second))
      const inside = second.less(0).and(newton.greaterEqual(low)).and(newton.lessEqual(high))
      lambda = where(inside, newton, low.add(high).mul(0.5))
    }
    return lambda
  }
  // Each λ has an equation of its own: the linear solve is a division.
  const solveLinear = (map: (l: Tensor) => Tensor, g: Tensor): Tensor => g.div(map(g.mul(0).add(1)))
  return root((lambda: Tensor, t: Tensor) => slopes(lambda, t).first, solve, { solveLinear })(terms).squeeze(-1)
}

const points = 64
const iterations = 16
