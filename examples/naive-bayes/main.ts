/**
 * How many examples do two ways to a linear classifier need? Naive Bayes models what examples of a class look like, logistic regression
 * only where classes part. First Gaussian classes of more and more coordinates, then pictures of digits, whose pixels are not independent.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { cpu } from '@wengert/backend-cpu'
import { fold, key, permutation, take, useBackend } from '@wengert/core'
import { labelledExamples, parseCsv, trainTestSplit } from '@wengert/data'
import { gaussianNaiveBayesScores } from '@wengert/estimators'
import { gaussians } from './gaussians.ts'
import { drawn, errorAfter, errorOf, type Learner, names } from './learners.ts'
import { type Needs, page } from './page.ts'

const { values: flags } = parseArgs({
  options: {
    dimensions: { type: 'string', default: '50,100,200' },
    classes: { type: 'string', default: '2,3' },
    digits: { type: 'string', default: '10,20,50,100,200,500,1000' },
    repeats: { type: 'string', default: '5' },
    out: { type: 'string', default: 'naive-bayes.html' },
  },
})
const numbers = (flag: 'dimensions' | 'classes' | 'digits' | 'repeats'): number[] => {
  const list = flags[flag].split(',').map(Number)
  if (list.some((n) => !Number.isInteger(n) || n < 1))
    throw new Error(`--${flag} must be integers of at least 1, got ${flags[flag]}.`)
  return list
}
const [dimensions, classCounts, [repeats = 5]] = [numbers('dimensions'), numbers('classes'), numbers('repeats')]

useBackend(cpu())
const least = 0.01

console.log(`Examples until the mean error of ${repeats} runs is within 1 % of the best possible\n`)
console.log(['classes', 'coordinates', ...names].map((name) => name.padStart(12)).join('  '))
const needs: Needs[] = []
for (const classes of classCounts)
  for (const n of dimensions) {
    const { truth, draw } = gaussians(n, classes)
    const at = fold(fold(key(0), classes), n)
    const test = await drawn(draw(fold(at, 0), 2000))
    const goal = errorOf(gaussianNaiveBayesScores(test.x, truth), test) + least
    const most = 4 * n * classes
    const sets = await Promise.all(Array.from({ length: repeats }, (_, run) => drawn(draw(fold(at, run + 1), most))))
    const needed = async (name: Learner): Promise<number> => {
      const step = (count: number): number => Math.max(Math.ceil(Math.log(n)), Math.floor(count / 10))
      for (let count = 2 * classes; count <= most; count += step(count))
        if ((await errorAfter(name, sets, count, test, classes)) < goal) return count
      return Number.POSITIVE_INFINITY
    }
    const counts = [await needed('naive Bayes'), await needed('logistic regression')]
    needs.push({ classes, n, counts })
    console.log(
      [classes, n, ...counts]
        .map((x, i) => String(x).padStart(i < 2 ? 12 : (names[i - 2] as string).length))
        .join('  '),
    )
  }

const table = labelledExamples(parseCsv(readFileSync(join(import.meta.dirname, '../data/digits.csv'), 'utf8')))
const { train, test } = trainTestSplit({ x: table.x.div(16), labels: table.labels }, { key: key(1), test: 0.44 })
const N = train.labels.shape[0] as number
const sets = await Promise.all(
  Array.from({ length: repeats }, (_, run) => {
    const order = permutation(fold(key(2), run), N)
    return drawn({ x: take(train.x, order), labels: take(train.labels, order) })
  }),
)
const held = await drawn(test)
console.log(`\nShare of ${held.labels.shape[0]} digits read wrong after so many examples\n`)
console.log(['examples', ...names].map((name) => name.padStart(12)).join('  '))
const curve: { readonly count: number; readonly errors: readonly number[] }[] = []
for (const count of numbers('digits')) {
  const errors: number[] = []
  for (const name of names) errors.push(await errorAfter(name, sets, count, held, 10))
  curve.push({ count, errors })
  console.log(
    [String(count).padStart(12), ...errors.map((e, i) => e.toFixed(3).padStart((names[i] as string).length))].join(
      '  ',
    ),
  )
}
writeFileSync(flags.out, page({ repeats, needs, curve }))
console.log(`\nCurves: ${resolve(flags.out)}`)
