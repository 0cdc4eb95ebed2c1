import { mean, type Tensor } from '@wengert/core'
import { crossEntropy, type SvmObjectiveOptions, svmObjective } from '@wengert/losses'

/** What a batch costs, by the logits of a dense layer, the labels, and that layer's weight, which alone is penalised. */
export type Head = (logits: Tensor, labels: Tensor, weight: Tensor) => Tensor

/** The output of a network as a support-vector machine. */
export function svmHead(options: Omit<SvmObjectiveOptions, 'weight'>): Head {
  return (logits, labels, weight) => svmObjective(logits, labels, { ...options, weight })
}

/** The output of a network as probabilities, without a penalty. */
export const softmaxHead: Head = (logits, labels) => mean(crossEntropy(logits, labels))
