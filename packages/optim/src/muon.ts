import {
  checkCount,
  mapTree,
  matmul,
  norm,
  ShapeError,
  showPath,
  showShape,
  type Tensor,
  type Tree,
} from '@wengert/core'
import { checkDecay, checkMatching, checkNotNegative, checkOneOf, checkPositive } from './check.ts'
import { checkRate, type Schedule } from './schedule.ts'
import { movingMean, noSteps, stride, zerosFor } from './step.ts'
import type { Transform } from './transform.ts'

export interface MuonOptions {
  /** Learning rate. @default 0.02 */
  readonly lr?: number | Schedule
  /** Share of the mean gradient that is kept from step to step, in [0, 1). @default 0.95 */
  readonly momentum?: number
  /** Look ahead along the mean gradient. @default true */
  readonly nesterov?: boolean
  /** Share of each parameter that is taken off, times the learning rate, in each step. @default 0 */
  readonly weightDecay?: number
  /**
   * What the orthogonal matrix [out, in] is multiplied by: √max(1, out / in) for 'spectral', 0.2 √max(out, in) for 'rms', which makes
   * steps as large as Adam's are, so that both can share a rate.
   * @default 'spectral'
   */
  readonly scale?: 'spectral' | 'rms'
  /** Newton-Schulz steps. @default 5 */
  readonly steps?: number
  /** Of the odd polynomial a x + b x³ + c x⁵ that each step applies to the singular values. @default [3.4445, -4.775, 2.0315] */
  readonly coefficients?: readonly [number, number, number]
  /** Added to the norm that a matrix is divided by, positive. @default 1e-7 */
  readonly eps?: number
}

/** The type leaves the structure of the parameters open, so that it is the same for every model. */
export interface MuonState {
  /** Updates made, i32 []. */
  readonly step: Tensor
  /** Mean gradients, of the parameters' structure. */
  readonly m: Tree
}

/**
 * Muon: for matrices, a step of the same size in all directions: of the mean gradient U Σ Vᵀ only U Vᵀ is kept. For the hidden matrices
 * of a network; give embeddings, heads, biases and gains to adamw, with `groups`.
 *
 *     mₜ = momentum · mₜ₋₁ + (1 − momentum) gₜ,  d = momentum · mₜ + (1 − momentum) gₜ if nesterov, else mₜ
 *     O = d / (‖d‖ + eps), then `steps` times O = a O + (b O Oᵀ + c (O Oᵀ)²) O
 *     update = −lr · (scale · O + weightDecay · p)
 *
 * The default polynomial is steep at 0 and so quick, but brings singular values only near 1, to between about 0.7 and 1.2, and such as are
 * below a hundredth of the norm perhaps not as far. [15/8, −5/4, 3/8] with more steps converges to 1. 'spectral' is the author's scale, 'rms'
 * that of Liu et al. (2025), both for weights [out, in]; PyTorch has them as `adjust_lr_fn`, with lr 1e-3 and a decay of 0.1 by default.
 *
 * Shapes: parameters [out, in]; others throw.
 *
 * Source: Jordan et al., Muon: An optimizer for hidden layers in neural networks (2024); the scale 'rms': Liu et al., Muon is scalable for
 * LLM training (2025).
 *
 * @example const optimizer = groups([(_, { shape }) => shape.length === 2, muon()], [/./, adamw({ lr: 3e-4 })])
 */
export function muon({
  lr = 0.02,
  momentum = 0.95,
  nesterov = true,
  weightDecay = 0,
  scale = 'spectral',
  steps = 5,
  coefficients = [3.4445, -4.775, 2.0315],
  eps = 1e-7,
}: MuonOptions = {}): Transform<MuonState> {
  checkRate('muon', 'lr', lr)
  checkDecay('muon', 'momentum', momentum)
  checkNotNegative('muon', 'weightDecay', weightDecay)
  checkCount('muon', 'steps', steps, 1)
  checkPositive('muon', 'eps', eps)
  checkOneOf('muon', 'scale', scale, ['spectral', 'rms'])
  return {
    init(params) {
      checkMatrices(params)
      return { step: noSteps(), m: zerosFor('muon', params) }
    },
    update<P>(grads: P, { step, m }: MuonState, params: P): [P, MuonState] {
      checkMatrices(params)
      checkMatching('muon', 'grads', grads, params)
      const next = movingMean('muon', m, grads, momentum)
      const ahead = nesterov ? movingMean('muon', next as Tree, grads, momentum) : next
      const directions = mapTree((d) => {
        const [rows, columns] = d.shape as [number, number]
        const size = scale === 'rms' ? 0.2 * Math.sqrt(Math.max(rows, columns)) : Math.sqrt(Math.max(1, rows / columns))
        return orthogonalized(d, { steps, coefficients, eps }).mul(size)
      }, ahead)
      return [stride('muon', directions, params, { lr, step, weightDecay }), { step: step.add(1), m: next as Tree }]
    },
  }
}

/** U Vᵀ of a matrix U Σ Vᵀ, nearly. */
function orthogonalized(
  x: Tensor,
  { steps, coefficients: [a, b, c], eps }: Required<Pick<MuonOptions, 'steps' | 'coefficients' | 'eps'>>,
): Tensor {
  const [rows, columns] = x.shape as [number, number]
  // The smaller of the two Gram matrices.
  const isTall = rows > columns
  let o = x.div(norm(x).add(eps))
  if (isTall) o = o.transpose()
  for (let i = 0; i < steps; i++) {
    const gram = matmul(o, o.transpose())
    o = o.mul(a).add(matmul(gram.mul(b).add(matmul(gram, gram).mul(c)), o))
  }
  return isTall ? o.transpose() : o
}

function checkMatrices(params: unknown): void {
  mapTree(
    (p, path) => {
      if (p.shape.length !== 2)
        throw new ShapeError(
          `muon: params must be matrices, got ${showShape(p.shape)} at ${showPath(path)}. ` +
            'Give other parameters to another optimizer, with groups.',
        )
      return p
    },
    params,
    'muon',
  )
}
