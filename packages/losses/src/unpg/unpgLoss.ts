import { checkOption, logSumExp, type Tensor, where } from '@wengert/core'
import { checkChoice } from '../check.ts'
import { checkBatch } from '../easyPositive/batch.ts'
import { type LabelCosines, labelCosines, marginCrossEntropy } from '../margin/labelCosines.ts'
import { type MagFaceOptions, magnitudes } from '../margin/magFaceLoss.ts'
import { type Monotone, widenAngle } from '../margin/widenAngle.ts'
import { type UnpgNegativesOptions, unpgNegatives } from './unpgNegatives.ts'

export interface UnpgOptions extends Omit<MagFaceOptions, 'ignoreIndex'>, UnpgNegativesOptions {
  /** Which margin the label gets: that of cosFaceLoss, arcFaceLoss or magFaceLoss. @default 'cosFace' */
  readonly head?: 'cosFace' | 'arcFace' | 'magFace'
  /** Margin of 'cosFace', or of 'arcFace' in radians, finite. @default 0.5 */
  readonly margin?: number
  /** What 'arcFace' and 'magFace' do with angles beyond π. @default 'none' and 'easy' */
  readonly monotone?: Monotone
}

type Head = (ready: LabelCosines, options: UnpgOptions) => { readonly target: Tensor; readonly cost?: Tensor }

const fn = 'unpgLoss'
const heads: Readonly<Record<NonNullable<UnpgOptions['head']>, Head>> = {
  cosFace: ({ own }, { margin = 0.5 }) => ({ target: own.sub(margin) }),
  arcFace: ({ own }, { margin = 0.5, monotone = 'none' }) => ({ target: widenAngle(fn, own, margin, monotone) }),
  magFace: ({ own, embeddings }, options) => {
    const { angle, cost } = magnitudes(fn, embeddings, options)
    return { target: widenAngle(fn, own, angle, options.monotone ?? 'easy'), cost }
  },
}

/**
 * A margin head that also tells the examples of a batch apart, by the similarities of their pairs in the denominator of its softmax.
 * Use it in place of cosFaceLoss, arcFaceLoss or magFaceLoss for batches of many classes, at no forward pass more.
 *
 *     z = logits of the head after its margin, S = similarities of the pairs of unpgNegatives
 *     L = −log( e^(z_y) / (Σⱼ e^(zⱼ) + Σ_S e^(scale S)) )
 *
 * All examples are given all pairs. It is never less than the loss of the head, and the same where the batch has one class only; a wider
 * whisker makes it greater. Class labels outside [0, K) throw where their numbers are data on the host; labels that are computed give
 * NaN there.
 *
 * Shapes: embeddings [B, D], labels i32 [B], prototypes [K, D] → [B], coupled by the pairs.
 * Gradient: that of the head, and to both embeddings of each pair; jumps where a pair becomes an outlier.
 * Source: Jung et al., arXiv 2203.11593 (2022), with the constants of the authors' code.
 *
 * @example const labels = tensor([0, 1], { dtype: 'i32' })
 * unpgLoss(tensor([[3, 4], [0, 1]]), labels, tensor([[1, 0], [0, 1]]), { scale: 10 }).dataSync() // 7.694, 3.049
 */
export function unpgLoss(
  embeddings: Tensor,
  labels: Tensor,
  prototypes: Tensor,
  { head = 'cosFace', whisker = 1.5, ...options }: UnpgOptions = {},
): Tensor {
  checkBatch(fn, embeddings, labels)
  checkChoice(fn, 'head', head, heads)
  const { margin = 0 } = options
  checkOption(fn, 'margin', margin, Number.isFinite(margin), 'finite')
  const ready = labelCosines(fn, embeddings, labels, prototypes, options)
  const { target, cost } = heads[head](ready, options)
  const { similarities, kept } = unpgNegatives(embeddings, labels, { whisker })
  const loss = marginCrossEntropy(
    ready,
    target,
    logSumExp(where(kept, similarities.mul(ready.scale), Number.NEGATIVE_INFINITY)),
  )
  return ready.mark(cost ? loss.add(cost) : loss)
}
