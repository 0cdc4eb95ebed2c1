import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { cpu } from '@wengert/backend-cpu'
import { key, useBackend } from '@wengert/core'
import { beforeAll, describe, expect, it } from 'vitest'
import { flipped, loadDigits } from './digits.ts'

const program = join(import.meta.dirname, 'main.ts')
const run = (...args: readonly string[]): string =>
  execFileSync(process.execPath, ['--conditions=@wengert/source', program, ...args], {
    encoding: 'utf8',
    stdio: 'pipe',
  })

/** The three shares in the row of a loss. */
function row(output: string, loss: string): [right: number, best: number, byHeart: number] {
  const line = output.split('\n').find((line) => line.startsWith(`${loss} `)) ?? ''
  return (line.slice(loss.length).match(/[\d.]+/g) ?? []).map(Number) as [number, number, number]
}

describe('noisy labels', { timeout: 60_000 }, () => {
  beforeAll(() => useBackend(cpu()))

  it('flips the share of labels that it is told to, each to another class', () => {
    const { labels } = loadDigits().train
    const before = labels.dataSync()
    const after = flipped(labels, 0.4, key(1)).dataSync()
    const changed = before.filter((label, i) => label !== after[i]).length / before.length
    expect(Math.abs(changed - 0.4)).toBeLessThan(0.04)
    expect(new Set(after)).toEqual(new Set([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]))
    const shifts = new Set(before.map((label, i) => ((after[i] as number) - label + 10) % 10))
    expect(shifts.size).toBe(10)
    expect(flipped(labels, 0.4, key(1)).dataSync()).toEqual(after)
    expect(flipped(labels, 0, key(1)).dataSync()).toEqual(before)
  })

  it('reads more digits right with generalizedCrossEntropy, which learns fewer wrong labels by heart', () => {
    const output = run('crossEntropy', 'generalizedCrossEntropy', '--epochs', '20', '--seeds', '1')
    expect(output).toContain('1438 digits to learn from')
    const [plain, robust] = [row(output, 'crossEntropy'), row(output, 'generalizedCrossEntropy')]
    expect(plain[0]).toBeGreaterThan(80)
    expect(robust[0]).toBeGreaterThan(plain[0])
    expect(robust[1]).toBeGreaterThanOrEqual(robust[0])
    expect(robust[2]).toBeLessThan(plain[2])
  })

  it('stops with one sentence at what it does not know', () => {
    expect(() => run('--noise', '1')).toThrow('--noise must be at least 0 and less than 1, got 1.')
    expect(() => run('squaredError')).toThrow('losses must be among crossEntropy;')
  })
})
