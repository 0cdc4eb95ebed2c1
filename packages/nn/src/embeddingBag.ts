import { checkOption, dims, max, maximum, normal, sum, take, where } from '@wengert/core'
import { checkIds, checkTable, type EmbeddingOptions, type EmbeddingParams, withoutPadding } from './embedding.ts'
import type { Layer } from './layer.ts'

export interface EmbeddingBagOptions extends EmbeddingOptions {
  /** What is made of the rows of a bag: their sum, mean, or greatest element of each feature. @default 'mean' */
  readonly mode?: 'sum' | 'mean' | 'max'
}

/**
 * Embedding bag: one row of features for a bag of ids, in which their order does not matter. Use it for sets of words,
 * tags or products. Bags of different sizes are filled up with the padding id, which counts for nothing; a bag of nothing else
 * gives 0.
 *
 *     y = Σ weight[xᵢ],   Σ weight[xᵢ] / n   or   max weight[xᵢ]
 *
 * Shapes: x i32 [...B, N] → [...B, out]. An id outside [0, in) throws if it is known on the host, and otherwise gives NaN.
 * Gradient: where several rows of a bag have the greatest element they share it evenly.
 * Source: Joulin, Grave, Bojanowski, Mikolov, Bag of tricks for efficient text classification (2017).
 *
 * @example
 * const bag = embeddingBag({ in: 3, out: 2, mode: 'sum', paddingId: 0 })
 * bag.apply({ weight: tensor([[9, 9], [2, 3], [4, 5]]) }, tensor([[1, 2], [1, 0]], { dtype: 'i32' })) // [6, 8, 2, 3]
 */
export function embeddingBag({
  in: count,
  out: features,
  mode = 'mean',
  paddingId,
  weightInit = normal,
  dtype = 'f32',
}: EmbeddingBagOptions): Layer<EmbeddingParams> {
  checkTable('embeddingBag', count, features, paddingId)
  checkOption('embeddingBag', 'mode', mode, ['sum', 'mean', 'max'].includes(mode), "'sum', 'mean' or 'max'")
  return {
    init: (key) => ({ weight: withoutPadding(weightInit(key, [count, features], { dtype }), paddingId) }),
    apply({ weight }, x) {
      const { N = 0 } = dims('embeddingBag', { x, weight }, `...B N, ${count} ${features}`)
      checkIds('embeddingBag', x, count)
      const rows = take(weight, x)
      if (paddingId === undefined) {
        if (mode === 'max') return max(rows, { axis: -2 })
        const total = sum(rows, { axis: -2 })
        return mode === 'sum' ? total : total.div(N)
      }
      const held = x.notEqual(paddingId).expandDims(-1)
      const size = sum(held.cast(weight.dtype), { axis: -2 })
      if (mode === 'max') {
        const most = max(where(held, rows, Number.NEGATIVE_INFINITY), { axis: -2 })
        return where(size.greater(0), most, 0)
      }
      const total = sum(where(held, rows, 0), { axis: -2 })
      return mode === 'sum' ? total : total.div(maximum(size, 1))
    },
  }
}
