/**
 * The README's table of losses, from the doc comments of packages/losses/src. `npm run docs` writes it; what docs/which-loss.md
 * says of them is written by hand, and must name each.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './packages.ts'

const readme = join(root, 'README.md')
const folder = 'packages/losses/src'
const region = /(<!-- losses -->\n)[\s\S]*?(<!-- \/losses -->)/

interface Row {
  readonly name: string
  readonly cells: string
}

function rows(): Row[] {
  const index = readFileSync(join(root, folder, 'index.ts'), 'utf8').replaceAll(/ from '.*'/g, '')
  const found: Row[] = []
  for (const file of readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).sort()) {
    if (!file.includes('/') || !file.endsWith('.ts') || file.endsWith('.test.ts')) continue
    const source = readFileSync(join(root, folder, file), 'utf8')
    for (const [, comment, name] of source.matchAll(/\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*export function (\w+)/g)) {
      const text = (comment as string).replace(/^\s*\* ?/gm, '').trim()
      const use = text.split('\n\n')[0]?.replaceAll('\n', ' ')
      const origin = /(?:^|\n)Source: ([\s\S]*?)(?:\n\n|\n@|$)/.exec(text)?.[1]?.replaceAll('\n', ' ')
      // What only other files of the package use is no one's to choose.
      if (new RegExp(`\\b${name}\\b`).test(index))
        found.push({ name: name as string, cells: `| [${name}](${folder}/${file}) | ${use} | ${origin} |` })
    }
  }
  return found
}

/** The README as it should be. */
export function readmeWithTable(): string {
  const table = [
    '| loss | what it is, and when to use it | source |',
    '| --- | --- | --- |',
    ...rows().map(({ cells }) => cells),
  ].join('\n')
  return readFileSync(readme, 'utf8').replace(region, `$1${table}\n$2`)
}

export function tableIsCurrent(): boolean {
  return readFileSync(readme, 'utf8') === readmeWithTable()
}

/** What the table holds and docs/which-loss.md does not name. */
export function withoutAdvice(): string[] {
  const page = readFileSync(join(root, 'docs/which-loss.md'), 'utf8')
  return rows().flatMap(({ name }) => (page.includes(`\`${name}\``) ? [] : [name]))
}

if (import.meta.main) writeFileSync(readme, readmeWithTable())
