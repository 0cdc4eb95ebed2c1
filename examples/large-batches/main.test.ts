import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const run = (...args: readonly string[]): string =>
  execFileSync(process.execPath, ['--conditions=@wengert/source', join(import.meta.dirname, 'main.ts'), ...args], {
    encoding: 'utf8',
    stdio: 'pipe',
  })

it('learns digits with each loss in batches of either size', { timeout: 120_000 }, () => {
  const rows = run('--epochs', '6', '--seeds', '1', '--sizes', '128,719')
    .split('\n')
    .flatMap((line) => {
      const cells = line.match(/[\d.]+ ± [\d.]+/g) ?? []
      return cells.length === 2 ? [cells.map((cell) => Number.parseFloat(cell))] : []
    })
  expect(rows).toHaveLength(4)
  for (const [small = 100, large = 100] of rows) {
    // Six epochs of small batches are 66 steps, of large ones 12.
    expect(small).toBeLessThan(30)
    expect(large).toBeLessThan(75)
  }
})

it('stops with one sentence at what it does not know', () => {
  expect(() => run('--sizes', '0')).toThrow('--sizes must be integers from 1 to 1438, got 0.')
})
