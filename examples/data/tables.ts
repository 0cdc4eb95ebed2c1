import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { key, mean, type Tensor } from '@wengert/core'
import { labelledExamples, parseCsv, type Split, trainTestSplit } from '@wengert/data'

export const tables = ['breast-cancer', 'wine', 'iris'] as const

/** Features and classes of examples. */
export interface Examples {
  /** f32 [N, D] */
  readonly x: Tensor
  /** i32 [N] */
  readonly labels: Tensor
}

/** One of the tables, with a part of it to test with, each feature scaled by mean and spread of what is learned from. */
export function loadTable(
  name: (typeof tables)[number],
  { test = 0.3 }: { readonly test?: number } = {},
): Split<Examples> {
  const text = readFileSync(join(import.meta.dirname, `${name}.csv`), 'utf8')
  // The first line counts rows and columns.
  const examples = labelledExamples(parseCsv(text.slice(text.indexOf('\n') + 1)))
  const split = trainTestSplit({ x: examples.x, labels: examples.labels }, { key: key(0), test })
  const centre = mean(split.train.x, { axis: 0 })
  const spread = mean(split.train.x.sub(centre).square(), { axis: 0 }).sqrt()
  const scaled = ({ x, labels }: Examples): Examples => ({ x: x.sub(centre).div(spread), labels })
  return { train: scaled(split.train), test: scaled(split.test) }
}
