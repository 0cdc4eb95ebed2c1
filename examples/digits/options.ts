import { parseArgs } from 'node:util'
import { InputError } from './inputError.ts'
import { type LossName, lossNames } from './losses.ts'

export interface Options {
  /** The losses to train with, one after the other. */
  readonly losses: readonly LossName[]
  readonly epochs: number
  /** Rows in a batch. */
  readonly batch: number
  /** One run of each loss per seed. */
  readonly seeds: readonly number[]
  /** A CSV file, or a pair of IDX files: images and labels. */
  readonly data: readonly [csv: string] | readonly [images: string, labels: string] | null
  /** Where the report goes. */
  readonly out: string
}

export const help = `Trains a small neural network to read handwritten digits, and writes a report.

  npm start -- [options]

  --loss <name>       ${lossNames.join(', ')} (default: the first two, one after the other)
  --epochs <n>        times through the training data (default: 30)
  --batch <n>         examples in a step (default: 64)
  --seed <n>          fixes the initial parameters and the order of examples (default: 0)
  --seeds <n>         runs with n seeds: seed, seed + 1, … (default: 1)
  --data <csv>        other data: numbers in columns, the last one the class, from 0
  --data <images.idx> <labels.idx>
                      other data as a pair of files in the format of MNIST
  --out <file>        where to write the report (default: report.html)
  --help              shows this text`

const mostSeeds = 100

/** The options on a command line; null where it asks for help. */
export function parseOptions(args: readonly string[]): Options | null {
  const { values, positionals } = parsed(args)
  if (values.help) return null
  const [labels, ...surplus] = positionals
  if (surplus.length > 0 || (labels !== undefined && values.data === undefined))
    throw new InputError(`${surplus[0] ?? labels} is one argument too many. Try --help.`)
  // Room for the seeds that follow the first.
  const seed = integer('--seed', values.seed, 0, 2 ** 53 - 1 - mostSeeds)
  const seeds = integer('--seeds', values.seeds, 1, mostSeeds)
  return {
    losses: values.loss === undefined ? lossNames.slice(0, 2) : [lossName(values.loss)],
    epochs: integer('--epochs', values.epochs, 1, 10_000),
    batch: integer('--batch', values.batch, 1, 1_000_000),
    seeds: Array.from({ length: seeds }, (_, i) => seed + i),
    data: values.data === undefined ? null : labels === undefined ? [values.data] : [values.data, labels],
    out: values.out,
  }
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        loss: { type: 'string' },
        epochs: { type: 'string', default: '30' },
        batch: { type: 'string', default: '64' },
        seed: { type: 'string', default: '0' },
        seeds: { type: 'string', default: '1' },
        data: { type: 'string' },
        out: { type: 'string', default: 'report.html' },
        help: { type: 'boolean', short: 'h' },
      },
    })
  } catch (error) {
    const [sentence] = (error as Error).message.split(/[.\n]/)
    throw new InputError(`${sentence}. Try --help.`)
  }
}

function integer(flag: string, text: string, least: number, most: number): number {
  const n = Number(text)
  if (!/^\d+$/.test(text) || n < least || n > most)
    throw new InputError(`${flag} must be an integer from ${least} to ${most}, got ${JSON.stringify(text)}.`)
  return n
}

function lossName(text: string): LossName {
  const name = lossNames.find((known) => known === text)
  if (!name) throw new InputError(`--loss must be one of ${lossNames.join(', ')}, got ${JSON.stringify(text)}.`)
  return name
}
