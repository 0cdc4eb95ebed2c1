import {
  any,
  argMax,
  checkCount,
  checkDType,
  checkValues,
  dims,
  logSigmoid,
  logSumExp,
  matmul,
  mean,
  softplus,
  stack,
  sum,
  type Tensor,
  where,
  zeros,
} from '@wengert/core'

export interface PerceptronOptions {
  /** Steps taken, at least 1. */
  readonly iterations: number
  /** Where they begin, [D]. @default 0 */
  readonly theta0?: Tensor
}

export interface LogisticDescentOptions extends PerceptronOptions {
  /** Step size γ, positive. @default 1 */
  readonly step?: number
}

/** Where a method has led, for T steps and N examples with margins mᵢ = yᵢ xᵢ · θ. Only what is read is computed. */
export interface SeparatorPath {
  /** After the last step, [D]. */
  readonly theta: Tensor
  /** Before the first step and after each, [T + 1, D]. */
  readonly trajectory: Tensor
  /** The logistic loss there, mean softplus(−mᵢ), [T + 1]. */
  readonly losses: Tensor
  /** −log of the mean of σ(−mᵢ) there: the logarithm of what normalizedLrGd multiplies the gradient by, [T + 1]. */
  readonly logBeta: Tensor
  /** Number of examples with mᵢ ≤ 0 there, i32 [T + 1]. */
  readonly misclassified: Tensor
  /** Steps until no example is misclassified for the first time, or −1 if that is never so, i32 []. */
  readonly iterationsToSolve: Tensor
}

/** Examples with the sign of their labels, yᵢ xᵢ, and where to begin. */
export interface Signed {
  /** [N, D] */
  readonly signed: Tensor
  /** [D, 1] */
  readonly start: Tensor
  readonly N: number
}

/** Checks examples [N, D] and their labels [N]. */
export function signedExamples(
  fn: string,
  x: Tensor,
  labels: Tensor,
  { iterations, theta0 }: PerceptronOptions,
): Signed {
  const { N, D } = dims(fn, { x, labels, ...(theta0 && { theta0 }) }, 'N D, N, D') as { N: number; D: number }
  checkDType(fn, 'x', x, 'precise')
  checkDType(fn, 'labels', labels, 'number')
  checkCount(fn, 'examples', N, 1)
  checkCount(fn, 'iterations', iterations, 1)
  checkValues(
    fn,
    'labels',
    labels,
    (label) => label === -1 || label === 1,
    'signs -1 or 1',
    'Labels 0 and 1 become signs with where(labels.greater(0), 1, -1).',
  )
  const { dtype } = x
  return {
    signed: x.mul(labels.cast(dtype).expandDims(-1)),
    start: (theta0?.cast(dtype) ?? zeros([D], { dtype })).expandDims(-1),
    N,
  }
}

/** Takes steps along weighted sums Σ wᵢ yᵢ xᵢ, of weights [N, 1] by margins [N, 1] and the number of steps before. */
export function descend(
  { signed, start, N }: Signed,
  iterations: number,
  weigh: (margins: Tensor, t: number) => Tensor,
): SeparatorPath {
  const columns = signed.transpose()
  const thetas = [start]
  const seen: Tensor[] = []
  for (let t = 0; t <= iterations; t++) {
    const theta = thetas[t] as Tensor
    const margins = matmul(signed, theta)
    seen.push(margins)
    if (t < iterations) thetas.push(theta.add(matmul(columns, weigh(margins, t))))
  }
  const trajectory = stack(thetas).squeeze(-1)
  const margins = stack(seen).squeeze(-1)
  const misclassified = sum(margins.lessEqual(0).cast('i32'), { axis: -1 })
  const isSolved = misclassified.equal(0)
  return {
    theta: (thetas.at(-1) as Tensor).squeeze(-1),
    trajectory,
    losses: mean(softplus(margins.neg()), { axis: -1 }),
    logBeta: logSumExp(logSigmoid(margins.neg()), { axis: -1 }).sub(Math.log(N)).neg(),
    misclassified,
    iterationsToSolve: where(any(isSolved), argMax(isSolved.cast('i32')), -1),
  }
}
