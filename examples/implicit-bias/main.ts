/**
 * Where gradient descent leads on separable data: to the hard-margin classifier, if the loss has an exponential tail.
 */
import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { cpu } from '@wengert/backend-cpu'
import { type Tensor, useBackend } from '@wengert/core'
import { crossEntropy, multiclassExponentialLoss, multiclassHinge, pairLogLoss } from '@wengert/losses'
import { angleBetween, type Checkpoint, descend, type Loss } from './descend.ts'
import { hardMargin } from './hardMargin.ts'
import { page } from './page.ts'
import { points } from './points.ts'

const { values: flags } = parseArgs({
  options: { steps: { type: 'string', default: '20000' }, out: { type: 'string', default: 'implicit-bias.html' } },
})
const most = Number(flags.steps)
if (!Number.isInteger(most) || most < 100)
  throw new Error(`--steps must be an integer of at least 100, got ${flags.steps}.`)

useBackend(cpu())
const classes = 3
const features = points.map(({ x }) => x)
const labels = points.map(({ label }) => label)
const target = hardMargin(features, labels, classes)
const norm = (weights: readonly number[]): number => Math.hypot(...weights)

const squaredHinge: Loss = (logits: Tensor, labels: Tensor) => multiclassHinge(logits, labels, { p: 2 })
const losses: readonly (readonly [name: string, loss: Loss, learningRate: number])[] = [
  ['pairLogLoss', pairLogLoss, 0.05],
  ['crossEntropy', crossEntropy, 0.05],
  ['multiclassExponentialLoss', multiclassExponentialLoss, 0.02],
  ['squared hinge', squaredHinge, 0.05],
]

// Ten looks in each decade, the last at the end.
const looks = Array.from({ length: Math.ceil(10 * Math.log10(most)) }, (_, n) => Math.round(10 ** (n / 10)))
const steps = [...new Set([...looks, most])].filter((step) => step <= most)
const shown = [10, 100, 1000, 10_000, most].filter((step, n, all) => step <= most && all.indexOf(step) === n)

console.log(
  `Degrees from the hard-margin classifier after ${shown.map((n) => n.toLocaleString('en-US')).join(', ')} steps`,
)
const descents = losses.map(([name, loss, learningRate]) => {
  const checkpoints = descend(loss, { features, labels, classes, learningRate, steps })
  const angles = checkpoints.map(({ weights }) => angleBetween(weights, target.flat()))
  const cells = shown.map((step) => (angles[steps.indexOf(step)] as number).toFixed(2).padStart(7))
  console.log(`${name.padEnd(27)}${cells.join('')}`)
  const norms = checkpoints.map(({ weights }) => norm(weights) / norm(target.flat()))
  return { name, checkpoints, angles, norms }
})

const pairs = (weights: readonly number[]): (readonly [number, number])[] =>
  Array.from({ length: classes }, (_, k) => [weights[2 * k] as number, weights[2 * k + 1] as number])
const first = descents[0]?.checkpoints as readonly Checkpoint[]
const regions = [
  ...first
    .filter(({ step }) => [10, 1000, most].includes(step))
    .map(({ step, weights }) => ({ name: `${step.toLocaleString('en-US')} steps`, weights: pairs(weights) })),
  { name: 'hard margin', weights: pairs(target.flat()) },
]
writeFileSync(flags.out, page({ steps, runs: descents, regions, points }))
console.log(`Picture: ${resolve(flags.out)}`)
