import { execFileSync } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const root = join(import.meta.dirname, '..')
const blocks = [...readFileSync(join(root, 'README.md'), 'utf8').matchAll(/```ts\n([\s\S]*?)```/g)].map(
  ([, code]) => code as string,
)

it.each(blocks.map((code, i) => [i, code] as const))(
  'example %d of the README runs',
  { timeout: 60_000 },
  (i, code) => {
    // Among the examples, whose package depends on every other.
    const file = join(root, 'examples', `.readme-${i}.ts`)
    writeFileSync(file, code)
    try {
      const output = execFileSync(process.execPath, ['--conditions=@wengert/source', file], {
        cwd: root,
        encoding: 'utf8',
      })
      const [, accuracy] = /test accuracy (\S+)/.exec(output) ?? []
      if (i === 0) expect(Number(accuracy)).toBeGreaterThan(0.95)
      else expect(output).toContain('worst')
    } finally {
      rmSync(file)
    }
  },
)
