import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'

describe('reweighting', { timeout: 60_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'reweighting-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  const run = (...flags: readonly string[]): string =>
    execFileSync(process.execPath, ['--conditions=@wengert/source', join(import.meta.dirname, 'main.ts'), ...flags], {
      encoding: 'utf8',
      stdio: 'pipe',
    })

  it('weighs wrong labels by strategy, learns digits all the same, and draws both', () => {
    const out = join(folder, 'reweighting.html')
    const output = run('--epochs', '8', '--burnout', '2', '--seeds', '1', '--out', out)
    const rows = new Map(
      ['uniform', 'linUpper', 'quadratic', 'extremes'].map((name) => {
        const line = output.split('\n').find((line) => line.startsWith(`${name} `)) ?? ''
        return [name, (line.match(/[\d.]+/g) ?? []).map(Number) as [number, number, number, number]]
      }),
    )
    for (const [last, best, , clean] of rows.values()) {
      expect(last).toBeGreaterThan(70)
      expect(best).toBeGreaterThanOrEqual(last)
      expect(clean).toBeGreaterThan(90)
    }
    expect(rows.get('uniform')?.[2]).toBe(1)
    expect(rows.get('linUpper')?.[2]).toBeGreaterThan(1.2)
    const html = readFileSync(out, 'utf8')
    expect(html.match(/<polyline/g)).toHaveLength(8)
    expect(html).not.toMatch(/src=|href=|NaN/)
  })

  it('stops with one sentence at what it does not know', () => {
    expect(() => run('--r', '0')).toThrow('--r must be greater than 0, got 0.')
    expect(() => run('--epochs', '0')).toThrow('--epochs must be an integer of at least 1, got 0.')
  })
})
