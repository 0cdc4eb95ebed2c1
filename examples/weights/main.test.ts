import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadSafetensors } from '@wengert/data/node'
import { afterAll, describe, expect, it } from 'vitest'

const folder = mkdtempSync(join(tmpdir(), 'wengert-example-'))
afterAll(() => rmSync(folder, { recursive: true }))

const program = join(import.meta.dirname, 'main.ts')
const run = (...args: readonly string[]): string =>
  execFileSync(process.execPath, ['--conditions=@wengert/source', program, ...args], {
    encoding: 'utf8',
    stdio: 'pipe',
    cwd: folder,
  })

describe('weights', { timeout: 60_000 }, () => {
  it('resumes from a file as if nothing had happened', async () => {
    const output = run('--epochs', '4')
    expect(output).toContain('logits of the loaded model: the same bits')
    expect(output).toContain('parameters and optimizer at the end: the same bits')
    const [saved, straight, resumed] = [...output.matchAll(/([\d.]+) %/g)].map(([, share]) => Number(share))
    expect(resumed).toBe(straight)
    expect(Math.min(saved as number, straight as number)).toBeGreaterThan(80)
    const { metadata } = await loadSafetensors(join(folder, 'digits.safetensors'))
    expect(metadata.epoch).toBe('2')
    expect(readFileSync(join(folder, 'report.html'), 'utf8')).toContain('the same parameters and the same optimizer')
  })

  it('stops with one sentence at what it does not know', () => {
    expect(() => run('--epochs', '3')).toThrow('--epochs must be an even integer of at least 2, got 3.')
  })
})
