import { readdirSync, readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { join } from 'node:path'
import { type Tensor, useBackend } from '@wengert/core'
import { beforeAll, describe, expect, test } from 'vitest'
import { oracle, values } from './values.ts'

export interface DocsSuite {
  /** Folder of the sources. */
  readonly folder: string
  /** Which of its files to read, where some export the same names. @default all */
  readonly files?: (name: string) => boolean
  /** What the package exports; each function among it needs a doc comment. */
  readonly exports: Readonly<Record<string, unknown>>
  /** Names that examples use beside those exports. */
  readonly scope: Readonly<Record<string, unknown>>
  /** Beginnings of lines that each comment must have, such as `@example`. @default none */
  readonly lines?: readonly string[]
}

/**
 * Checks the doc comment of every exported function: its lines, and its examples, which are run. An example's last
 * line may end in a comment of the numbers that it yields, with as many digits as it cares for: `f(x).item() // 0.25`.
 */
export function describeDocs({ folder, files = () => true, exports, scope, lines = [] }: DocsSuite): void {
  const comments = commentsIn(folder, files)
  const names = { ...scope, ...exports }
  beforeAll(() => useBackend(oracle()))
  for (const [name, exported] of Object.entries(exports)) {
    if (typeof exported !== 'function') continue
    describe(`the doc comment of ${name}`, () => {
      const comment = comments.get(name) ?? ''
      test('is there', () => expect(comment).not.toBe(''))
      if (lines.length > 0)
        test.each(lines)('has a line %s', (beginning) => {
          expect(comment.split('\n').some((line) => line.startsWith(beginning))).toBe(true)
        })
      for (const example of examplesIn(comment)) test(`runs: ${example}`, () => runExample(example, names))
    })
  }
}

/** Text of the comment before each exported function or constant, by name. */
function commentsIn(folder: string, files: (name: string) => boolean): Map<string, string> {
  const comments = new Map<string, string>()
  for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.ts') || file.endsWith('.test.ts') || !files(file)) continue
    const source = readFileSync(join(folder, file), 'utf8')
    // The last comment before the export, as none contains the end of another.
    for (const [, comment, name] of source.matchAll(
      /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*export (?:async )?(?:function\*?|const|class) (\w+)/g,
    ))
      comments.set(name as string, (comment as string).replace(/^\s*\* ?/gm, '').trim())
  }
  return comments
}

function examplesIn(comment: string): string[] {
  return comment
    .split(/^@/m)
    .filter((part) => part.startsWith('example'))
    .map((part) => part.slice('example'.length).trim())
}

const AsyncFunction = (async () => {}).constructor as FunctionConstructor

async function runExample(example: string, scope: Readonly<Record<string, unknown>>): Promise<void> {
  const lines = stripTypeScriptTypes(example).split('\n')
  const [last = '', shown = ''] = (lines.pop() as string).split(' // ')
  const body = [...lines, /^(const|for)\b/.test(last) ? last : `return ${last}`].join('\n')
  const result: unknown = await new AsyncFunction(...Object.keys(scope), body)(...Object.values(scope))
  if (!/^[[\]\d., -]+$/.test(shown)) return
  const wanted = shown.replaceAll(/[[\]]/g, '').split(', ')
  expect(numbersOf(result).map((x, i) => x.toFixed(wanted[i]?.split('.')[1]?.length ?? 0))).toEqual(wanted)
}

function numbersOf(result: unknown): number[] {
  if (typeof result === 'number') return [result]
  return Array.from(ArrayBuffer.isView(result) ? (result as Float32Array) : values(result as Tensor))
}
