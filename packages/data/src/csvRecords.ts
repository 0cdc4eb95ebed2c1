import { FormatError, shown } from './formatError.ts'

export interface CsvRecord {
  /** Where it starts in the text, counted from 1. */
  readonly line: number
  readonly cells: readonly string[]
}

/** A place in a text: between two lines. */
export interface CsvPlace {
  readonly at: number
  /** Counted from 1. */
  readonly line: number
}

export interface CsvScanner {
  /** Begins the messages of errors. */
  readonly fn: string
  readonly text: string
  readonly separator: string
  /** Whether nothing comes behind the text, so that its end is that of a line. */
  readonly whole: boolean
}

/**
 * The records of the lines that are not blank, from a place on. Returns the place behind the last record or blank line
 * that has an end in the text.
 */
export function* recordsOf(scanner: CsvScanner, { at: from, line: first }: CsvPlace): Generator<CsvRecord, CsvPlace> {
  const { text, separator, whole } = scanner
  let [at, line] = [from, first]
  while (at < text.length) {
    const start = { at, line }
    const cells: string[] = []
    const content = afterSpaces(text, at, separator)
    if (isLineEnd(text[content])) at = content
    else
      for (let more = true; more; ) {
        const cell = cellAt(scanner, at, line, cells.length + 1)
        if (!cell) return start
        cells.push(cell.text)
        line += cell.lines
        more = text[cell.end] === separator
        at = more ? cell.end + 1 : cell.end
      }
    // At the end of what is there a quote may be the first of two, and an LF may follow a CR.
    if (!whole && (at >= text.length || (text[at] === '\r' && at + 1 === text.length))) return start
    at += text[at] === '\r' && text[at + 1] === '\n' ? 2 : 1
    line++
    if (cells.length > 0) yield { line: start.line, cells }
  }
  return { at, line }
}

interface Cell {
  readonly text: string
  /** Position of the separator or line end that follows. */
  readonly end: number
  /** Line ends inside it, which only quotes allow. */
  readonly lines: number
}

function isLineEnd(character: string | undefined): boolean {
  return character === '\n' || character === '\r' || character === undefined
}

function afterSpaces(text: string, from: number, separator: string): number {
  let at = from
  while ((text[at] === ' ' || text[at] === '\t') && text[at] !== separator) at++
  return at
}

/** The cell at a position; null where its end has not come yet. */
function cellAt(scanner: CsvScanner, from: number, line: number, column: number): Cell | null {
  const { text, separator } = scanner
  const open = afterSpaces(text, from, separator)
  if (text[open] === '"') return quotedCell(scanner, open, line, column)
  let end = open
  while (text[end] !== separator && !isLineEnd(text[end])) end++
  return { text: text.slice(open, end).trimEnd(), end, lines: 0 }
}

function quotedCell(
  { fn, text, separator, whole }: CsvScanner,
  open: number,
  line: number,
  column: number,
): Cell | null {
  const parts: string[] = []
  let at = open + 1
  let close = text.indexOf('"', at)
  while (close >= 0 && text[close + 1] === '"') {
    parts.push(text.slice(at, close + 1))
    at = close + 2
    close = text.indexOf('"', at)
  }
  if (!whole && close < 0) return null
  if (close < 0)
    throw new FormatError(`${fn}: line ${line}, column ${column} must end in a quote, got the end of the text.`)
  parts.push(text.slice(at, close))
  const content = parts.join('')
  const end = afterSpaces(text, close + 1, separator)
  if (text[end] !== separator && !isLineEnd(text[end]))
    throw new FormatError(
      `${fn}: line ${line}, column ${column} must end after its closing quote, got ${shown(text.slice(end, end + 25), 24)}. ` +
        'Write a quote inside a quoted cell twice.',
    )
  return { text: content, end, lines: content.match(/\r\n|\r|\n/g)?.length ?? 0 }
}
