import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cpu } from '@wengert/backend-cpu'
import { tensor, useBackend } from '@wengert/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { viewsOf } from './views.ts'

describe('views', () => {
  beforeAll(() => useBackend(cpu()))

  it('are shifted by a pixel to both sides, and blurred', () => {
    const pixels = new Float32Array(128)
    pixels[64 + 8 * 3 + 5] = 8
    const views = viewsOf(tensor(pixels, { shape: [2, 64] }))
    const lit = Array.from(views.dataSync()).flatMap((value, at) => {
      const [view, rest] = [Math.floor(at / 128), at % 128]
      return value === 0
        ? []
        : [{ view, picture: Math.floor(rest / 64), row: Math.floor((rest % 64) / 8), column: rest % 8, value }]
    })
    const at = (view: number, row: number, column: number, value: number) => ({ view, picture: 1, row, column, value })
    expect(lit).toEqual([
      at(0, 3, 4, 8),
      at(1, 3, 6, 8),
      at(2, 2, 5, 1),
      at(2, 3, 4, 1),
      at(2, 3, 5, 4),
      at(2, 3, 6, 1),
      at(2, 4, 5, 1),
    ])
  })
})

describe('calibration', { timeout: 60_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'calibration-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  const run = (...flags: readonly string[]): string =>
    execFileSync(process.execPath, ['--conditions=@wengert/source', join(import.meta.dirname, 'main.ts'), ...flags], {
      encoding: 'utf8',
      stdio: 'pipe',
    })

  it('makes confidence under noise honest, without changing what is read, and draws the diagrams', () => {
    const out = join(folder, 'calibration.html')
    const rows = run('--epochs', '60', '--steps', '60', '--out', out)
      .split('\n')
      .map((line) => /^(.+?) +(\d\.\d+) +(\d\.\d+) +(\d\.\d+) +(\d\.\d+)$/.exec(line))
      .flatMap((row) => (row ? [{ name: row[1], numbers: row.slice(2).map(Number) }] : []))
    expect(rows).toHaveLength(8)
    const noisy = rows.slice(4)
    expect(new Set(noisy.map(({ numbers }) => numbers[3])).size).toBe(1)
    const errors = new Map(noisy.map(({ name, numbers }) => [name, numbers[0] as number]))
    const before = errors.get('as trained') as number
    expect(before).toBeGreaterThan(0.05)
    expect(errors.get('temperature scaling')).toBeLessThan(before)
    expect(errors.get('by views')).toBeLessThan(before)
    const html = readFileSync(out, 'utf8')
    expect(html.match(/<svg/g)).toHaveLength(8)
    expect(html.match(/<rect class="bar/g)?.length).toBeGreaterThan(40)
    expect(html).not.toMatch(/src=|href=|NaN/)
  })

  it('stops with one sentence at what it does not know', () => {
    expect(() => run('--steps', '0')).toThrow('--steps must be an integer of at least 1, got 0.')
  })
})
