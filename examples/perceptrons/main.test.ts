import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'

describe('perceptrons', { timeout: 60_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'perceptrons-'))
  afterAll(() => rmSync(folder, { recursive: true }))

  it('takes the steps of table 1, and draws a page that stands alone', () => {
    const out = join(folder, 'page.html')
    const program = join(import.meta.dirname, 'main.ts')
    const output = execFileSync(process.execPath, ['--conditions=@wengert/source', program, '--out', out], {
      encoding: 'utf8',
    })
    const steps = new Map(
      output.split('\n').flatMap((line) => {
        const [, name = '', counts = ''] = /^(\w+(?:, step [\d.]+)?) +((?: *-?\d+){3})$/.exec(line) ?? []
        return name ? [[name, counts.trim().split(/ +/).map(Number)] as const] : []
      }),
    )
    const last = (name: string): number | undefined => steps.get(name)?.at(-1)
    expect(['100', '10', '1', '0.1'].map((step) => last(`normalizedLrGd, step ${step}`))).toEqual([2, 2, 16, 157])
    expect(last('lrGd, step 100')).toBe(308)
    expect([...steps.keys()]).toHaveLength(8)
    // Steps grow with the examples, or do not.
    const growth = (name: string): number => (last(name) as number) / (steps.get(name)?.[1] as number)
    expect(growth('batchPerceptron')).toBeGreaterThan(8)
    expect(growth('normalizedBatchPerceptron')).toBe(1)

    const html = readFileSync(out, 'utf8')
    expect(html.match(/<polyline/g)).toHaveLength(6)
    expect(html).not.toMatch(/NaN|Infinity|undefined|https?:|<link|<script|@import|url\(/)
  })
})
