import { checkCount } from '@wengert/core'
import { recordsOf } from './csvRecords.ts'
import { FormatError } from './formatError.ts'
import { type CsvOptions, type Table, tableReader, withoutMark } from './parseCsv.ts'

export interface CsvStreamOptions extends CsvOptions {
  /** Rows in a table. @default 1024 */
  readonly rows?: number
  /** Characters that a record may have; an open quote would else swallow the file. @default 2 ** 20 */
  readonly longest?: number
}

/**
 * Reads comma-separated numbers piece by piece, as tables of a few rows each, in memory for about one piece and one
 * table. Take it for files that are larger than memory, and `parseCsv` for others; what a file may look like is the
 * same. `streamBatches` makes batches of what comes.
 *
 * The source is any iterable of text or of bytes in UTF-8: `createReadStream(path)` in Node, `response.body` of fetch.
 * Errors: those of `parseCsv`, when the line is reached; the tables before it have been given by then.
 *
 * @example
 * const tables: number[] = []
 * for await (const { rows } of streamCsv(['a,b\n1,', '2\n3,4\n5,6'], { rows: 2 })) tables.push(rows)
 * new Int32Array(tables) // 2, 1
 */
export async function* streamCsv(
  source: AsyncIterable<string | Uint8Array> | Iterable<string | Uint8Array>,
  options: CsvStreamOptions = {},
): AsyncGenerator<Table, void, undefined> {
  const fn = 'streamCsv'
  const { rows = 1024, longest = 2 ** 20, separator = ',' } = options
  checkCount(fn, 'rows', rows, 1)
  checkCount(fn, 'longest', longest, 1)
  const reader = tableReader(fn, options)
  let text = ''
  let line = 1
  let begun = false
  let given = false

  /** Tables that are full after the records of the text; what is not complete stays in it. */
  function* read(whole: boolean): Generator<Table> {
    if (!begun && text.length > 0) {
      text = text.slice(withoutMark(text))
      begun = true
    }
    const records = recordsOf({ fn, text, separator, whole }, { at: 0, line })
    let next = records.next()
    for (; !next.done; next = records.next()) {
      reader.add(next.value)
      if (reader.rows >= rows) yield reader.take() as Table
    }
    text = text.slice(next.value.at)
    line = next.value.line
    if (text.length > longest)
      throw new FormatError(
        `${fn}: line ${line} must have at most ${longest} characters, got more. Is a quote left open? Otherwise raise { longest }.`,
      )
  }

  for await (const piece of decoded(fn, source)) {
    text += piece
    // Without the end of a line nothing can be complete.
    if (!/[\r\n]/.test(piece) && text.length <= longest) continue
    for (const table of read(false)) {
      given = true
      yield table
    }
  }
  for (const table of read(true)) {
    given = true
    yield table
  }
  const rest = reader.take()
  if (rest) yield rest
  else if (!given) throw reader.empty()
}

async function* decoded(
  fn: string,
  source: AsyncIterable<string | Uint8Array> | Iterable<string | Uint8Array>,
): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  const decode = (bytes?: Uint8Array): string => {
    try {
      return bytes ? decoder.decode(bytes, { stream: true }) : decoder.decode()
    } catch {
      throw new FormatError(`${fn}: source must be text in UTF-8, got other bytes.`)
    }
  }
  for await (const piece of source) yield typeof piece === 'string' ? piece : decode(piece)
  yield decode()
}
