import { ValueError } from '@wengert/core'
import { type CsvRecord, recordsOf } from './csvRecords.ts'
import { FormatError, shown } from './formatError.ts'

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
 * column, both counted from 1. For files that are larger than memory there is `streamCsv`.
 *
 * @example parseCsv('width,height\n1.5,2\n3,4').data // 1.5, 2, 3, 4
 */
export function parseCsv(text: string, options: CsvOptions = {}): Table {
  const fn = 'parseCsv'
  const { separator = ',' } = options
  const reader = tableReader(fn, options)
  if (typeof text !== 'string')
    throw new ValueError(
      `${fn}: text must be a string, got ${typeof text}. Decode bytes with new TextDecoder().decode(bytes).`,
    )
  const start = { at: withoutMark(text), line: 1 }
  for (const record of recordsOf({ fn, text, separator, whole: true }, start)) reader.add(record)
  const table = reader.take()
  if (!table) throw reader.empty()
  return table
}

/** Where the text begins, behind a byte order mark. */
export function withoutMark(text: string): number {
  return text.startsWith('\ufeff') ? 1 : 0
}

/** Makes tables from records. */
export interface TableReader {
  /** Rows of numbers since the last table. */
  readonly rows: number
  add(record: CsvRecord): void
  /** The rows since the last table; null where there are none. */
  take(): Table | null
  /** The error of a text without numbers. */
  empty(): FormatError
}

export function tableReader(fn: string, { header = 'auto', separator = ',' }: CsvOptions): TableReader {
  if (separator.length !== 1 || /["\r\n]/.test(separator))
    throw new ValueError(
      `${fn}: separator must be one character that is neither a quote nor a line end, got ${JSON.stringify(separator)}.`,
    )
  let columns: readonly string[] | null = null
  let first = true
  let width = 0
  let numbers: number[] = []
  return {
    get rows() {
      return numbers.length / (width || 1)
    },
    add({ line, cells }) {
      if (first) width = cells.length
      if (cells.length !== width)
        throw new FormatError(
          `${fn}: line ${line} must have ${count(width, 'cell')} like the first, got ${cells.length}. ` +
            `Cells are separated by ${JSON.stringify(separator)}.`,
        )
      if (first && (header === 'auto' ? looksLikeNames(cells) : header)) columns = cells
      else cells.forEach((cell, i) => void numbers.push(numberIn(fn, cell, line, i + 1)))
      first = false
    },
    take() {
      if (numbers.length === 0) return null
      const table = { columns, rows: numbers.length / width, width, data: Float64Array.from(numbers) }
      numbers = []
      return table
    },
    empty: () =>
      new FormatError(`${fn}: text must hold at least one row of numbers, got ${columns ? 'a header only' : 'none'}.`),
  }
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

function numberIn(fn: string, cell: string, line: number, column: number): number {
  const trimmed = cell.trim()
  const value = decimal.test(trimmed) ? Number(trimmed) : Number.NaN
  if (!Number.isFinite(value))
    throw new FormatError(
      `${fn}: line ${line}, column ${column} must hold a finite number, got ${trimmed === '' ? 'an empty cell' : shown(cell, 24)}.`,
    )
  return value
}

function count(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? '' : 's'}`
}
