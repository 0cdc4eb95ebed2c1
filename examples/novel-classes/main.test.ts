import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { cpu } from '@wengert/backend-cpu'
import { norm, useBackend } from '@wengert/core'
import { normalizedSoftmaxLoss } from '@wengert/losses'
import { beforeAll, describe, expect, it } from 'vitest'
import { loadDigits } from '../noisy-labels/digits.ts'
import { train } from './train.ts'

const program = join(import.meta.dirname, 'main.ts')
const run = (...args: readonly string[]): string =>
  execFileSync(process.execPath, ['--conditions=@wengert/source', program, ...args], {
    encoding: 'utf8',
    stdio: 'pipe',
  })

describe('novel classes', { timeout: 60_000 }, () => {
  beforeAll(() => useBackend(cpu()))

  it('keeps prototypes at length 1', async () => {
    const { train: digits } = loadDigits()
    const few = { x: digits.x.slice([0, 0], [128, 64]), labels: digits.labels.slice([0], [128]) }
    const { prototypes, embed } = await train(few, { head: normalizedSoftmaxLoss, classes: 10, epochs: 2, seed: 0 })
    for (const length of norm(prototypes, { axis: -1 }).dataSync()) expect(length).toBeCloseTo(1, 6)
    expect(embed(few.x).shape).toEqual([128, 32])
  })

  it('reads digits that it was not trained on, the better the more examples of them it has', () => {
    const loss = 'normalizedSoftmaxLoss, T 0.1'
    const output = run(loss, '--epochs', '5', '--seeds', '1')
    expect(output).toContain('1145 digits from 0 to 7 to learn from')
    const row = output.split('\n').find((line) => line.startsWith(`${loss} `)) ?? ''
    const [before = 0, oldByOne = 0, newByOne = 0, , , , , oldByMany = 0, newByMany = 0] = (
      row.slice(loss.length).match(/[\d.]+/g) ?? []
    ).map(Number)
    expect(before).toBeGreaterThan(90)
    // What is added can only take examples away from the classes there were.
    expect(oldByOne).toBeLessThanOrEqual(before)
    expect(oldByMany).toBeLessThanOrEqual(before)
    expect(oldByMany).toBeGreaterThan(60)
    expect(newByMany).toBeGreaterThan(60)
    expect(newByMany).toBeGreaterThan(newByOne)
  })

  it('stops with one sentence at what it does not know', () => {
    expect(() => run('--epochs', '0')).toThrow('--epochs must be an integer of at least 1, got 0.')
    expect(() => run('huberLoss')).toThrow('losses must be among crossEntropy, linear;')
  })
})
