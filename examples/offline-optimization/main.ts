/**
 * Offline optimization: a surrogate learns the scores of designs that were tried, and the best of them climb it. What it promises on the way is
 * compared with what it is worth, for surrogates trained with and without IGNITE.
 */
import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { cpu } from '@wengert/backend-cpu'
import { useBackend } from '@wengert/core'
import { type Climb, climb, mean } from './climb.ts'
import { page } from './page.ts'
import type { Training } from './surrogate.ts'

const { values: flags } = parseArgs({
  options: {
    seeds: { type: 'string', default: '20' },
    steps: { type: 'string', default: '500' },
    out: { type: 'string', default: 'offline-optimization.html' },
  },
})
const [seeds, steps] = [Number(flags.seeds), Number(flags.steps)]
for (const [flag, n] of [['--seeds', seeds] as const, ['--steps', steps] as const])
  if (!Number.isInteger(n) || n < 1) throw new Error(`${flag} must be an integer of at least 1, got ${n}.`)

useBackend(cpu())
const fixed = { by: 'igniteGradients', r: 0.2, etaLambda: 0 } as const
const ways: Readonly<Record<string, Training>> = {
  plain: { by: 'valueAndGrad' },
  SAM: { by: 'sam', rho: 0.05 },
  "IGNITE, authors' figures": {
    by: 'igniteGradients',
    lambda: 1e-3,
    rho: 0.05,
    r: 0.05,
    etaLambda: 1e-3,
    epsilon: 0.1,
  },
  "IGNITE2, authors' figures": { ...fixed, lambda: 0.01, rho: 0.2 },
  'IGNITE2, 15 times as strong': { ...fixed, lambda: 0.03, rho: 1 },
  'IGNITE2, 50 times as strong': { ...fixed, lambda: 0.1, rho: 1 },
}

const rows: { name: string; climbs: Climb[] }[] = []
for (const [name, how] of Object.entries(ways)) {
  const climbs: Climb[] = []
  for (let seed = 0; seed < seeds; seed++) climbs.push(await climb(1000 + seed, how, { steps }))
  rows.push({ name, climbs })
}

const plain = (rows[0] as (typeof rows)[number]).climbs
const last = (values: readonly number[]): number => values.at(-1) as number
const summary = rows.map(({ name, climbs }) => {
  const real = climbs.map((each) => last(each.real))
  const gains = real.map((score, i) => score - last((plain[i] as Climb).real))
  const spread = Math.sqrt(mean(gains.map((gain) => (gain - mean(gains)) ** 2)) / Math.max(1, seeds - 1))
  return {
    name,
    cells: [
      mean(climbs.map((each) => last(each.promised))).toFixed(2),
      mean(real).toFixed(2),
      mean(climbs.map(({ best }) => best)).toFixed(2),
      name === 'plain' ? '' : `${mean(gains).toFixed(2)} ± ${spread.toFixed(2)}`,
      name === 'plain' ? '' : `${gains.filter((gain) => gain > 0).length} of ${seeds}`,
    ],
  }
})
const headers = ['promised', 'true', 'best of 16', 'gain over plain', 'seeds better']
console.log(`${''.padEnd(28)}${headers.map((header) => header.padStart(17)).join('')}`)
for (const { name, cells } of summary)
  console.log(`${name.padEnd(28)}${cells.map((cell) => cell.padStart(17)).join('')}`)
const start = mean(plain.map(({ real }) => real[0] as number))
const best = mean(plain.map(({ bestTrial }) => bestTrial))
console.log(`\nBefore the climb the designs are worth ${start.toFixed(2)}, the best of all trials ${best.toFixed(2)}.`)
writeFileSync(flags.out, page({ headers, summary, rows, start, best }))
console.log(`Report: ${resolve(flags.out)}`)
