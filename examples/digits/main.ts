/** Trains a small network to read handwritten digits, once with each loss, and writes a report. Try --help. */
import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { cpu } from '@wengert/backend-cpu'
import { useBackend } from '@wengert/core'
import { checkNetwork } from './checkNetwork.ts'
import { loadDataset } from './dataset.ts'
import { factsOf } from './facts.ts'
import { checkWritable } from './files.ts'
import { number, percent } from './format.ts'
import { InputError } from './inputError.ts'
import { help, parseOptions } from './options.ts'
import { progress } from './progress.ts'
import { page } from './report/page.ts'
import { resultTable } from './results.ts'
import { type Run, train } from './train.ts'

async function main(args: readonly string[]): Promise<void> {
  const options = parseOptions(args)
  if (!options) return console.log(help)
  useBackend(cpu())
  const dataset = loadDataset(options.data)
  checkWritable(options.out)

  const check = checkNetwork(dataset, options.losses)
  const facts = factsOf(dataset, options, check)
  for (const [name, value] of facts) console.log(`${name.padEnd(16)}${value}`)
  console.log()

  const runs: Run[] = []
  for (const loss of options.losses)
    for (const seed of options.seeds) {
      const name = options.seeds.length > 1 ? `${loss}, seed ${seed}` : loss
      const bar = progress(name.padEnd(20), options.epochs)
      const run = await train(dataset, { ...options, loss, seed }, ({ trainLoss, accuracy }) =>
        bar.step(`loss ${number(trainLoss)}, test accuracy ${percent(accuracy)}`),
      )
      runs.push(run)
    }

  console.log(`\n${resultTable(runs)}\n`)
  writeFileSync(options.out, page({ dataset, runs, facts }))
  console.log(`Report: ${resolve(options.out)}`)
}

try {
  await main(process.argv.slice(2))
} catch (error) {
  if (!(error instanceof InputError)) throw error
  console.error(error.message)
  process.exitCode = 2
}
