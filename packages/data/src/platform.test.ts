import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'

/** What a module imports, and what that imports, as far as it is ours. */
function importsOf(file: string, found: Set<string> = new Set()): Set<string> {
  for (const [, specifier = ''] of readFileSync(file, 'utf8').matchAll(/\bfrom '([^']+)'/g)) {
    const name = specifier.startsWith('.') ? join(dirname(file), specifier) : specifier
    if (found.has(name)) continue
    found.add(name)
    if (specifier.startsWith('.')) importsOf(name, found)
  }
  return found
}

it('needs nothing of Node but in its entry for Node', () => {
  const outside = (entry: string): string[] =>
    [...importsOf(join(import.meta.dirname, entry))].filter((name) => !name.startsWith('/')).sort()
  expect(outside('index.ts')).toEqual(['@wengert/core'])
  expect(outside('node.ts')).toEqual(['@wengert/core', 'node:crypto', 'node:fs/promises', 'node:path'])
})
