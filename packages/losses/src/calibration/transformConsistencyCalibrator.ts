import {
  checkCount,
  checkOption,
  clip,
  type DType,
  dims,
  full,
  type Key,
  relu,
  split,
  type Tensor,
} from '@wengert/core'
import { affine, initAffine } from '../affine.ts'
import { checkPositive } from '../check.ts'
import { cues } from './consistencyCues.ts'

export interface TransformConsistencyOptions {
  /** How many views there are of each example, V. @default 3 */
  readonly views?: number
  /** How many of the greatest classes to look at in each. @default 4 */
  readonly topK?: number
  /** Width of the hidden layer, H. @default 5 */
  readonly hidden?: number
  /** Least temperature, greater than 0. @default 0.1 */
  readonly tMin?: number
  /** Greatest temperature, at least tMin. @default 10 */
  readonly tMax?: number
}

export interface TransformConsistencyParams {
  /** [H, V · topK] */
  readonly w1: Tensor
  /** [H] */
  readonly b1: Tensor
  /** [1, H] */
  readonly w2: Tensor
  /** [1] */
  readonly b2: Tensor
}

export interface TransformConsistencyCalibrator {
  readonly init: (key: Key, options?: { readonly dtype?: DType }) => TransformConsistencyParams
  /** Temperatures [...B] of logits [...B, K], by the logits of their views [V, ...B, K]. */
  readonly temperature: (params: TransformConsistencyParams, logits: Tensor, viewLogits: Tensor) => Tensor
  /** Logits divided by them. */
  readonly apply: (params: TransformConsistencyParams, logits: Tensor, viewLogits: Tensor) => Tensor
}

/**
 * A temperature for each example, read from how far its views agree with it. Use it to calibrate a classifier that is
 * trained already, where views are to be had, such as pictures turned or blurred; train it by correctnessAwareLoss on
 * examples that the classifier has not seen. Which class is the greatest stays as it is. Not where one temperature for all
 * will do: that needs no views.
 *
 *     cues = softmax(viewLogits) at the topK greatest classes of logits, [...B, V · topK]
 *     T = clip(relu(cues W₁ᵀ + b₁) W₂ᵀ + b₂, tMin, tMax)
 *     calibrated = logits / T
 *
 * The bias b₂ starts at 1, the others and the weights uniform on ±1/√in: so temperatures start near 1. How the authors start
 * is UNVERIFIED.
 *
 * Shapes: logits [...B, K], viewLogits [V, ...B, K] → [...B, K], temperature [...B].
 * Gradient: with respect to all but the choice of classes; 0 through a temperature that is clipped.
 * Source: Liu et al., arXiv 2404.13016 (2024), form of the authors' code.
 *
 * @example const { init, apply } = transformConsistencyCalibrator({ views: 2 })
 * apply(init(key(0)), ones([5, 10]), ones([2, 5, 10])).shape // shape [5, 10]
 */
export function transformConsistencyCalibrator({
  views = 3,
  topK = 4,
  hidden = 5,
  tMin = 0.1,
  tMax = 10,
}: TransformConsistencyOptions = {}): TransformConsistencyCalibrator {
  const fn = 'transformConsistencyCalibrator'
  checkCount(fn, 'views', views, 1)
  checkCount(fn, 'topK', topK, 1)
  checkCount(fn, 'hidden', hidden, 1)
  checkPositive(fn, 'tMin', tMin)
  checkOption(fn, 'tMax', tMax, tMax >= tMin && Number.isFinite(tMax), `a finite number of at least tMin, ${tMin}`)

  const temperatures = (method: string, params: TransformConsistencyParams, logits: Tensor, viewLogits: Tensor) => {
    const { w1, b1, w2, b2 } = params
    dims(method, { viewLogits, w1, b1, w2, b2 }, `...V, ${hidden} ${views * topK}, ${hidden}, 1 ${hidden}, 1`)
    const a = cues(method, logits, viewLogits, topK)
    checkOption(method, 'number of views', viewLogits.shape[0] as number, viewLogits.shape[0] === views, `${views}`)
    const t = affine(relu(affine(a, w1, b1)), w2, b2)
    return clip(t, { min: tMin, max: tMax })
  }

  return {
    init(key, { dtype = 'f32' } = {}) {
      const [first, second] = split(key) as [Key, Key]
      const [w1, b1] = initAffine(first, hidden, views * topK, dtype)
      const [w2] = initAffine(second, 1, hidden, dtype)
      return { w1, b1, w2, b2: full([1], 1, { dtype }) }
    },
    temperature: (...args) => temperatures(`${fn}.temperature`, ...args).squeeze(-1),
    apply: (params, logits, viewLogits) => logits.div(temperatures(`${fn}.apply`, params, logits, viewLogits)),
  }
}
