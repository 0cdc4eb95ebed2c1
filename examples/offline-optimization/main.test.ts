import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cpu } from '@wengert/backend-cpu'
import { key, useBackend } from '@wengert/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { trials } from './dataset.ts'
import { trueScore } from './hartmann.ts'

describe('trials', () => {
  beforeAll(() => useBackend(cpu()))

  it('have the known greatest score where it is', () => {
    expect(trueScore([0.20169, 0.150011, 0.476874, 0.275332, 0.311652, 0.6573])).toBeCloseTo(3.32237, 5)
  })

  it('leave out the best, and start from the best that are left', () => {
    const { designs, scores, top, best, mean, deviation } = trials(key(0))
    expect([designs.shape, scores.shape, top.shape]).toEqual([[60, 6], [60], [16, 6]])
    const all = trials(key(0), { left: 66 })
    expect(all.best).toBeGreaterThan(best)
    expect([...scores.dataSync()].every((score, i, list) => i === 0 || score >= (list[i - 1] as number))).toBe(true)
    expect(mean + deviation * (scores.dataSync()[59] as number)).toBeCloseTo(best, 0)
    expect([...designs.dataSync()].slice(-16 * 6)).toEqual([...top.dataSync()])
  })
})

describe('offline-optimization', { timeout: 60_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'offline-optimization-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  const run = (...flags: readonly string[]): string =>
    execFileSync(process.execPath, ['--conditions=@wengert/source', join(import.meta.dirname, 'main.ts'), ...flags], {
      encoding: 'utf8',
      stdio: 'pipe',
    })

  it('finds more promised than true, and draws a page that stands alone', () => {
    const out = join(folder, 'page.html')
    const rows = run('--seeds', '1', '--steps', '40', '--out', out)
      .split('\n')
      .map((line) => /^(\w.*?) +(-?\d\.\d+) +(-?\d\.\d+) +(-?\d\.\d+)/.exec(line))
      .flatMap((row) => (row ? [{ name: row[1], promised: Number(row[2]), real: Number(row[3]) }] : []))
    expect(rows.map(({ name }) => name)).toHaveLength(6)
    for (const { promised, real } of rows) expect(promised).toBeGreaterThan(real)
    // Each way of training leads elsewhere.
    expect(new Set(rows.map(({ promised, real }) => `${promised} ${real}`)).size).toBeGreaterThan(3)
    const html = readFileSync(out, 'utf8')
    expect(html.match(/<polyline/g)).toHaveLength(12)
    expect(html).not.toMatch(/NaN|Infinity|undefined|https?:|<link|<script|@import|url\(/)
  })

  it('stops with one sentence at what it does not know', () => {
    expect(() => run('--seeds', '0')).toThrow('--seeds must be an integer of at least 1, got 0.')
  })
})
