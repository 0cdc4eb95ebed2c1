import {
  argMin,
  checkDType,
  checkOption,
  checkValues,
  concat,
  diag,
  dims,
  hostValue,
  matmul,
  min,
  ones,
  root,
  sigmoid,
  softplus,
  solve,
  sum,
  type Tensor,
  take,
  tensor,
  ValueError,
  zeros,
} from '@wengert/core'

export interface MahalanobisEnsembleOptions {
  /** Weight of the examples against the pull of the weights to 0, above 0. @default 1 */
  readonly C?: number
}

/** How the scores of several layers are put together. */
export interface MahalanobisEnsembleModel {
  /** [L] */
  readonly weight: Tensor
  /** [] */
  readonly bias: Tensor
}

/**
 * Puts the scores of several layers together: logistic regression of whether an input is unlike those of training, from the score that
 * mahalanobisScore gives it at each layer. Fit it to examples of both kinds, scaled to a spread of about 1.
 *
 *     minimizes C Σ (softplus(z) − label z) + ½ ‖weight‖²,   z = scores · weight + bias
 *
 * By 20 steps of Newton's method with step halving, without reading anything. Labels are 1 for what is unlike and 0 for what is like
 * training, of any dtype; both must occur, and other labels throw, where labels are data on the host.
 *
 * Shapes: scores [N, L], labels [N] → weight [L], bias [].
 * Gradient: that of the minimizer, to scores and float labels, by the implicit function theorem.
 * Source: Lee, Lee, Lee, Shin, arXiv 1807.03888 (2018), sec. 2.2; the objective is that of scikit-learn, which the authors' code uses.
 *
 * @example mahalanobisEnsemble(tensor([[-1], [0], [1], [2]]), tensor([1, 1, 0, 0])).weight // [-0.9583]
 */
export function mahalanobisEnsemble(
  scores: Tensor,
  labels: Tensor,
  { C = 1 }: MahalanobisEnsembleOptions = {},
): MahalanobisEnsembleModel {
  const fn = 'mahalanobisEnsemble'
  check(fn, scores, labels, C)
  const values = hostValue(labels)
  if (values && new Set(Array.from(values)).size < 2)
    throw new ValueError(`${fn}: labels must hold both 0 and 1, got ${values[0] ?? 'none'} alone. Add other examples.`)
  const { x, y } = designOf(scores, labels)
  const solution = root(
    (theta: Tensor, x: Tensor, y: Tensor) => slopeOf(theta, x, y, C),
    (x, y) => newton(x, y, C),
  )(x, y)
  const L = scores.shape[1] as number
  return { weight: solution.slice([0], [L]), bias: solution.slice([L], [L + 1]).squeeze(0) }
}

/**
 * What mahalanobisEnsemble minimizes, for given weights.
 *
 * Shapes: scores [N, L], labels [N], weight [L], bias [] → [].
 * Gradient: smooth, to all.
 * Source: as of mahalanobisEnsemble.
 *
 * @example
 * const model = { weight: tensor([1]), bias: tensor(0) }
 * mahalanobisEnsembleObjective(tensor([[0], [0]]), tensor([0, 1]), model).item() // 1.886294
 */
export function mahalanobisEnsembleObjective(
  scores: Tensor,
  labels: Tensor,
  model: MahalanobisEnsembleModel,
  { C = 1 }: MahalanobisEnsembleOptions = {},
): Tensor {
  const fn = 'mahalanobisEnsembleObjective'
  check(fn, scores, labels, C)
  const z = logits(fn, scores, model)
  return cost(z, labels.cast(z.dtype), C).add(sum(model.weight.square()).mul(0.5))
}

/**
 * The probability that inputs are unlike those of training, by a fitted ensemble.
 *
 * Shapes: scores [...B, L], weight [L], bias [] → [...B].
 * Gradient: p (1 − p) along the weights.
 * Source: Lee, Lee, Lee, Shin, arXiv 1807.03888 (2018), sec. 2.2.
 *
 * @example mahalanobisEnsembleProbability(tensor([1, 2]), { weight: tensor([2, -1]), bias: tensor(0) }).item() // 0.5
 */
export function mahalanobisEnsembleProbability(scores: Tensor, model: MahalanobisEnsembleModel): Tensor {
  return sigmoid(logits('mahalanobisEnsembleProbability', scores, model))
}

function logits(fn: string, scores: Tensor, { weight, bias }: MahalanobisEnsembleModel): Tensor {
  dims(fn, { scores, weight, bias }, '...B L, L,')
  for (const [name, x] of Object.entries({ scores, weight, bias })) checkDType(fn, name, x, 'precise')
  return sum(scores.mul(weight), { axis: -1 }).add(bias)
}

function check(fn: string, scores: Tensor, labels: Tensor, C: number): void {
  dims(fn, { scores, labels }, 'N L, N')
  checkDType(fn, 'scores', scores, 'precise')
  checkOption(fn, 'C', C, C > 0 && Number.isFinite(C), 'a finite number greater than 0')
  const isBinary = (label: number): boolean => label === 0 || label === 1
  checkValues(fn, 'labels', labels, isBinary, '0 or 1', 'Signs become such labels with labels.greater(0).')
}

/** Scores with a column of ones for the bias, and labels of their dtype. */
function designOf(scores: Tensor, labels: Tensor): { readonly x: Tensor; readonly y: Tensor } {
  const dtype = scores.dtype as 'f32' | 'f64'
  const N = scores.shape[0] as number
  return { x: concat([scores, ones([N, 1], { dtype })], { axis: 1 }), y: labels.cast(dtype) }
}

/** Σ over examples, the last axis. */
function cost(z: Tensor, y: Tensor, C: number): Tensor {
  return sum(softplus(z).sub(y.mul(z)), { axis: -1 }).mul(C)
}

/** 1 for weights and 0 for the bias. */
function penalized(x: Tensor): Tensor {
  const L = (x.shape[1] as number) - 1
  return tensor([...Array(L).fill(1), 0], { dtype: x.dtype as 'f32' | 'f64' })
}

function slopeOf(theta: Tensor, x: Tensor, y: Tensor, C: number): Tensor {
  const p = sigmoid(matmul(x, theta.expandDims(-1)).squeeze(-1))
  const pull = theta.mul(penalized(x))
  return matmul(x.transpose(), p.sub(y).expandDims(-1)).squeeze(-1).mul(C).add(pull)
}

const steps = 20

function newton(x: Tensor, y: Tensor, C: number): Tensor {
  const dtype = x.dtype as 'f32' | 'f64'
  const pull = penalized(x)
  // Where all is saturated the bias has no curvature left.
  const least = diag(ones([x.shape[1] as number], { dtype }).mul(dtype === 'f64' ? 1e-12 : 1e-6))
  const rounding = dtype === 'f64' ? 2 ** -48 : 2 ** -19
  const halvings = tensor([1, 1 / 2, 1 / 4, 1 / 8, 1 / 16, 1 / 64, 1 / 1024, 0], { dtype })
  let theta = zeros([x.shape[1] as number], { dtype })
  for (let step = 0; step < steps; step++) {
    const z = matmul(x, theta.expandDims(-1))
    const p = sigmoid(z)
    const curvature = matmul(x.transpose(), x.mul(p.mul(p.neg().add(1)))).mul(C)
    const move = solve(curvature.add(diag(pull)).add(least), slopeOf(theta, x, y, C).expandDims(-1))
    const tried = theta.expandDims(-1).sub(move.mul(halvings))
    const costs = cost(matmul(x, tried).transpose(), y, C)
    const objective = costs.add(sum(tried.square().mul(pull.expandDims(-1)), { axis: 0 }).mul(0.5))
    // Near the minimum differences drown in round-off, while the step is right to all digits.
    const bonus = halvings.mul(min(objective.abs())).mul(rounding)
    theta = take(tried, argMin(objective.sub(bonus)), { axis: 1 })
  }
  return theta
}
