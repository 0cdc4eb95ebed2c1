import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cpu } from '@wengert/backend-cpu'
import { key, norm, useBackend } from '@wengert/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { octant, octantMap } from './octant.ts'
import { draw } from './sphere.ts'

describe('the octant', () => {
  beforeAll(() => useBackend(cpu()))

  it('is covered by triangles of one size', () => {
    const { x, cells } = octant(2)
    expect(cells).toHaveLength(4)
    expect(x.shape).toEqual([4, 3])
    for (const length of norm(x, { axis: 1 }).dataSync()) expect(length).toBeCloseTo(1, 12)
    // The middles, in units of the least coordinate.
    const middles = [0, 3, 6, 9].map((at) => [...x.dataSync().subarray(at, at + 3)])
    const units = middles.map((middle) => middle.map((v) => Math.round(v / Math.min(...middle))).join(' '))
    expect(units.sort()).toEqual(['1 1 1', '1 1 4', '1 4 1', '4 1 1'])
    expect(cells).toContain('120,208 60,104 180,104')
  })

  it('shows points in the colour of their class', () => {
    const points = [{ x: [0, 0, 1], first: false }]
    const map = octantMap(octant(1), { title: 'all', first: [true], points })
    expect(map).toContain('<polygon class="region hue-0" points="0,208 240,208 120,0"')
    expect(map).toContain('<circle class="dot hue-1" cx="120" cy="0" r="4"/>')
  })

  it('is where inputs are drawn', async () => {
    const { x, y } = await draw(key(0), 50)
    for (const length of norm(x, { axis: 1 }).dataSync()) expect(length).toBeCloseTo(1, 12)
    expect(Math.min(...x.dataSync())).toBeGreaterThan(0)
    expect([...new Set(y.dataSync())].sort()).toEqual([-1, 1])
  })
})

describe('infinite networks', { timeout: 60_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'infinite-network-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  const run = (...flags: readonly string[]): string =>
    execFileSync(process.execPath, ['--conditions=@wengert/source', join(import.meta.dirname, 'main.ts'), ...flags], {
      encoding: 'utf8',
      stdio: 'pipe',
    })

  it('become the rules they are said to become, of which one gains more by examples', () => {
    const out = join(folder, 'infinite-network.html')
    const flags = [
      '--layers',
      '40',
      '--seen',
      '100',
      '--rows',
      '10',
      '--counts',
      '10,100',
      '--repeats',
      '2',
      '--out',
      out,
    ]
    const output = run(...flags)
    const agreements = [...output.matchAll(/agrees with .* on +([\d.]+) %/g)].map(([, share]) => Number(share))
    expect(agreements).toHaveLength(3)
    expect(agreements[0]).toBeGreaterThan(95)
    expect(agreements[1]).toBeGreaterThan(95)
    const rows = output
      .split('\n')
      .map((line) => line.trim().split(/ +/).map(Number))
      .filter((row) => row.length === 4 && row.every(Number.isFinite)) as [number[], number[]]
    const [[, nearFew = 0, hilbertFew = 0], [count, near = 0, hilbert = 0, majority]] = rows
    expect(count).toBe(100)
    expect(hilbert).toBeLessThan(near)
    expect(near).toBeLessThan(majority as number)
    expect(hilbertFew - hilbert).toBeGreaterThan(nearFew - near)
    const html = readFileSync(out, 'utf8')
    expect(html.match(/<polygon/g)).toHaveLength(600)
    expect(html.match(/<polyline/g)).toHaveLength(4)
    expect(html).not.toMatch(/src=|href=|NaN/)
  })

  it('stop with one sentence at what they do not know', () => {
    expect(() => run('--layers', '0')).toThrow('--layers must be integers of at least 1, got 0.')
  })
})
