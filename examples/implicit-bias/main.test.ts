import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cpu } from '@wengert/backend-cpu'
import { useBackend } from '@wengert/core'
import { permLoss, permTemplates } from '@wengert/losses'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { angleBetween, descend } from './descend.ts'
import { hardMargin } from './hardMargin.ts'

interface Matrix {
  readonly shape: readonly [number, number]
  readonly data: readonly number[]
}

interface Golden {
  readonly inputs: { readonly features: Matrix; readonly labels: { readonly data: readonly number[] } }
  readonly options: { readonly template: string; readonly learningRate: number; readonly steps: readonly number[] }
  readonly expected: {
    readonly hardMarginSvm: Matrix
    readonly checkpoints: readonly {
      readonly step: number
      readonly weights: Matrix | null
      readonly cosineToSvm: number
      readonly risk: number
    }[]
  }
}

const fixture = join(import.meta.dirname, '../../packages/testing/fixtures/golden/permImplicitBias.json')
const { cases } = JSON.parse(readFileSync(fixture, 'utf8')) as { cases: readonly Golden[] }
const rows = ({ shape: [n, d], data }: Matrix): number[][] =>
  Array.from({ length: n }, (_, i) => data.slice(i * d, (i + 1) * d))
const farthest = (a: readonly number[], b: readonly number[]): number =>
  Math.max(...a.map((x, i) => Math.abs(x - (b[i] as number))))

describe('the implicit bias of gradient descent', { timeout: 60_000 }, () => {
  beforeAll(() => useBackend(cpu()))

  it.each(cases)('is that of the golden figures with $options.template', ({ inputs, options, expected }) => {
    const [features, labels] = [rows(inputs.features), inputs.labels.data]
    const [classes] = expected.hardMarginSvm.shape
    const target = hardMargin(features, labels, classes)
    expect(farthest(target.flat(), expected.hardMarginSvm.data)).toBeLessThan(1e-6)

    const name = options.template === 'pairLogLoss' ? 'pairLog' : (options.template as keyof typeof permTemplates)
    const { learningRate, steps } = options
    const loss = permLoss(permTemplates[name])
    const found = descend(loss, { features, labels, classes, learningRate, steps })
    const cosines = found.map(({ weights }) => Math.cos((angleBetween(weights, target.flat()) * Math.PI) / 180))
    expected.checkpoints.forEach(({ step, weights, cosineToSvm, risk }, i) => {
      expect(found[i]?.step).toBe(step)
      expect(Math.abs((cosines[i] as number) - cosineToSvm)).toBeLessThan(1e-4)
      expect(Math.abs((found[i]?.risk as number) / risk - 1)).toBeLessThan(1e-7)
      if (weights) expect(farthest(found[i]?.weights as number[], weights.data)).toBeLessThan(1e-8)
      if (i > 0) expect(cosines[i]).toBeGreaterThan(cosines[i - 1] as number)
    })
  })

  it('keeps a margin of at least 1 at the hard-margin weights, and just 1 for some example', () => {
    const { inputs } = cases[0] as Golden
    const [features, labels] = [rows(inputs.features), inputs.labels.data]
    const weights = hardMargin(features, labels, 3)
    const score = (k: number, x: readonly number[]): number =>
      x.reduce((sum, v, d) => sum + v * (weights[k]?.[d] ?? 0), 0)
    const margins = features.flatMap((x, i) => {
      const y = labels[i] as number
      return [0, 1, 2].filter((k) => k !== y).map((k) => score(y, x) - score(k, x))
    })
    expect(Math.min(...margins)).toBeCloseTo(1, 12)
  })
})

describe('main', { timeout: 60_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'implicit-bias-'))
  afterAll(() => rmSync(folder, { recursive: true }))

  it('prints the angles and draws a page that stands alone', () => {
    const out = join(folder, 'page.html')
    const program = join(import.meta.dirname, 'main.ts')
    const flags = ['--steps', '1000', '--out', out]
    const output = execFileSync(process.execPath, ['--conditions=@wengert/source', program, ...flags], {
      encoding: 'utf8',
    })
    const angles = new Map(
      output.split('\n').map((line) => {
        const [, name = '', numbers = ''] = /^(.*?) +([\d.]+ +[\d.]+ +[\d.]+)$/.exec(line) ?? []
        return [name, numbers.split(/ +/).map(Number)]
      }),
    )
    for (const name of ['pairLogLoss', 'crossEntropy', 'multiclassExponentialLoss']) {
      const [early, later, latest] = angles.get(name) as [number, number, number]
      expect(early).toBeGreaterThan(later)
      expect(later).toBeGreaterThan(latest)
      expect(latest).toBeLessThan(10)
    }
    const [, content, stuck] = angles.get('squared hinge') as [number, number, number]
    expect(stuck).toBe(content)

    const html = readFileSync(out, 'utf8')
    expect(html.match(/<polyline/g)).toHaveLength(8)
    expect(html.match(/<circle class="dot/g)).toHaveLength(40 - 10)
    expect(html).not.toMatch(/NaN|Infinity|undefined|https?:|<link|<script|@import|url\(/)
  })
})
