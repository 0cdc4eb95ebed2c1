import {
  any,
  arange,
  checkOption,
  dims,
  matmul,
  maximum,
  pad,
  ShapeError,
  showShape,
  sigmoid,
  sizeOf,
  softmax,
  softplus,
  stopGradient,
  sum,
  type Tensor,
  where,
} from '@wengert/core'
import { checkFloats } from '../check.ts'
import { classLabels, type ReadyLabels } from '../labels.ts'

/** What the classifier has made of the foreground examples so far. Begin with zeros. */
export interface ForegroundHistory {
  /** Sum of the probabilities over the foreground classes, by true class, [C, C]. */
  readonly confusionSum: Tensor
  /** Number of examples of each class, [C]. */
  readonly classCount: Tensor
}

export interface ForegroundBalanceOptions {
  /** Factor of the margins. @default 1, as in the authors' class; their configurations have 0.85 */
  readonly alpha?: number
  /** Scores from this on count against an example even below that of its class, from 0 to 1. @default 0.7 */
  readonly probThreshold?: number
  /** Count only confusing classes of foreground examples. The authors begin with it after one epoch. @default true */
  readonly reweight?: boolean
}

/**
 * Foreground classification balance loss: binary cross-entropies over C classes and a background, with margins between classes that
 * are confused one way, and only hard negatives. Use it for detection or classification where some classes are rare. The mean over
 * examples is the authors' loss.
 *
 *     c = confusionSum / max(classCount, 1) by row
 *     mⱼ = alpha log(max(c_yj, 10⁻³) / max(c_jy, 10⁻³)) for foreground y and j, else 0
 *     L = Σⱼ wⱼ · binaryCrossEntropy(zⱼ + mⱼ, [j = y])
 *     qⱼ = σ(zⱼ) (1 − σ(z_background)): the score that also ranks predictions
 *     wⱼ = 1 where qⱼ ≥ q_y or qⱼ ≥ probThreshold, for the background class, and for background examples, else 0
 *
 * After each batch make the next history with foregroundHistoryStep. Class labels outside [0, C] throw where their numbers are data
 * on the host; labels that are computed give NaN there.
 *
 * Shapes: logits [...B, C + 1] with the background last, labels i32 [...B], history [C, C] and [C] → [...B].
 * Gradient: wⱼ (σ(zⱼ + mⱼ) − [j = y]); none flows to margins and weights, which jump as classes become hard.
 * Source: Qi et al., Balanced Classification: A Unified Framework for Long-Tailed Object Detection, arXiv 2308.02213 (2023), form of
 * the authors' code.
 *
 * @example const history = { confusionSum: zeros([2, 2]), classCount: zeros([2]) }
 * foregroundBalanceLoss(tensor([1, 0, -1]), tensor(0, { dtype: 'i32' }), history).item() // 0.626523
 */
export function foregroundBalanceLoss(
  logits: Tensor,
  labels: Tensor,
  history: ForegroundHistory,
  { alpha = 1, probThreshold = 0.7, reweight = true }: ForegroundBalanceOptions = {},
): Tensor {
  const fn = 'foregroundBalanceLoss'
  const { hit, mark, C } = ready(fn, logits, labels, history)
  checkOption(fn, 'alpha', alpha, Number.isFinite(alpha), 'finite')
  checkOption(fn, 'probThreshold', probThreshold, probThreshold >= 0 && probThreshold <= 1, 'from 0 to 1')
  const shifted = logits.add(stopGradient(margins(history, hit.cast(logits.dtype), C).mul(alpha)))
  const terms = softplus(where(hit, shifted.neg(), shifted))
  if (!reweight) return mark(sum(terms, { axis: -1 }))
  const isBackground = arange(C + 1, { dtype: 'i32' }).equal(C)
  const score = (z: Tensor): Tensor => sum(where(isBackground, z, 0), { axis: -1, keepDims: true })
  const q = sigmoid(logits).mul(sigmoid(score(logits).neg()))
  const own = sum(where(hit, q, 0), { axis: -1, keepDims: true })
  // A background example counts in each class.
  const all = any(hit.and(isBackground), { axis: -1, keepDims: true })
  const counted = q.greaterEqual(own).or(q.greaterEqual(probThreshold)).or(isBackground).or(all)
  return mark(sum(where(counted, terms, 0), { axis: -1 }))
}

/** log(max(c_yj, 10⁻³) / max(c_jy, 10⁻³)) for one-hot rows of y, with zeros for the background, [...B, C + 1]. */
function margins({ confusionSum, classCount }: ForegroundHistory, rows: Tensor, C: number): Tensor {
  const logs = maximum(confusionSum.div(maximum(classCount, 1).expandDims(-1)), 1e-3).log()
  const between = logs.sub(logs.transpose()).cast(rows.dtype)
  const padded = pad(between, [
    [0, 1],
    [0, 1],
  ])
  return matmul(rows.reshape([-1, C + 1]), padded).reshape(rows.shape)
}

/**
 * The history with a batch added to it. Use it after each batch of foregroundBalanceLoss; its sums are what devices add up.
 *
 *     confusionSum_y += softmax(z over the foreground classes),   classCount_y += 1   for each foreground example
 *
 * Labels that are computed and out of range are left out.
 *
 * Shapes: history [C, C] and [C], logits [...B, C + 1] with the background last, labels i32 [...B] → history.
 * Gradient: none.
 * Source: Qi et al., arXiv 2308.02213 (2023), form of the authors' code.
 *
 * @example const history = { confusionSum: zeros([2, 2]), classCount: zeros([2]) }
 * foregroundHistoryStep(history, tensor([0, 0, 5]), tensor(1, { dtype: 'i32' })).confusionSum.dataSync() // 0, 0, 0.5, 0.5
 */
export function foregroundHistoryStep(history: ForegroundHistory, logits: Tensor, labels: Tensor): ForegroundHistory {
  const { hit, C } = ready('foregroundHistoryStep', logits, labels, history)
  const { confusionSum, classCount } = history
  const front = (x: Tensor): Tensor => x.reshape([-1, C + 1]).slice([0, 0], [sizeOf(labels.shape), C])
  const rows = front(hit.cast(logits.dtype))
  const probs = softmax(front(stopGradient(logits)))
  return {
    confusionSum: confusionSum.add(matmul(rows.transpose(), probs).cast(confusionSum.dtype)),
    classCount: classCount.add(sum(rows, { axis: 0 }).cast(classCount.dtype)),
  }
}

function ready(
  fn: string,
  logits: Tensor,
  labels: Tensor,
  { confusionSum, classCount }: ForegroundHistory,
): ReadyLabels & { readonly C: number } {
  const { K, C } = dims(fn, { logits, labels, confusionSum, classCount }, '...B K, ...B, C C, C')
  checkFloats(fn, { logits, confusionSum, classCount })
  if (K !== (C as number) + 1)
    throw new ShapeError(
      `${fn}: logits must have a column for each of the ${C} classes of the history and one for the background, ` +
        `got ${showShape(logits.shape)}.`,
    )
  return { ...classLabels(fn, labels, K), C: C as number }
}
