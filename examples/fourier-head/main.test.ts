import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cpu } from '@wengert/backend-cpu'
import { key, tensor, useBackend } from '@wengert/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { draw, truth } from './truth.ts'

describe('the true distribution', () => {
  beforeAll(() => useBackend(cpu()))

  it('is that of what is drawn, and has two humps', () => {
    const { x, labels } = draw(key(1), 20_000, 10)
    const [at, bin] = [x.dataSync(), labels.dataSync()]
    const near = [...at.keys()].filter((i) => Math.abs(at[i] as number) < 0.1)
    const shares = Array.from({ length: 10 }, (_, j) => near.filter((i) => bin[i] === j).length / near.length)
    const wanted = Array.from(truth(tensor([[0]]), 10).dataSync())
    shares.forEach((share, j) => {
      expect(Math.abs(share - (wanted[j] as number))).toBeLessThan(0.06)
    })
    expect(wanted.reduce((total, p) => total + p, 0)).toBeCloseTo(1, 3)
    expect(wanted[5]).toBeLessThan(Math.min(wanted[2] as number, wanted[7] as number))
  })
})

describe('fourier-head', { timeout: 120_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'fourier-head-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  const run = (...flags: readonly string[]): string =>
    execFileSync(process.execPath, ['--conditions=@wengert/source', join(import.meta.dirname, 'main.ts'), ...flags], {
      encoding: 'utf8',
      stdio: 'pipe',
    })

  it('comes nearer to the truth with few frequencies than with a dense layer, and draws both', () => {
    const out = join(folder, 'page.html')
    const output = run('--counts', '100', '--steps', '100', '--seeds', '1', '--out', out)
    const rows = [...output.matchAll(/^(linear|Fourier, N = \d+) +(\d\.\d+) (\d+\.\d+)$/gm)]
    const divergence = new Map(rows.map(([, name, best]) => [name, Number(best)]))
    expect(divergence.size).toBe(4)
    expect(divergence.get('Fourier, N = 8')).toBeLessThan(0.7 * (divergence.get('linear') as number))
    const html = readFileSync(out, 'utf8')
    expect(html.match(/<svg/g)).toHaveLength(3)
    expect(html.match(/<polyline/g)).toHaveLength(9)
    expect(html).not.toMatch(/src=|href=|NaN/)
  })

  it('stops with one sentence at what it does not know', () => {
    expect(() => run('--counts', '100,5')).toThrow('--counts must be integers of at least 10, got 100,5.')
  })
})
