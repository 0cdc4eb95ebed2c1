import { dims, type Tensor, where } from '@wengert/core'
import { checkFloats } from '../check.ts'
import { binaryLabels, type ReadyLabels } from '../labels.ts'

/** Logits and binary labels of one shape, checked in the name of a function: s = z if the label is 1, −z if it is 0. */
export function margins(
  fn: string,
  logits: Tensor,
  labels: Tensor,
): { readonly s: Tensor; readonly mark: ReadyLabels['mark'] } {
  dims(fn, { logits, labels }, '...S, ...S')
  checkFloats(fn, { logits })
  const { hit, mark } = binaryLabels(fn, labels)
  return { s: where(hit, logits, logits.neg()), mark }
}

/** 1 − s up to s = 1, and beyond it a function of the excess s − 1, with value 0 and slope −1 where it begins. */
export function tailHinge(fn: string, logits: Tensor, labels: Tensor, tail: (excess: Tensor) => Tensor): Tensor {
  const { s, mark } = margins(fn, logits, labels)
  const beyond = s.greater(1)
  return mark(where(beyond, tail(where(beyond, s.sub(1), 0)), s.neg().add(1)))
}
