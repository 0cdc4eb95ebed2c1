import { argSort, checkCount, checkOption, type Tensor, take, where } from '@wengert/core'
import { checkNotNegative } from '../check.ts'
import { classLabels } from '../labels.ts'
import { type GradientFilter, gradientFilter } from './gradientFilter.ts'
import { type LinearLayerOptions, linearLayer } from './linearLayer.ts'
import { blockedFigures } from './vocabularyBlocks.ts'

export interface LinearCrossEntropyOptions extends LinearLayerOptions {
  /** Label of tokens to leave out, any integer, e.g. -100: their value and gradient are 0. @default none */
  readonly ignoreIndex?: number
  /** Weight of the square of log Σ exp z, which keeps the logits near 0, ≥ 0. @default 0 */
  readonly zLoss?: number
  /**
   * Blocks in which |softmax − one-hot| stays below this everywhere add nothing to the gradient. 'auto' is 1/32 of the
   * distance of floats at 1, null turns it off. @default null; the authors' code takes 'auto'
   */
  readonly filterEps?: 'auto' | number | null
  /** Whether blocks are left out of the gradient by embeddings. @default true */
  readonly filterEmbeddings?: boolean
  /** Whether blocks are left out of the gradient by the weight; that by the bias follows if both do. @default true */
  readonly filterWeight?: boolean
  /** Whether filtered blocks take the classes in the order of their mean logit, so that rare ones share blocks. @default true */
  readonly orderVocabulary?: boolean
  /** Tokens of a filtered block. @default 128 */
  readonly blockTokens?: number
}

const autoEps = { f32: 2 ** -28, f64: 2 ** -57 } as const

/**
 * Cross-entropy of a linear output layer that never holds all logits: they are made for a block of classes at a time,
 * once for the value and once more for the gradient. Use it for language models and other vocabularies so large that
 * N × V logits do not fit, or would crowd out all else. It needs four matrix products for value and gradient, where
 * crossEntropy of the layer's output needs three and passes over memory; on the CPU the time is about the same.
 *
 *     z = embeddings · weightᵀ + bias,   softcap: z ← s tanh(z / s)
 *     L = log Σᵥ exp zᵥ − z_label + zLoss · (log Σᵥ exp zᵥ)²
 *
 * Beyond inputs and gradients it takes room for three blocks of logits, by default of 2 MB each in f32 up to 4,096
 * tokens, and for about three arrays the size of the embeddings; second derivatives keep all logits. With filterEps,
 * blocks of blockTokens tokens and blockVocabulary classes in which |softmax − one-hot| is less than eps everywhere are
 * left out of the gradient, as in the authors' code, and of its three products: of a trained model, whose tokens leave
 * most classes next to nothing, that saves up to three quarters of the work, of an untrained one none. Smaller blocks leave out
 * more. An ordered vocabulary costs a second array of the weight's size, and with a softcap a fifth product. The value is
 * never filtered.
 *
 * Class labels outside [0, V) throw where their numbers are data on the host; labels that are computed give NaN there.
 * For next-token prediction cut embeddings and labels: those of tokens 0 … T − 2 and 1 … T − 1. To average over the
 * tokens that are not ignored, write weightedMean(loss, labels.notEqual(ignoreIndex)).
 *
 * Shapes: embeddings [...B, D], weight [V, D], labels i32 [...B], bias [V] → [...B].
 * Gradient: Gᵀ embeddings by weight, G weight by embeddings, Σ G by bias, with G = softmax − one-hot; the softcap
 * multiplies G by 1 − (z / s)², and the zLoss scales the softmax in it by 1 + 2 zLoss log Σ exp z.
 * Source: Wijmans, Huval, Hertzberg, Koltun, Krähenbühl, Cut Your Losses in Large-Vocabulary Language Models, arXiv
 * 2411.09009 (2024), in the form of the authors' code, which filters by |softmax − one-hot|; that the paper filters
 * entries of the softmax below 2⁻¹² is UNVERIFIED.
 *
 * @example linearCrossEntropy(tensor([[1, 2]]), tensor([[1, 0], [0, 1], [0, 0]]), tensor([1], { dtype: 'i32' })) // [0.407606]
 */
export function linearCrossEntropy(
  embeddings: Tensor,
  weight: Tensor,
  labels: Tensor,
  options: LinearCrossEntropyOptions = {},
): Tensor {
  const fn = 'linearCrossEntropy'
  const { ignoreIndex, zLoss = 0, filterEps = null } = options
  const { rows, V, ...logits } = linearLayer(fn, options, { embeddings, weight, labels })
  if (ignoreIndex !== undefined)
    checkOption(fn, 'ignoreIndex', ignoreIndex, Number.isInteger(ignoreIndex), 'an integer')
  checkNotNegative(fn, { zLoss })
  const { mark } = classLabels(fn, labels, V, ignoreIndex)

  const flat = labels.reshape(rows.shape.slice(0, 1))
  const valid = ignoreIndex === undefined ? null : flat.notEqual(ignoreIndex)
  // Blocks of a filter hold no ignored tokens, unless there are no others left.
  const order = filterEps !== null && valid ? argSort(valid.not().cast('i32')) : null
  const arranged = (x: Tensor): Tensor => (order ? take(x, order) : x)
  const inOrder = blockedFigures(
    logits,
    arranged(valid ? where(valid, flat, 0) : flat),
    checkedFilter(fn, options, rows, valid && arranged(valid)),
    // What the embedding of an ignored token holds must not matter, not even NaN.
    arranged(valid ? where(valid.expandDims(-1), rows, 0) : rows),
    weight,
    options.bias,
  )
  const figures = order ? take(inOrder, argSort(order), { axis: 1 }) : inOrder
  const [total, own] = [0, 1].map((i) => figures.slice([i, 0], [i + 1, flat.shape[0] as number])) as [Tensor, Tensor]
  const loss = total.sub(own).add(total.square().mul(zLoss))
  const marked = mark(loss.reshape(labels.shape))
  return ignoreIndex === undefined ? marked : where(labels.notEqual(ignoreIndex), marked, 0)
}

function checkedFilter(
  fn: string,
  {
    filterEps = null,
    filterEmbeddings = true,
    filterWeight = true,
    orderVocabulary = true,
    blockTokens = 128,
  }: LinearCrossEntropyOptions,
  { dtype, shape: [N = 0] }: Tensor,
  valid: Tensor | null,
): GradientFilter | null {
  checkCount(fn, 'blockTokens', blockTokens, 1)
  if (filterEps === null) return null
  const eps = filterEps === 'auto' ? autoEps[dtype as 'f32' | 'f64'] : filterEps
  checkOption(fn, 'filterEps', filterEps, eps >= 0, "at least 0, 'auto' or null")
  return gradientFilter({
    eps,
    height: blockTokens,
    embeddings: filterEmbeddings,
    weight: filterWeight,
    ordered: orderVocabulary,
    valid,
    N,
  })
}
