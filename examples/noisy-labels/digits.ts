import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { bernoulli, fold, type Key, key, randomInt, type Tensor, where } from '@wengert/core'
import { labelledExamples, parseCsv, trainTestSplit } from '@wengert/data'

export const classes = 10

/** Pictures of digits, and what they show. */
export interface Digits {
  /** Pixels from 0 to 1, f32 [N, 64]. */
  readonly x: Tensor
  /** Classes, i32 [N]. */
  readonly labels: Tensor
}

/** Digits to learn from, and a fifth of all to test with. */
export function loadDigits(): { readonly train: Digits; readonly test: Digits } {
  const file = join(import.meta.dirname, '../data/digits.csv')
  const { x, labels } = labelledExamples(parseCsv(readFileSync(file, 'utf8')))
  return trainTestSplit({ x: x.div(16), labels }, { key: key(0) })
}

/** Labels of which each is replaced, with a probability, by one of the others. All others are equally likely. */
export function flipped(labels: Tensor, noise: number, key: Key): Tensor {
  const wrong = labels.add(randomInt(fold(key, 0), labels.shape, { low: 1, high: classes }))
  const inRange = where(wrong.less(classes), wrong, wrong.sub(classes))
  return where(bernoulli(fold(key, 1), noise, labels.shape), inRange, labels)
}
