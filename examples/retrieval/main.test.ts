import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { textsOf } from './texts.ts'
import { wordsOf } from './words.ts'

const run = (args: readonly string[], input = ''): { readonly stdout: string; readonly stderr: string } =>
  spawnSync(process.execPath, ['--conditions=@wengert/source', join(import.meta.dirname, 'main.ts'), ...args], {
    encoding: 'utf8',
    input,
  })

describe('texts', () => {
  it('are comments without tags, with all declarations they stand before', () => {
    const source = `interface Box<T> {
    /**
     * Puts a *thing* into the [box](https://box).
     * @param thing what
     */
    put(thing: T): void;

    /** Too short. */
    x: number;
}
/** Puts a thing into the box. */
declare var skipped: string;
interface BoxConstructor {
    /** Puts a thing into the box. */
    readonly of: (thing: string) => Box<string>;
}
`
    expect(textsOf([source, source])).toEqual({
      queries: [{ text: 'Puts a thing into the box.', answers: [0, 1] }],
      documents: ['Box.put(thing: T): void', 'Box.of: (thing: string) => Box<string>'],
    })
  })

  it('have words that stand alone in names', () => {
    expect(wordsOf('Number.toFixed(fractionDigits?: number)')).toEqual([
      'number',
      'to',
      'fixed',
      'fraction',
      'digit',
      'number',
    ])
  })
})

describe('retrieval', { timeout: 120_000 }, () => {
  it('finds declarations by sentences it has not seen, and answers what is asked', () => {
    const { stdout } = run(['--library', 'es', '--epochs', '4', '--ask'], 'the smallest of some numbers\n')
    const rows = new Map(
      stdout.split('\n').flatMap((line) => {
        const row = /^(\S.*?) +([\d.]+) +([\d.]+) +([\d.]+) +([\d.]+)$/.exec(line)
        return row ? [[row[1], row.slice(2).map(Number)] as const] : []
      }),
    )
    expect([...rows.keys()]).toEqual([
      'not trained',
      'decoupledSoftmaxLoss',
      'multiLabelInfoNceLoss',
      'mannWhitneyLoss',
    ])
    for (const [name, [, , twenty = 0, area = 0]] of rows)
      if (name !== 'not trained') {
        expect(twenty).toBeGreaterThan(0.15)
        expect(area).toBeGreaterThan(0.8)
      }
    expect(stdout.match(/^ {2}\w+\.\w+.*$/gm)).toHaveLength(5)
  })

  it('stops with one sentence at what it does not know', () => {
    expect(run(['--library', 'dom']).stderr).toContain('--library must be one of es, all, got dom.')
  })
})
