import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fc, test } from '@fast-check/vitest'
import { cpu } from '@wengert/backend-cpu'
import { useBackend } from '@wengert/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { roc } from './roc.ts'

const scores = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 12 })

describe('roc', () => {
  beforeAll(() => useBackend(cpu()))

  test.prop([scores, scores])('has the area that counting pairs gives', (like, unlike) => {
    const wins = like.flatMap((a) => unlike.map((b): number => (a > b ? 1 : a === b ? 0.5 : 0)))
    const { area, points } = roc(like, unlike)
    expect(area).toBeCloseTo(wins.reduce((x, y) => x + y) / wins.length, 12)
    expect([points[0], points.at(-1)]).toEqual([
      [0, 0],
      [1, 1],
    ])
  })
})

describe('out of distribution', { timeout: 60_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'ood-'))
  afterAll(() => rmSync(folder, { recursive: true }))

  it('tells strangers better by distances than by confidence, and draws the curves', () => {
    const out = join(folder, 'ood.html')
    const program = join(import.meta.dirname, 'main.ts')
    const flags = ['--epochs', '10', '--out', out]
    const output = execFileSync(process.execPath, ['--conditions=@wengert/source', program, ...flags], {
      encoding: 'utf8',
    })
    const areas = new Map(
      output.split('\n').flatMap((line) => {
        const row = /^(.+?) +(0\.\d+|1\.000) +(0\.\d+|1\.000)$/.exec(line)
        return row ? [[row[1], row.slice(2).map(Number)] as const] : []
      }),
    )
    expect(areas.size).toBe(6)
    for (const each of areas.values()) for (const area of each) expect(area).toBeGreaterThan(0.7)
    const strokesBy = (rule: string): number => areas.get(rule)?.[1] as number
    expect(strokesBy('Mahalanobis, first layer')).toBeGreaterThan(strokesBy('greatest probability'))
    const html = readFileSync(out, 'utf8')
    expect(html.match(/<polyline/g)).toHaveLength(12)
    expect(html).not.toMatch(/src=|href=/)
  })
})
