import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { cpu } from '@wengert/backend-cpu'
import { useBackend } from '@wengert/core'
import { beforeAll, expect, it } from 'vitest'
import { type Prepared, picturesIn, prepare } from '../digits/prepare.ts'
import { indexOfGreatest } from './bars.ts'
import { drawings } from './drawings.ts'
import { fullInk, pixelsOf } from './pixelsOf.ts'
import { Training, type TrainingOptions } from './training.ts'

let dataset: Prepared
beforeAll(() => {
  useBackend(cpu())
  dataset = prepare(picturesIn(readFileSync(join(import.meta.dirname, '../data/digits.csv'), 'utf8')))
})

function begun(options: Partial<TrainingOptions> = {}): Training {
  return new Training(dataset, { backend: cpu(), loss: 'crossEntropy', learningRate: 3e-3, seed: 0, ...options })
}

async function steps(training: Training, count: number): Promise<number[]> {
  const losses: number[] = []
  for (let i = 0; i < count; i++) losses.push(await training.step())
  return losses
}

it('learns to read digits, and what people draw', async () => {
  const training = begun()
  expect((await training.test()).accuracy).toBeLessThan(0.3)
  await steps(training, 200)
  expect([training.steps, training.epoch]).toEqual([200, 10])
  const { accuracy, confusions } = await training.test()
  expect(accuracy).toBeGreaterThan(0.95)
  expect(confusions.flat().reduce((a, b) => a + b)).toBe(359)

  const reads = await Promise.all(
    drawings.map((variants) =>
      Promise.all(
        variants.map(async (drawing) => {
          const shares = await training.read(pixelsOf(drawing).map((ink) => ink / fullInk))
          expect([...shares].reduce((a, b) => a + b)).toBeCloseTo(1, 5)
          return indexOfGreatest(shares)
        }),
      ),
    ),
  )
  const wrong = reads.flatMap((row, digit) => row.filter((read) => read !== digit).map((read) => `${digit} as ${read}`))
  expect(wrong.length, wrong.join(', ')).toBeLessThanOrEqual(1)
})

it('goes on as if nothing had happened when it moves to another backend', async () => {
  const [stays, moves] = [begun(), begun()]
  await steps(stays, 20)
  await steps(moves, 20)
  const { backend } = moves
  await moves.moveTo(cpu())
  expect(moves.backend).not.toBe(backend)
  expect(await moves.test()).toEqual(await stays.test())
  expect(await steps(moves, 10)).toEqual(await steps(stays, 10))
  await moves.moveTo(backend)
  expect(await steps(moves, 10)).toEqual(await steps(stays, 10))
  expect(moves.steps).toBe(40)
})

it('keeps what it learned when the loss or the rate changes', async () => {
  const training = begun()
  await steps(training, 100)
  const before = await training.test()
  training.loss = 'svmLoss'
  training.learningRate = 1e-4
  const losses = await steps(training, 20)
  expect(losses.every((loss) => loss > 1)).toBe(true)
  expect((await training.test()).accuracy).toBeGreaterThan(before.accuracy - 0.02)
})

it('starts over: from the same numbers with the same seed, from others with another', async () => {
  const training = begun()
  const first = await steps(training, 5)
  await training.reset(1)
  expect([training.steps, training.epoch]).toEqual([0, 0])
  const other = await steps(training, 5)
  await training.reset(0)
  expect(await steps(training, 5)).toEqual(first)
  expect(other[0]).not.toBe(first[0])
})
