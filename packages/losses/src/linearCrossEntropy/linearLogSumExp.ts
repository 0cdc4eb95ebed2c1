import { type Tensor, zeros } from '@wengert/core'
import { type LinearLayerOptions, linearLayer } from './linearLayer.ts'
import { blockedFigures } from './vocabularyBlocks.ts'

/**
 * log Σ exp of a linear output layer's logits, which are made block by block and never held all at once. Use it for the
 * normaliser of a large vocabulary, as in linearCrossEntropy, whose option zLoss spares a second pass.
 *
 *     z = embeddings · weightᵀ + bias,   softcap: z ← s tanh(z / s)
 *     y = log Σᵥ exp zᵥ
 *
 * Shapes: embeddings [...B, D], weight [V, D], bias [V] → [...B].
 * Gradient: that of linearCrossEntropy with G = softmax; it makes the logits once more.
 * Source: Wijmans et al., Cut Your Losses in Large-Vocabulary Language Models, arXiv 2411.09009 (2024).
 *
 * @example linearLogSumExp(tensor([[1, 2]]), tensor([[1, 0], [0, 1], [0, 0]])) // [2.407606]
 */
export function linearLogSumExp(embeddings: Tensor, weight: Tensor, options: LinearLayerOptions = {}): Tensor {
  const { rows, V: _, ...logits } = linearLayer('linearLogSumExp', options, { embeddings, weight })
  const labels = zeros(rows.shape.slice(0, 1), { dtype: 'i32' })
  const figures = blockedFigures(logits, labels, null, rows, weight, options.bias)
  return figures.slice([0, 0], [1, labels.shape[0] as number]).reshape(embeddings.shape.slice(0, -1))
}
