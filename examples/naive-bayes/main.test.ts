import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cpu } from '@wengert/backend-cpu'
import { key, mean, useBackend, variance } from '@wengert/core'
import { gaussianNaiveBayes } from '@wengert/estimators'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { gaussians } from './gaussians.ts'

describe('gaussians', () => {
  beforeAll(() => useBackend(cpu()))

  it('have the means and variances they are said to have', () => {
    const { truth, draw } = gaussians(4, 3)
    const { x, labels } = draw(key(0), 3000)
    const found = gaussianNaiveBayes(x, labels, { classes: 3 })
    expect([...found.counts.dataSync()]).toEqual([1000, 1000, 1000])
    expect([...truth.means.dataSync()]).toEqual([-1, -1, -1, -1, 1, 1, 1, 1, 2, 2, 2, 2])
    expect([...truth.variance.dataSync()]).toEqual([4, 4, 1, 1])
    expect(mean(found.means.sub(truth.means).square()).item()).toBeLessThan(0.01)
    expect(mean(found.variance.div(truth.variance).sub(1).square()).item()).toBeLessThan(0.01)
    expect(variance(x.slice([0, 0], [1, 4])).item()).toBeGreaterThan(0)
  })
})

describe('naive Bayes', { timeout: 60_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'naive-bayes-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  const run = (...flags: readonly string[]): string =>
    execFileSync(process.execPath, ['--conditions=@wengert/source', join(import.meta.dirname, 'main.ts'), ...flags], {
      encoding: 'utf8',
      stdio: 'pipe',
    })

  it('needs about as few examples for more coordinates, of which logistic regression needs more', () => {
    const out = join(folder, 'naive-bayes.html')
    const flags = ['--dimensions', '20,80', '--classes', '2', '--repeats', '2', '--digits', '10,200', '--out', out]
    const rows = run(...flags)
      .split('\n')
      .map((line) => line.trim().split(/ +/).map(Number))
      .filter((row) => row.length > 2 && row.every(Number.isFinite)) as [number[], number[], number[], number[]]
    expect(rows.map(([first]) => first)).toEqual([2, 2, 10, 200])
    const [[, , bayesFew = 0, regressionFew = 0], [, , bayesMany = 0, regressionMany = 0], little, much] = rows
    expect(bayesFew).toBeLessThan(regressionFew)
    expect(bayesMany).toBeLessThan(2 * bayesFew)
    expect(regressionMany).toBeGreaterThan(2 * regressionFew)
    for (const i of [1, 2]) {
      expect(much[i]).toBeLessThan(0.2)
      expect(much[i]).toBeLessThan(little[i] as number)
    }
    const html = readFileSync(out, 'utf8')
    expect(html.match(/<polyline/g)).toHaveLength(4)
    expect(html).not.toMatch(/src=|href=|NaN/)
  })

  it('stops with one sentence at what it does not know', () => {
    expect(() => run('--repeats', 'x')).toThrow('--repeats must be integers of at least 1, got x.')
  })
})
