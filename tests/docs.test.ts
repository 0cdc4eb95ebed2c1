import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = join(import.meta.dirname, '..')

function blocks(page: string, language: string): string[] {
  const text = readFileSync(join(root, page), 'utf8')
  return [...text.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map(([, code]) => code as string)
}

/** What a program prints. It is put among the examples, whose package depends on every other. */
function run(name: string, code: string): string {
  const file = join(root, 'examples', `.${name}.ts`)
  writeFileSync(file, code)
  try {
    return execFileSync(process.execPath, ['--conditions=@wengert/source', file], { cwd: root, encoding: 'utf8' })
  } finally {
    rmSync(file)
  }
}

describe('the README', () => {
  const [classifier = '', check = ''] = blocks('README.md', 'ts')

  it('trains a classifier', { timeout: 60_000 }, () => {
    const [, accuracy] = /test accuracy (\S+)/.exec(run('readme', classifier)) ?? []
    expect(Number(accuracy)).toBeGreaterThan(0.95)
  })

  it('checks a gradient', () => {
    expect(run('readme-check', check)).toContain('worst')
  })
})

describe.each(readdirSync(join(root, 'docs')).map((file) => `docs/${file}`))('%s', (page) => {
  const programs = blocks(page, 'ts')
  if (programs.length > 0)
    it('is a program that prints what it shows', () => {
      const output = run(page.replaceAll(/\W/g, '-'), programs.join('\n'))
      for (const shown of blocks(page, 'text')) expect(output).toContain(shown)
    })

  it('links to files that exist, and to headings in them', () => {
    const text = readFileSync(join(root, page), 'utf8')
    for (const [, file = '', anchor = ''] of text.matchAll(/\]\((?!http)([^)#]*)#?([^)]*)\)/g)) {
      const linked = file ? readFileSync(join(root, 'docs', file), 'utf8') : text
      const headings = [...linked.matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
        title.toLowerCase().replaceAll(' ', '-'),
      )
      if (anchor) expect(headings).toContain(anchor)
    }
  })
})
