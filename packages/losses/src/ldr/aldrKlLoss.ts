import { customVjp, dims, softmax, stopGradient, type Tensor } from '@wengert/core'
import { checkFloats } from '../check.ts'
import { type AldrKlOptions, aldrKlTerms, bestLambda, objective } from './aldrKlLambda.ts'

export interface AldrKlLossOptions extends AldrKlOptions {
  /**
   * Temperatures to take instead of the best ones, [...B], such as those of aldrKlLambdaStep; constants.
   * @default the best
   */
  readonly lambda?: Tensor
}

/**
 * ALDR-KL loss: ldrKlLoss with a temperature of its own for each example, so that labels which look wrong count less.
 * Use it where some labels are wrong.
 *
 *     tⱼ = margin [j ≠ y] + zⱼ − z_y,  so t_y = 0
 *     L = max_λ λ log((1/K) Σⱼ e^(tⱼ / λ)) − (α/2) (λ − λ₀)²,   α = alpha log K / λ₀ on the scale 'logK'
 *
 * The best λ is found exactly, see aldrKlLambda. The authors' code takes a step towards it at each visit of an example
 * instead: aldrKlLambdaStep, whose result is given as `lambda`, with normalization 'l1Mean' in both. The loss may be
 * negative. Class labels outside [0, K) throw where their numbers are data on the host; labels that are computed give
 * NaN there.
 *
 * Shapes: logits [...B, K], labels i32 [...B] → [...B].
 * Gradient: softmax(t / λ) − one-hot label with respect to logits that are not normalized; a kink where the best λ
 * jumps.
 * Source: Zhu, Ying, Yang, arXiv 2112.14869 (2023); equation numbers UNVERIFIED.
 *
 * @example aldrKlLoss(tensor([2, 1, 0]), tensor(0, { dtype: 'i32' })).item() // -0.640322
 */
export function aldrKlLoss(
  logits: Tensor,
  labels: Tensor,
  { lambda: given, ...options }: AldrKlLossOptions = {},
): Tensor {
  const fn = 'aldrKlLoss'
  const { terms, mark, lambda0, stiffness } = aldrKlTerms(fn, logits, labels, options)
  if (given) {
    dims(fn, { labels, lambda: given }, '...B, ...B')
    checkFloats(fn, { lambda: given })
  }
  const lambda = given ? stopGradient(given).cast(terms.dtype) : bestLambda(terms, lambda0, stiffness)
  // At the best λ the slope by λ is 0, so no derivative need pass there; that of the rule does.
  const value = customVjp(
    (t: Tensor, l: Tensor) => objective(t, l, lambda0, stiffness),
    (g, _, t, l) => [softmax(t.div(l)).mul(g.expandDims(-1)), null],
  )
  return mark(value(terms, lambda.expandDims(-1)))
}
