import { flip, full, stack, type Tensor } from '@wengert/core'

/** What a loss of logits [...B, K] gives for each class label in turn, [...B, K]. */
export function overLabels(loss: (logits: Tensor, labels: Tensor) => Tensor, logits: Tensor): Tensor {
  const K = logits.shape.at(-1) as number
  const losses = Array.from({ length: K }, (_, k) => loss(logits, full(logits.shape.slice(0, -1), k, { dtype: 'i32' })))
  return stack(losses, { axis: -1 })
}

/** Logits [...B, K] and class labels [...B] with the classes in the opposite order. */
export function classesReversed(logits: Tensor, labels: Tensor): [Tensor, Tensor] {
  return [flip(logits, { axis: -1 }), labels.neg().add((logits.shape.at(-1) as number) - 1)]
}
