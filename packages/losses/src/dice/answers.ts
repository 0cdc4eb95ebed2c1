import { dims, type Tensor } from '@wengert/core'
import { checkFloats, checkTensors } from '../check.ts'
import { binaryLabels, labelledLogits, type ReadyLabels } from '../labels.ts'

export interface DiceAnswers extends ReadyLabels {
  /** Whether each example has one of several classes, logits [...B, K], not yes or no, logits [...B]. */
  readonly multiclass: boolean
}

/** Labels of logits: classes if they lack the last axis, of the logits' shape 0 or 1. */
export function answersOf(fn: string, logits: Tensor, labels: Tensor): DiceAnswers {
  checkTensors(fn, { logits, labels })
  if (logits.shape.length > labels.shape.length) return { ...labelledLogits(fn, logits, labels), multiclass: true }
  return { ...yesOrNo(fn, logits, labels), multiclass: false }
}

/** Logits of yes or no, and labels 0 or 1 of their shape. */
export function yesOrNo(fn: string, logits: Tensor, labels: Tensor): ReadyLabels {
  dims(fn, { logits, labels }, '...B, ...B')
  checkFloats(fn, { logits })
  return binaryLabels(fn, labels)
}
