import { ValueError } from '@wengert/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FormatError } from './formatError.ts'
import { parseCsv } from './parseCsv.ts'

describe('parseCsv', () => {
  it('reads numbers row by row', () => {
    expect(parseCsv('1,2.5\n-3e2,.5')).toEqual({
      columns: null,
      rows: 2,
      width: 2,
      data: Float64Array.of(1, 2.5, -300, 0.5),
    })
  })

  it('takes a first line without numbers for names', () => {
    const table = parseCsv('width,"a ""high"" one"\n1,2\n')
    expect(table.columns).toEqual(['width', 'a "high" one'])
    expect(table.rows).toBe(1)
  })

  it('takes numbers for names when told so', () => {
    expect(parseCsv('2019,2020\n1,2', { header: true }).columns).toEqual(['2019', '2020'])
  })

  it.each([
    ['CRLF', '1,2\r\n3,4\r\n'],
    ['CR', '1,2\r3,4'],
    ['blank lines', '\n\n1,2\n  \n\t\r\n3,4\n\n'],
    ['spaces', ' 1 ,\t2\n3, 4 '],
    ['quotes', '"1","2"\n "3" ," 4 "'],
    ['a byte order mark', '\ufeff1,2\n3,4'],
    ['a byte order mark before a quote', '\ufeff"1",2\n3,4'],
  ])('puts up with %s', (_, text) => {
    expect(Array.from(parseCsv(text).data)).toEqual([1, 2, 3, 4])
  })

  it.each([';', '\t', ' ', '|'])('separates cells by %j', (separator) => {
    expect(parseCsv(`1${separator}2\n\n3${separator}4`, { separator })).toMatchObject({ rows: 2, width: 2 })
  })

  it.each([
    ['1,2\n3', 'line 2 must have 2 cells like the first, got 1.'],
    ['1\n3,4', 'line 2 must have 1 cell like the first, got 2.'],
    ['1,2\n\n3,', 'line 3, column 2 must hold a finite number, got an empty cell.'],
    ['1,2\n""  ,4', 'line 2, column 1 must hold a finite number, got an empty cell.'],
    ['1,two', 'line 1, column 2 must hold a finite number, got "two".'],
    ['NaN,nan', 'line 1, column 1 must hold a finite number, got "NaN".'],
    ['1\n-Infinity', 'line 2, column 1 must hold a finite number, got "-Infinity".'],
    ['1\n1e999', 'line 2, column 1 must hold a finite number, got "1e999".'],
    ['1\n0x10', 'line 2, column 1 must hold a finite number, got "0x10".'],
    ['1\n1_000', 'line 2, column 1 must hold a finite number, got "1_000".'],
    ['"a\nb",c\n1,x', 'line 3, column 2 must hold a finite number, got "x".'],
    ['1,"2\n3', 'line 1, column 2 must end in a quote, got the end of the text.'],
    ['1\n"2"3', 'line 2, column 1 must end after its closing quote, got "3".'],
    [`1\n${'\u001b[31m'.repeat(9)}`, 'line 2, column 1 must hold a finite number, got "\\u001b[31m'],
    ['', 'text must hold at least one row of numbers, got none.'],
    ['a,b\n', 'text must hold at least one row of numbers, got a header only.'],
    [',', 'line 1, column 1 must hold a finite number, got an empty cell.'],
  ])('says what is wrong with %j', (text, message) => {
    expect(() => parseCsv(text)).toThrow(FormatError)
    expect(() => parseCsv(text)).toThrow(`parseCsv: ${message}`)
  })

  it('refuses names where there may be none', () => {
    expect(() => parseCsv('a,b\n1,2', { header: false })).toThrow('line 1, column 1 must hold a finite number, got "a"')
  })

  it.each(['', ',,', '"', '\n'])('refuses %j as a separator', (separator) => {
    expect(() => parseCsv('1', { separator })).toThrow(ValueError)
  })

  it('says that it wants text', () => {
    expect(() => parseCsv(new Uint8Array(2) as unknown as string)).toThrow(
      'parseCsv: text must be a string, got object. Decode bytes with new TextDecoder().decode(bytes).',
    )
  })

  it('refuses a long cell of digits in no time', () => {
    const cell = `${'1'.repeat(1e5)}x`
    const start = performance.now()
    expect(() => parseCsv(cell, { header: false })).toThrow(FormatError)
    expect(performance.now() - start).toBeLessThan(1000)
  })

  it('reads back what was written', () => {
    fc.assert(
      fc.property(tables, writing, (rows, style) => {
        const table = parseCsv(written(rows, style), { separator: style.separator })
        expect(table.columns).toEqual(style.names ? rows[0]?.map((_, i) => `name ${i}`) : null)
        expect(table.rows).toBe(rows.length)
        expect(Array.from(table.data)).toEqual(rows.flat())
      }),
    )
  })

  it('answers a broken file with a table or a FormatError', () => {
    const piece = fc.constantFrom(',', '"', '""', '\n', '\r', ' ', '-', 'e', '.', '9', 'NaN', 'x', '\u0000', '\ufeff')
    const damage = fc.array(fc.record({ at: fc.nat(), remove: fc.nat({ max: 4 }), insert: piece }), { maxLength: 6 })
    fc.assert(
      fc.property(tables, writing, damage, (rows, style, edits) => {
        let text = written(rows, style)
        for (const { at, remove, insert } of edits) {
          const from = at % (text.length + 1)
          text = text.slice(0, from) + insert + text.slice(from + remove)
        }
        expectTableOrFormatError(text)
      }),
    )
  })

  it('answers any text with a table or a FormatError', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme-ascii', maxLength: 60 }), expectTableOrFormatError))
  })
})

const tables = fc
  .integer({ min: 1, max: 5 })
  .chain((width) =>
    fc.array(fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: width, maxLength: width }), {
      minLength: 1,
      maxLength: 8,
    }),
  )
  // Text has no negative zero worth keeping, but Number('-0') is one.
  .map((rows) => rows.map((row) => row.map((value) => value + 0)))

interface Style {
  readonly separator: string
  readonly end: string
  readonly names: boolean
  readonly quotes: boolean
  readonly padding: string
  readonly blank: boolean
  readonly last: boolean
}

const writing = fc.record<Style>({
  separator: fc.constantFrom(',', ';', '|'),
  end: fc.constantFrom('\n', '\r\n', '\r'),
  names: fc.boolean(),
  quotes: fc.boolean(),
  padding: fc.constantFrom('', ' ', '\t '),
  blank: fc.boolean(),
  last: fc.boolean(),
})

function written(rows: readonly (readonly number[])[], style: Style): string {
  const cell = (text: string): string => style.padding + (style.quotes ? `"${text}"` : text) + style.padding
  const line = (cells: readonly string[]): string => cells.map(cell).join(style.separator)
  const names = rows[0]?.map((_, i) => `name ${i}`) ?? []
  const lines = [...(style.names ? [line(names)] : []), ...rows.map((row) => line(row.map(String)))]
  return lines.join(style.end + (style.blank ? style.padding + style.end : '')) + (style.last ? style.end : '')
}

function expectTableOrFormatError(text: string): void {
  try {
    const { rows, width, data, columns } = parseCsv(text)
    expect(rows * width).toBe(data.length)
    expect(data.length).toBeGreaterThan(0)
    expect(data.every(Number.isFinite)).toBe(true)
    if (columns) expect(columns.length).toBe(width)
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
  }
}
