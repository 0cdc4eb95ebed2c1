import { checkOption, dims, softmax, stopGradient, sum, type Tensor } from '@wengert/core'
import { checkFloats, checkLogits, checkPositive } from '../check.ts'
import type { AldrKlOptions } from './aldrKlLambda.ts'
import { normalized } from './marginTerms.ts'

export type AldrKlLambdaStepOptions = Pick<AldrKlOptions, 'alpha' | 'lambda0' | 'normalization'>

/**
 * One step towards the temperature that aldrKlLoss would choose, from that of the example's last visit. Use it in place
 * of the exact solution where there are many classes: it costs one softmax, and one number to remember per example.
 *
 *     r = (softmax(z / λ) + 1e-5) / (1 + 1e-5 K)
 *     λ' = λ₀ − λ₀ KL(r ‖ uniform) / (alpha log K)
 *
 * It leaves out the margin, unlike the exact solution, and alpha is on the scale 'logK'. Begin with lambda0 for all
 * examples:
 *
 *     const lambda = aldrKlLambdaStep(logits, take(table, indices))
 *     const loss = aldrKlLoss(logits, labels, { lambda, normalization: 'l1Mean' })
 *
 * Shapes: logits [...B, K], lambda [...B] → [...B].
 * Gradient: none, the result counts as a constant.
 * Source: Zhu, Ying, Yang, arXiv 2112.14869 (2023), form of the authors' code, whose normalization is 'l1Mean', or for
 * CIFAR-100 'softplusMean'.
 *
 * @example aldrKlLambdaStep(tensor([2, 1, 0]), ones([])).item() // 0.878847
 */
export function aldrKlLambdaStep(
  logits: Tensor,
  lambda: Tensor,
  { alpha = 2, lambda0 = 1, normalization = 'l1Mean' }: AldrKlLambdaStepOptions = {},
): Tensor {
  const fn = 'aldrKlLambdaStep'
  const { K } = dims(fn, { logits, lambda }, '...B K, ...B')
  checkLogits(fn, logits)
  checkFloats(fn, { lambda })
  checkOption(fn, 'alpha', alpha, alpha > 1 && Number.isFinite(alpha), 'a finite number greater than 1')
  checkPositive(fn, 'lambda0', lambda0)
  const classes = K as number
  const z = normalized(fn, logits, normalization)
  const r = softmax(z.div(lambda.cast(z.dtype).expandDims(-1)))
    .add(1e-5)
    .div(1 + 1e-5 * classes)
  const divergence = sum(r.mul(r.mul(classes).log()), { axis: -1 })
  // Of one class the divergence is 0, as is log K.
  const share = classes === 1 ? divergence.mul(0) : divergence.div(alpha * Math.log(classes))
  return stopGradient(share.neg().add(1).mul(lambda0))
}
