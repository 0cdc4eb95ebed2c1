import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { declarationFolder } from '../data/declarations.ts'

/** What a doc comment says, and the places of the declarations that it stands before. */
export interface Query {
  readonly text: string
  readonly answers: readonly number[]
}

export interface Texts {
  readonly queries: readonly Query[]
  /** Declarations with what they are members of: `Array.pop(): T | undefined`. */
  readonly documents: readonly string[]
}

/** Which declarations are taken: those of JavaScript, or those of browsers too. */
export const libraries = { es: /^lib\.es.*\.d\.ts$/, all: /^lib\.(es|dom).*\.d\.ts$/ } as const

/** Doc comments and declarations, as the installed TypeScript has them. */
export function loadTexts(library: keyof typeof libraries): Texts {
  const folder = declarationFolder()
  const files = readdirSync(folder).filter((name) => libraries[library].test(name))
  return textsOf(files.map((name) => readFileSync(join(folder, name), 'utf8')))
}

/** Comments with the declarations after them. Declarations that occur twice are one, and so are comments. */
export function textsOf(sources: readonly string[]): Texts {
  const documents = new Map<string, number>()
  const answers = new Map<string, Set<number>>()
  for (const { text, document } of sources.flatMap(commented)) {
    if (!documents.has(document)) documents.set(document, documents.size)
    const places = answers.get(text) ?? new Set()
    places.add(documents.get(document) as number)
    answers.set(text, places)
  }
  const queries = [...answers].map(([text, places]) => ({ text, answers: [...places] }))
  return { queries, documents: [...documents.keys()] }
}

/** Each comment of three words or more with the member that it stands before. */
function commented(source: string): { readonly text: string; readonly document: string }[] {
  const found: { text: string; document: string }[] = []
  let owner = ''
  let comment: string | null = null
  let isOpen = false
  for (const line of source.split('\n')) {
    if (isOpen || /^\s*\/\*\*/.test(line)) {
      comment = `${isOpen ? comment : ''}\n${line.replace(/^\s*\/\*\*/, '').replace(/\*\/\s*$/, '')}`
      isOpen = !/\*\/\s*$/.test(line)
      continue
    }
    const [, opened] = /^\s*(?:declare )?(?:interface|var|namespace) (\w+)/.exec(line) ?? []
    if (opened !== undefined) owner = opened.replace(/Constructor$/, '')
    const text = sentenceOf(comment ?? '')
    comment = null
    const signature = line
      .trim()
      .replace(/^readonly /, '')
      .replace(/[;{]$/, '')
      .trim()
    // A declaration that goes on in the next line is left out.
    const isWhole = /^\w+[<(:?]/.test(signature) && !/[(<{,|]$/.test(signature)
    if (text.split(' ').length > 2 && opened === undefined && isWhole)
      found.push({ text, document: `${owner}.${signature}` })
  }
  return found
}

/** What a comment says before its first tag, without marks. */
function sentenceOf(comment: string): string {
  const lines = comment.split('\n').map((line) => line.replace(/^\s*\*? ?/, ''))
  const text = lines.join(' ').split(/\s@/)[0] as string
  return text
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/[*`]/g, '')
    .replace(/\s+/g, ' ')
    .trim()
}
