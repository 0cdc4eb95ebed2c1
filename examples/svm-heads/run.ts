import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { cells, type Outcome, type Page, page } from './page.ts'

export interface Flags {
  readonly epochs: number
  readonly seeds: number
  readonly out: string
}

/** The flags --epochs, --seeds and --out of a command line. */
export function parseFlags(defaults: Flags): Flags {
  const { epochs, seeds, out } = defaults
  const { values } = parseArgs({
    options: {
      epochs: { type: 'string', default: String(epochs) },
      seeds: { type: 'string', default: String(seeds) },
      out: { type: 'string', default: out },
    },
  })
  const count = (flag: 'epochs' | 'seeds'): number => {
    const n = Number(values[flag])
    if (!Number.isInteger(n) || n < 1)
      throw new Error(`--${flag} must be an integer of at least 1, got ${values[flag]}.`)
    return n
  }
  return { epochs: count('epochs'), seeds: count('seeds'), out: values.out }
}

/** Runs each contender with each seed, prints a table and writes the page. */
export async function runAll(
  contenders: Readonly<Record<string, (seed: number) => Promise<number[][]>>>,
  { seeds, out }: Flags,
  about: Omit<Page, 'outcomes'>,
): Promise<void> {
  const outcomes: Outcome[] = []
  console.log(`${''.padEnd(24)}${about.tests.map((test) => test.padStart(24)).join('')}`)
  for (const [name, run] of Object.entries(contenders)) {
    const errors: number[][][] = []
    for (let seed = 0; seed < seeds; seed++) errors.push(await run(seed))
    const outcome = { name, errors }
    outcomes.push(outcome)
    const row = cells(outcome, about.tests).map((cell) => cell.padStart(24))
    console.log(`${name.padEnd(24)}${row.join('')}`)
  }
  writeFileSync(out, page({ ...about, outcomes }))
  console.log(`\nReport: ${resolve(out)}`)
}
