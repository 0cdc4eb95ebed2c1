/**
 * How many steps linear separators take where one example stands against a crowd: gradient descent on the logistic loss, its normalized form, and the
 * perceptrons that they become.
 */
import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { cpu } from '@wengert/backend-cpu'
import { data, type Tensor, useBackend } from '@wengert/core'
import {
  batchPerceptron,
  classicalPerceptron,
  lrGd,
  normalizedBatchPerceptron,
  normalizedLrGd,
  type SeparatorPath,
} from '@wengert/estimators'
import { oneAgainstMany } from './examples.ts'
import { page } from './page.ts'

const { values: flags } = parseArgs({ options: { out: { type: 'string', default: 'perceptrons.html' } } })
useBackend(cpu())

type Method = (x: Tensor, labels: Tensor, iterations: number) => SeparatorPath
const normalized =
  (step: number): Method =>
  (x, labels, iterations) =>
    normalizedLrGd(x, labels, { iterations, step })

const methods: Readonly<Record<string, Method>> = {
  'normalizedLrGd, step 100': normalized(100),
  'normalizedLrGd, step 10': normalized(10),
  'normalizedLrGd, step 1': normalized(1),
  'normalizedLrGd, step 0.1': normalized(0.1),
  'lrGd, step 100': (x, labels, iterations) => lrGd(x, labels, { iterations, step: 100 }),
  batchPerceptron: (x, labels, iterations) => batchPerceptron(x, labels, { iterations }),
  normalizedBatchPerceptron: (x, labels, iterations) => normalizedBatchPerceptron(x, labels, { iterations }),
  classicalPerceptron: (x, labels, iterations) => classicalPerceptron(x, labels, { iterations }),
}

const sizes = [10, 100, 1000]
const enough = 320

const rows = []
for (const [name, method] of Object.entries(methods)) {
  const steps: number[] = []
  let losses: readonly number[] = []
  for (const n of sizes) {
    const { x, labels } = oneAgainstMany(n)
    const found = method(x, labels, enough)
    const [solved, after] = (await data([found.iterationsToSolve, found.losses])) as ArrayLike<number>[]
    steps.push(solved?.[0] as number)
    losses = Array.from(after as ArrayLike<number>)
  }
  rows.push({ name, steps, losses })
}

console.log(`Steps until all are right${' '.repeat(8)}${sizes.map((n) => `n = ${n}`.padStart(10)).join('')}`)
for (const { name, steps } of rows)
  console.log(`${name.padEnd(33)}${steps.map((count) => String(count).padStart(10)).join('')}`)
writeFileSync(flags.out, page({ sizes, rows }))
console.log(`Report: ${resolve(flags.out)}`)
