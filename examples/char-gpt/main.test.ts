import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { parseOptions } from './options.ts'

describe('char-gpt', { timeout: 120_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'char-gpt-main-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  const [text, checkpoint, out] = ['text.txt', 'model.safetensors', 'report.html'].map((name) =>
    join(folder, name),
  ) as [string, string, string]
  writeFileSync(text, 'Row, row, row your boat, gently <down> the stream.\n'.repeat(20))
  const run = (...flags: readonly string[]): string =>
    execFileSync(process.execPath, ['--conditions=@wengert/source', join(import.meta.dirname, 'main.ts'), ...flags], {
      encoding: 'utf8',
      stdio: 'pipe',
    })
  const files = ['--checkpoint', checkpoint, '--out', out, '--sample', '20']
  const small = ['--features', '16', '--heads', '2', '--layers', '1', '--context', '8', '--lr', '0.02']

  it('learns, stops in time, goes on, draws its report and writes', () => {
    const halted = run('--text', text, ...files, ...small, '--steps', '30', '--minutes', '1e-6')
    expect(halted).toMatch(/step 1: loss 3\.\d+/)
    const resumed = run('--text', text, ...files, '--resume')
    const losses = [...resumed.matchAll(/^step (\d+): .*held back (\d+\.\d+)/gm)].map(([, ...found]) =>
      found.map(Number),
    )
    expect(losses.map(([step]) => step)).toEqual(Array.from({ length: 15 }, (_, i) => 2 * i + 2))
    expect(losses.at(-1)?.[1]).toBeLessThan((losses[0]?.[1] as number) - 0.5)

    const html = readFileSync(out, 'utf8')
    expect(html.match(/<polyline/g)).toHaveLength(2)
    expect(html.match(/<pre>/g)).toHaveLength(4)
    expect(html.match(/<tr><th scope="row">/g)).toHaveLength(16)
    expect(html).not.toMatch(/src=|href=|NaN/)

    const written = run('--generate', '20', '--prompt', 'Row', ...files)
    expect(written).toMatch(/^Row/)
    expect(written).toHaveLength(24)
  })

  it('stops with one sentence at what it does not know', () => {
    expect(() => parseOptions(['--steps', '0'])).toThrow('--steps must be an integer of at least 1, got "0".')
    expect(() => parseOptions(['--text'])).toThrow('Try --help.')
    writeFileSync(join(folder, 'other.txt'), 'Another text.'.repeat(100))
    expect(() => run('--resume', '--text', join(folder, 'other.txt'), ...files)).toThrow('got another. Train without')
  })
})
