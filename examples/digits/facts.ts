import type { GradientReport } from '@wengert/gradcheck'
import type { Dataset } from './dataset.ts'
import { count } from './format.ts'
import { hidden } from './model.ts'
import type { Options } from './options.ts'
import { learningRate } from './train.ts'

export type Fact = readonly [name: string, value: string]

/** What is about to be done, for people to read. */
export function factsOf(dataset: Dataset, { epochs, batch, seeds }: Options, check: GradientReport): Fact[] {
  const { name, height, width, classes, train, test } = dataset
  const [rows, held] = [train.labels.shape[0] as number, test.labels.shape[0] as number]
  const each = height > 1 ? `images of ${height} × ${width} pixels` : `rows of ${width} numbers`
  const [first, last] = [seeds[0], seeds.at(-1)]
  return [
    ['data', `${name}: ${count(rows + held)} ${each} in ${classes} classes`],
    ['split', `${count(rows)} to train on, ${count(held)} held back for testing`],
    ['network', `dense ${height * width} → ${hidden} → ${classes} with relu, ${count(check.inputs)} parameters`],
    ['optimizer', `Adam, learning rate from ${learningRate} to 0 along a cosine, gradients clipped to norm 1`],
    ['training', `${count(epochs)} epochs in batches of ${count(batch)}`],
    [seeds.length > 1 ? 'seeds' : 'seed', first === last ? `${first}` : `${first} to ${last}`],
    ['gradient check', `passed: ${check.checks} slopes of first and second order agree with finite differences`],
  ]
}
