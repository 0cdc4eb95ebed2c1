import { checkDType, dims, matmul, type Tensor } from '@wengert/core'

/** A linear classifier, laid out as a dense layer of nn. */
export interface LinearModel {
  /** [K, D] */
  readonly weight: Tensor
  /** [K] */
  readonly bias: Tensor
}

/**
 * What a linear classifier gives each class; its argMax is the class that it predicts. For a model of logisticRegression or
 * gaussianNaiveBayesHead, softmax makes probabilities of them.
 *
 *     scores = x weightᵀ + bias
 *
 * Shapes: x [...B, D], weight [K, D], bias [K] → [...B, K].
 * Gradient: linear, to all.
 * Source: Bishop, Pattern Recognition and Machine Learning (2006), sec. 4.1.2.
 *
 * @example linearScores(tensor([1, 2]), { weight: tensor([[1, 0], [-1, 1]]), bias: tensor([0, 0.5]) }).dataSync() // 1, 1.5
 */
export function linearScores(x: Tensor, { weight, bias }: LinearModel): Tensor {
  dims('linearScores', { x, weight, bias }, '...B D, K D, K')
  for (const [name, each] of Object.entries({ x, weight, bias })) checkDType('linearScores', name, each, 'precise')
  const [K, D] = weight.shape as readonly [number, number]
  const rows = matmul(x.reshape([-1, D]), weight.transpose())
  return rows.reshape([...x.shape.slice(0, -1), K]).add(bias)
}
