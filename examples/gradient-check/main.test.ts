import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const run = (program: string): string =>
  execFileSync(process.execPath, ['--conditions=@wengert/source', join(import.meta.dirname, program)], {
    encoding: 'utf8',
  })

it('shows where three ways to compute softplus have wrong gradients, and why', { timeout: 60_000 }, () => {
  const output = run('main.ts')
  const verdicts = output.split('\n').map((row) => row.match(/\b(right|wrong)\b/g) ?? [])
  expect(verdicts.slice(1, 4)).toEqual([
    ['right', 'right', 'wrong', 'wrong'],
    ['right', 'right', 'wrong', 'wrong'],
    ['right', 'right', 'right', 'right'],
  ])
  expect(output).toMatch(/^checkGradients: .* got NaN at argument 0 \[1\], where the function is not finite itself\./m)
  expect(output).toMatch(/^checkGradient: .* got NaN at x\[1\] = 89, where the function is not finite itself\./m)
  expect(output).toMatch(/^ {2}Replay with { precision: 'f32', tolerance: 0.001, seed: 0 }\.$/m)
})

it('finds the argument for which a function never returns', { timeout: 60_000 }, () => {
  const output = run('endless.ts')
  expect(output).toContain('Counterexample: [0]')
  expect(output).toContain('timeout')
})
