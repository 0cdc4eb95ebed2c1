import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, it } from 'vitest'

it('shows where three ways to compute softplus have wrong gradients, and why', { timeout: 60_000 }, () => {
  const program = join(import.meta.dirname, 'main.ts')
  const output = execFileSync(process.execPath, ['--conditions=@wengert/source', program], { encoding: 'utf8' })
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
