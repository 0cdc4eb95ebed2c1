import { ValueError } from '@wengert/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FormatError } from './formatError.ts'
import { parseCsv, type Table } from './parseCsv.ts'
import { type CsvStreamOptions, streamCsv } from './streamCsv.ts'
import { collected } from './testing/collected.ts'

type Source = Parameters<typeof streamCsv>[0]

async function tablesOf(source: Source, options: CsvStreamOptions = {}): Promise<Table[]> {
  return collected(streamCsv(source, options))
}

/** What a text says, or why it says nothing: without the name of the function, and without what comes next in the text, which may not be there yet. */
async function outcome(read: () => unknown): Promise<unknown> {
  try {
    return await read()
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
    return error.message.replace(/^\w+: |(?<=closing quote, got ).*/g, '')
  }
}

function cut(text: string, places: readonly number[]): string[] {
  const at = [0, ...places.map((place) => place % (text.length + 1)).sort((a, b) => a - b), text.length]
  return at.slice(1).map((end, i) => text.slice(at[i], end))
}

describe('streamCsv', () => {
  it('reads any text as parseCsv does, however it is cut', async () => {
    const character = fc.constantFrom('1', '2', '.', ',', ',', '"', '"', '\n', '\n', '\r', '\r\n', ' ', 'a', '\ufeff')
    const texts = fc.array(character, { maxLength: 40 }).map((characters) => characters.join(''))
    await fc.assert(
      fc.asyncProperty(
        texts,
        fc.array(fc.nat(), { maxLength: 6 }),
        fc.integer({ min: 1, max: 4 }),
        async (text, places, rows) => {
          const streamed = await outcome(async () => {
            const tables = await tablesOf(cut(text, places), { rows })
            expect(tables.slice(0, -1).every((table) => table.rows === rows)).toBe(true)
            return {
              columns: tables[0]?.columns,
              rows: tables.reduce((total, table) => total + table.rows, 0),
              width: tables[0]?.width,
              data: Float64Array.from(tables.flatMap((table) => [...table.data])),
            }
          })
          expect(streamed).toEqual(await outcome(() => parseCsv(text)))
        },
      ),
      { numRuns: 10 * (fc.readConfigureGlobal().numRuns ?? 100) },
    )
  })

  it('reads bytes, cut inside characters too', async () => {
    const bytes = new TextEncoder().encode('\ufeff"größe",b\r\n1,2\r\n3,4')
    const pieces = Array.from(bytes, (byte) => Uint8Array.of(byte))
    expect(await tablesOf(pieces)).toEqual([
      { columns: ['größe', 'b'], rows: 2, width: 2, data: Float64Array.of(1, 2, 3, 4) },
    ])
    await expect(tablesOf([Uint8Array.of(49, 10, 0xff)])).rejects.toThrow(FormatError)
    await expect(tablesOf([Uint8Array.of(49, 10, 0xc3)])).rejects.toThrow('source must be text in UTF-8')
  })

  it('asks for no more than it needs, and lets go of the source', async () => {
    let [asked, closed] = [0, false]
    async function* endless(): AsyncGenerator<string> {
      try {
        for (;;) yield `${asked++},0\n`
      } finally {
        closed = true
      }
    }
    for await (const { rows, data } of streamCsv(endless(), { rows: 10 })) {
      expect([rows, data[18]]).toEqual([10, 9])
      break
    }
    expect([asked, closed]).toEqual([10, true])
  })

  it('refuses a record without an end before it fills the memory', async () => {
    let asked = 0
    function* open(): Generator<string> {
      yield 'a,b\n1,"'
      for (;;) {
        asked++
        yield '0\n'.repeat(50)
      }
    }
    await expect(tablesOf(open(), { longest: 1000 })).rejects.toThrow(
      'streamCsv: line 2 must have at most 1000 characters, got more. Is a quote left open? Otherwise raise { longest }.',
    )
    expect(asked).toBe(10)
    await expect(tablesOf(['1'.repeat(2000)], { longest: 1000 })).rejects.toThrow('line 1 must have at most 1000')
    // Of lines that have an end there may be any number at once.
    expect((await tablesOf(['1\n'.repeat(2000)], { longest: 1000 })).map(({ rows }) => rows)).toEqual([1024, 976])
  })

  it('gives what comes before a mistake', async () => {
    const seen: number[] = []
    const read = async (): Promise<void> => {
      for await (const { rows } of streamCsv(['1\n2\n3\n', 'x\n'], { rows: 2, header: false })) seen.push(rows)
    }
    await expect(read()).rejects.toThrow('streamCsv: line 4, column 1 must hold a finite number, got "x".')
    expect(seen).toEqual([2])
  })

  it.each([
    [{ rows: 0 }, 'rows must be an integer of at least 1, got 0.'],
    [{ longest: 0.5 }, 'longest must be an integer of at least 1, got 0.5.'],
    [{ separator: ',,' }, 'separator must be one character'],
  ])('refuses %j', async (options, message) => {
    await expect(tablesOf(['1'], options)).rejects.toThrow(ValueError)
    await expect(tablesOf(['1'], options)).rejects.toThrow(message)
  })
})
