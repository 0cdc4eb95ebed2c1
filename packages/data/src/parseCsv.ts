import { ValueError } from '@wengert/core'
import { FormatError } from './formatError.ts'

export interface CsvOptions {
  /** Whether the first line names the columns; 'auto' takes it for names if none of its cells is a number. @default 'auto' */
  readonly header?: boolean | 'auto'
  /** The character between cells. @default ',' */
  readonly separator?: string
}

/** Numbers in rows and columns. */
export interface Table {
  /** Names of the columns; null where the file gives none. */
  readonly columns: readonly string[] | null
  readonly rows: number
  /** Number of columns. */
  readonly width: number
  /** The numbers, row by row. */
  readonly data: Float64Array
}

/**
 * Reads a table of finite numbers from comma-separated text. Cells may be quoted and padded with spaces, lines may end in
 * LF or CRLF, and blank lines are skipped. Anything else (a missing cell, a word, NaN) is a FormatError that names line and
 * column, both counted from 1.
 *
 * @example parseCsv('width,height\n1.5,2\n3,4').data // 1.5, 2, 3, 4
 */
export function parseCsv(text: string, { header = 'auto', separator = ',' }: CsvOptions = {}): Table {
  if (separator.length !== 1 || /["\r\n]/.test(separator))
    throw new ValueError(
      `parseCsv: separator must be one character that is neither a quote nor a line end, got ${JSON.stringify(separator)}.`,
    )
  let columns: readonly string[] | null = null
  let first = true
  let width = 0
  const numbers: number[] = []
  for (const { line, cells } of recordsOf(text, separator)) {
    if (first) width = cells.length
    if (cells.length !== width)
      throw new FormatError(
        `parseCsv: line ${line} must have ${count(width, 'cell')} like the first, got ${cells.length}. ` +
          `Cells are separated by ${JSON.stringify(separator)}.`,
      )
    if (first && (header === 'auto' ? looksLikeNames(cells) : header)) columns = cells
    else cells.forEach((cell, i) => void numbers.push(numberIn(cell, line, i + 1)))
    first = false
  }
  if (numbers.length === 0)
    throw new FormatError(
      `parseCsv: text must hold at least one row of numbers, got ${columns ? 'a header only' : 'none'}.`,
    )
  return { columns, rows: numbers.length / width, width, data: Float64Array.from(numbers) }
}

interface CsvRecord {
  /** Where it starts in the text, counted from 1. */
  readonly line: number
  readonly cells: readonly string[]
}

/** The records of the lines that are not blank. */
function* recordsOf(text: string, separator: string): Generator<CsvRecord> {
  let at = text.startsWith('\ufeff') ? 1 : 0
  let line = 1
  while (at < text.length) {
    const start = line
    const cells: string[] = []
    const content = afterSpaces(text, at, separator)
    if (isLineEnd(text[content])) at = content
    else
      for (let more = true; more; ) {
        const cell = cellAt(text, at, separator, line, cells.length + 1)
        cells.push(cell.text)
        line += cell.lines
        more = text[cell.end] === separator
        at = more ? cell.end + 1 : cell.end
      }
    at += text[at] === '\r' && text[at + 1] === '\n' ? 2 : 1
    line++
    if (cells.length > 0) yield { line: start, cells }
  }
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

function cellAt(text: string, from: number, separator: string, line: number, column: number): Cell {
  const open = afterSpaces(text, from, separator)
  if (text[open] === '"') return quotedCell(text, open, separator, line, column)
  let end = open
  while (text[end] !== separator && !isLineEnd(text[end])) end++
  return { text: text.slice(open, end).trimEnd(), end, lines: 0 }
}

function quotedCell(text: string, open: number, separator: string, line: number, column: number): Cell {
  const parts: string[] = []
  let at = open + 1
  let close = text.indexOf('"', at)
  while (close >= 0 && text[close + 1] === '"') {
    parts.push(text.slice(at, close + 1))
    at = close + 2
    close = text.indexOf('"', at)
  }
  if (close < 0)
    throw new FormatError(`parseCsv: line ${line}, column ${column} must end in a quote, got the end of the text.`)
  parts.push(text.slice(at, close))
  const content = parts.join('')
  const end = afterSpaces(text, close + 1, separator)
  if (text[end] !== separator && !isLineEnd(text[end]))
    throw new FormatError(
      `parseCsv: line ${line}, column ${column} must end after its closing quote, got ${shown(text.slice(end, end + 25))}. ` +
        'Write a quote inside a quoted cell twice.',
    )
  return { text: content, end, lines: content.match(/\r\n|\r|\n/g)?.length ?? 0 }
}

// The optional parts may not overlap, or a long cell of digits would take quadratic time to refuse.
const decimal = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i

/** NaN is a number that is missing rather than a name. */
function looksLikeNames(cells: readonly string[]): boolean {
  return (
    cells.some((cell) => cell !== '') &&
    !cells.some((cell) => decimal.test(cell) || /^[+-]?(nan|inf|infinity)$/i.test(cell))
  )
}

function numberIn(cell: string, line: number, column: number): number {
  const trimmed = cell.trim()
  const value = decimal.test(trimmed) ? Number(trimmed) : Number.NaN
  if (!Number.isFinite(value))
    throw new FormatError(
      `parseCsv: line ${line}, column ${column} must hold a finite number, got ${trimmed === '' ? 'an empty cell' : shown(cell)}.`,
    )
  return value
}

/** The start of a piece of the file, safe to print. */
function shown(text: string): string {
  return JSON.stringify(text.length > 24 ? `${text.slice(0, 24)}…` : text)
}

function count(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? '' : 's'}`
}
