import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { cpu } from '@wengert/backend-cpu'
import { useBackend } from '@wengert/core'
import { beforeAll, describe, expect, it } from 'vitest'
import { loadCells } from './cells.ts'
import { metrics, scoresOf } from './scores.ts'

const program = join(import.meta.dirname, 'main.ts')
const run = (...args: readonly string[]): string =>
  execFileSync(process.execPath, ['--conditions=@wengert/source', program, ...args], {
    encoding: 'utf8',
    stdio: 'pipe',
  })

describe('imbalance', { timeout: 60_000 }, () => {
  beforeAll(() => useBackend(cpu()))

  it('keeps the share of malignant cells that it is told to, and all others', () => {
    const labels = (share: number): number[] => [...loadCells(share, 1).train.malignant.dataSync()]
    const [all, few] = [labels(1), labels(0.1)]
    const count = (list: number[], label: number): number => list.filter((v) => v === label).length
    expect(count(few, 1)).toBe(Math.round(count(all, 1) / 10))
    expect(count(few, 0)).toBe(count(all, 0))
    expect(loadCells(0.1, 1).train.x.shape).toEqual([few.length, 30])
    expect(loadCells(0.1, 1).train.x.dataSync()).not.toEqual(loadCells(0.1, 2).train.x.dataSync())
  })

  it('scores decisions, malignant cells by their weight', () => {
    const { accuracy, F1, recall, precision, gMean, mcc } = scoresOf([1, -1, 1, -1], [1, 1, 0, 0], 0.5)
    expect([accuracy, F1, recall, gMean, mcc]).toEqual([0.5, 0.4, 0.5, 0.5, 0])
    expect(precision).toBeCloseTo(1 / 3, 12)
    const nothing = scoresOf([-1, -1], [1, 0], 1)
    expect(metrics.map((metric) => nothing[metric])).toEqual([0.5, 0, 0, 0.5, 0, 0, 0])
  })

  it('trains with each loss, and tells who wins', () => {
    const output = run('--steps', '40', '--seeds', '1', '--share', '0.3')
    expect(output).toMatch(/cells to learn from, \d+ of them malignant/)
    const rows = output.split('\n').filter((line) => /^(anyLoss|binaryCrossEntropy|sigmoidFocalLoss)/.test(line))
    expect(rows.length).toBe(7)
    for (const row of rows) {
      const [accuracy] = (row.slice(26).match(/[\d.]+/g) ?? []).map(Number)
      expect(accuracy).toBeGreaterThan(90)
    }
    for (const metric of metrics) expect(output).toMatch(new RegExp(`^${metric} is won by `, 'm'))
  })

  it('stops with one sentence at what it does not know', () => {
    expect(() => run('--share', '0')).toThrow('--share must be greater than 0 and at most 1, got 0.')
    expect(() => run('--hidden', '0.5')).toThrow('--hidden must be an integer of at least 0, got 0.5.')
    expect(() => run('--L', '0')).toThrow('--L must be a finite number greater than 0, got 0.')
  })
})
