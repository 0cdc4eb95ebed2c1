import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cpu } from '@wengert/backend-cpu'
import { grad, normal, key as seed, tensor, useBackend } from '@wengert/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { binsOf } from '../gru-svm/bins.ts'
import { softmaxHead, svmHead } from './heads.ts'

describe('heads', () => {
  beforeAll(() => useBackend(cpu()))

  it('penalise the weight of the last layer, or nothing', () => {
    const [logits, weight] = [normal(seed(0), [4, 3]), normal(seed(1), [3, 5])]
    const labels = tensor([0, 2, 1, 1], { dtype: 'i32' })
    const pull = (head: typeof softmaxHead) => [
      ...grad((w: typeof weight) => head(logits, labels, w))(weight).dataSync(),
    ]
    const values = [...weight.dataSync()]
    expect(pull(svmHead({ C: 0.5 }))).toEqual(values)
    pull(svmHead({ hingeReduction: 'mean', regularization: 'mean' })).forEach((slope, i) => {
      expect(slope).toBeCloseTo((2 / 15) * (values[i] as number), 6)
    })
    expect(pull(softmaxHead)).toEqual(values.map(() => 0))
  })

  it('stand on sequences of bins that are equally full', () => {
    const x = tensor(Array.from({ length: 20 }, (_, i) => [i ** 2, -i]))
    const bins = [...binsOf(x, 4)(x).dataSync()]
    expect(bins.filter((_, i) => i % 2 === 0)).toEqual([0, 1, 2, 3].flatMap((bin) => Array(5).fill(bin)))
    expect(bins.filter((_, i) => i % 2 === 1)).toEqual([3, 2, 1, 0].flatMap((bin) => Array(5).fill(bin)))
    expect([...binsOf(x, 4)(tensor([[-9, 1e9]])).dataSync()]).toEqual([0, 3])
  })
})

describe('networks with such heads', { timeout: 120_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'svm-heads-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  const run = (example: string, ...flags: readonly string[]): { rows: number[][]; html: string } => {
    const out = join(folder, `${example}.html`)
    const file = join(import.meta.dirname, '..', example, 'main.ts')
    const args = ['--conditions=@wengert/source', file, '--out', out, ...flags]
    const lines = execFileSync(process.execPath, args, { encoding: 'utf8', stdio: 'pipe' }).split('\n')
    const rows = lines
      .map((line) => [...line.matchAll(/(\d+\.\d) ± \d+\.\d %/g)].map(([, mean]) => Number(mean)))
      .filter((row) => row.length > 0)
    return { rows, html: readFileSync(out, 'utf8') }
  }

  it('read digits, worse through noise', () => {
    const { rows, html } = run('cnn-svm', '--epochs', '5', '--seeds', '1')
    expect(rows).toHaveLength(3)
    for (const [clean = 100, noisy = 100] of rows) {
      expect(clean).toBeLessThan(45)
      expect(noisy).toBeGreaterThan(clean)
    }
    expect(html.match(/<polyline/g)).toHaveLength(6)
    expect(html).not.toMatch(/src=|href=|NaN/)
  })

  it('tell cells apart', () => {
    const { rows, html } = run('gru-svm', '--epochs', '3', '--seeds', '1')
    expect(rows).toHaveLength(4)
    // A third of them is malignant.
    for (const [wrong] of rows) expect(wrong).toBeLessThan(25)
    expect(html.match(/<polyline/g)).toHaveLength(4)
  })

  it('stop with one sentence at what they do not know', () => {
    expect(() => run('cnn-svm', '--epochs', '0')).toThrow('--epochs must be an integer of at least 1, got 0.')
  })
})
