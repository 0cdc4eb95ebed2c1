import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cpu } from '@wengert/backend-cpu'
import { key, matmul, sum, useBackend } from '@wengert/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { draw, marks, names } from './recall.ts'

describe('questions', () => {
  beforeAll(() => useBackend(cpu()))

  it('have their answer in one of the notes, whose name is near', () => {
    const { notes, asked, place, answers } = draw(key(1), 5, 7)
    const found = sum(notes.mul(place), { axis: 1 }).dataSync()
    const width = names + marks
    answers.dataSync().forEach((answer, n) => {
      const kinds = Array.from(found.slice(n * width + names, (n + 1) * width))
      expect(kinds).toEqual(Array.from({ length: marks }, (_, i) => (i === answer ? 1 : 0)))
    })
    const nearness = matmul(notes, asked.transpose()).dataSync()
    const places = place.dataSync()
    for (let n = 0; n < 5; n++) {
      const row = nearness.slice(7 * n, 7 * n + 7)
      expect(places[7 * n + row.indexOf(Math.max(...row))]).toBe(1)
    }
  })
})

describe('length-extrapolation', { timeout: 120_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'length-extrapolation-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  const run = (...flags: readonly string[]): string =>
    execFileSync(process.execPath, ['--conditions=@wengert/source', join(import.meta.dirname, 'main.ts'), ...flags], {
      encoding: 'utf8',
      stdio: 'pipe',
    })

  it('shows that re-weighted attention still finds what it has learned to look up, in lists many times as long', () => {
    const out = join(folder, 'page.html')
    const output = run('--lengths', '16,128', '--steps', '130', '--seeds', '1', '--out', out)
    const rows = [...output.matchAll(/^(\S.*?) +(\d+\.\d) +(\d+\.\d)$/gm)]
    const scores = new Map(rows.map(([, name, near, far]) => [name, [Number(near), Number(far)] as const]))
    expect(scores.size).toBe(6)
    const far = (name: string): number => scores.get(name)?.[1] as number
    expect(far('LSSAR, p = 15')).toBeGreaterThan(far('LSSA') + 20)
    expect(far('the nearest name')).toBeGreaterThan(95)
    const html = readFileSync(out, 'utf8')
    expect(html.match(/<polyline/g)).toHaveLength(12)
    expect(html).not.toMatch(/src=|href=|NaN/)
  })

  it('stops with one sentence at what it does not know', () => {
    expect(() => run('--lengths', '32,16')).toThrow(
      '--lengths must be two or more ascending integers of at least 2, got 32,16.',
    )
  })
})
