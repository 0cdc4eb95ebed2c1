import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const run = (...args: readonly string[]): string =>
  execFileSync(process.execPath, ['--conditions=@wengert/source', join(import.meta.dirname, 'main.ts'), ...args], {
    encoding: 'utf8',
    stdio: 'pipe',
  })

it('reads nearly all examples right with nearly every loss', { timeout: 120_000 }, () => {
  const rows = run('--steps', '40', '--seeds', '1')
    .split('\n')
    .map((line) => line.match(/^ {2}(.+?) {2,}([\d.]+) +([\d.]+) +([\d.]+)$/))
    .flatMap((row) => (row ? [{ name: row[1] as string, wrong: row.slice(2).map(Number) }] : []))
  expect(rows.length).toBeGreaterThan(50)
  // Guessing the commonest class gets a third wrong on the first table and more on the others.
  const learned = rows.filter(({ wrong }) => wrong.every((percent) => percent < 20))
  expect(learned.length).toBeGreaterThan(0.85 * rows.length)
  expect(learned.map(({ name }) => name)).toContain('crossEntropy')
})

it('stops with one sentence at what it does not know', () => {
  expect(() => run('--seeds', '0')).toThrow('--seeds must be an integer of at least 1, got 0.')
})
