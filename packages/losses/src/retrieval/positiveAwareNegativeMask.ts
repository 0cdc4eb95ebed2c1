import { checkOption, dims, full, type Tensor } from '@wengert/core'
import { checkChoice, checkFloats } from '../check.ts'

export interface PositiveAwareOptions {
  /**
   * Where negatives end: at a share of the positive's score, at a margin below it, at a score whatever the positive
   * has, or nowhere.
   * @default 'percentage'
   */
  readonly mode?: 'percentage' | 'margin' | 'absolute' | 'none'
  /** That share, margin or score. @default 0.95 for 'percentage', 0.05 for 'margin', 0.7 for 'absolute' */
  readonly value?: number
}

type Threshold = (positive: Tensor, value: number) => Tensor

const thresholds: Readonly<Record<NonNullable<PositiveAwareOptions['mode']>, Threshold>> = {
  percentage: (positive, value) => positive.mul(value),
  margin: (positive, value) => positive.sub(value),
  absolute: ({ shape, dtype }, value) => full(shape, value, { dtype }),
  none: ({ shape, dtype }) => full(shape, Number.POSITIVE_INFINITY, { dtype }),
}

const defaults = { percentage: 0.95, margin: 0.05, absolute: 0.7, none: 0 } as const

/**
 * Which mined negatives to keep: those whose score, by a teacher, is below a threshold set by the positive's. Use it to
 * leave out passages that are likely true answers, which the nearest negatives often are.
 *
 *     kept = negative < value · positive   ('percentage')
 *            negative < positive − value   ('margin')
 *            negative < value              ('absolute')
 *
 * A percentage of a positive score below 0 is nearer to 0: use a margin where scores can be negative.
 *
 * Shapes: positiveScores [...B], negativeScores [...B, N] → bool [...B, N].
 * Gradient: none.
 * Source: de Souza P. Moreira et al., NV-Retriever, arXiv 2407.15831 (2024), as used in arXiv 2506.07438 (2025), whose
 * text says the contrary: that negatives below the threshold are left out. The default for 'absolute' is ours.
 *
 * @example positiveAwareNegativeMask(tensor([0.8]), tensor([[0.9, 0.77, 0.2]])) // 0, 0, 1
 */
export function positiveAwareNegativeMask(
  positiveScores: Tensor,
  negativeScores: Tensor,
  { mode = 'percentage', value = defaults[mode] }: PositiveAwareOptions = {},
): Tensor {
  const fn = 'positiveAwareNegativeMask'
  dims(fn, { positiveScores, negativeScores }, '...B, ...B N')
  checkFloats(fn, { positiveScores, negativeScores })
  checkChoice(fn, 'mode', mode, thresholds)
  checkOption(fn, 'value', value, Number.isFinite(value), 'finite')
  return negativeScores.less(thresholds[mode](positiveScores, value).expandDims(-1))
}
