import { expm1, log1p, logSumExp, relu, sigmoid, softplus, sum, type Tensor } from '@wengert/core'
import { checkChoice } from '../check.ts'
import type { PermTemplate } from './templates.ts'

export interface GammaPhiOptions {
  /**
   * What is made of the sum: s, log(1 + s), s / (1 + s) or √(1 + s) − 1, or a function of your own.
   * @default 'identity'
   */
  readonly gamma?: 'identity' | 'log1p' | 'ratio' | 'sqrt1p' | ((s: Tensor) => Tensor)
  /**
   * What is made of each margin: e^(−u), log(1 + e^(−u)), 1 / (1 + e^u) or max(0, 1 − u), or a function.
   * @default 'exp'
   */
  readonly phi?: 'exp' | 'logistic' | 'sigmoid' | 'hinge' | ((u: Tensor) => Tensor)
}

/**
 * The template γ(Σ φ(u)) for permLoss, of two functions of one number each. Use it for losses between those with names:
 * log1p of exp is crossEntropy, ratio of exp is 1 − p, identity of logistic is pairLogLoss.
 *
 *     ψ(u) = γ(Σⱼ φ(uⱼ))
 *
 * With φ 'exp' the named γ are formed from logarithms, so that log1p and ratio stay finite however wrong an example is.
 *
 * Shapes: a template [...B, K−1] → [...B].
 * Gradient: γ'(Σ φ(u)) φ'(uⱼ).
 * Source: Wang, Scott, arXiv 2311.17778 (2024); for decreasing convex φ calibrated under its conditions, whose wording
 * is UNVERIFIED.
 *
 * @example permLoss(gammaPhi({ gamma: 'log1p' }))(tensor([2, 1, 0]), tensor(0, { dtype: 'i32' })).item() // 0.407606
 */
export function gammaPhi({ gamma = 'identity', phi = 'exp' }: GammaPhiOptions = {}): PermTemplate {
  const fn = 'gammaPhi'
  if (typeof phi === 'string') checkChoice(fn, 'phi', phi, phis)
  if (typeof gamma === 'string') checkChoice(fn, 'gamma', gamma, gammas)
  return (u) => {
    const name = typeof gamma === 'string' ? gamma : null
    if (phi === 'exp' && name && u.shape.at(-1) !== 0) return gammas[name].ofLog(logSumExp(u.neg(), { axis: -1 }))
    const s = sum((typeof phi === 'string' ? phis[phi] : phi)(u), { axis: -1 })
    return typeof gamma === 'string' ? gammas[gamma].of(s) : gamma(s)
  }
}

const phis = {
  exp: (u: Tensor): Tensor => u.neg().exp(),
  logistic: (u: Tensor): Tensor => softplus(u.neg()),
  sigmoid: (u: Tensor): Tensor => sigmoid(u.neg()),
  hinge: (u: Tensor): Tensor => relu(u.neg().add(1)),
} as const

/** Each as a function of s and of log s. */
const gammas = {
  identity: { of: (s: Tensor): Tensor => s, ofLog: (l: Tensor): Tensor => l.exp() },
  log1p: { of: log1p, ofLog: softplus },
  ratio: { of: (s: Tensor): Tensor => s.div(s.add(1)), ofLog: sigmoid },
  sqrt1p: {
    of: (s: Tensor): Tensor => expm1(log1p(s).mul(0.5)),
    ofLog: (l: Tensor): Tensor => expm1(softplus(l).mul(0.5)),
  },
} as const
