/**
 * What infinitely wide networks become as they get deep: a nearest neighbour, a vote by distance or a majority vote. Drawn on a part of the
 * sphere, and compared with more and more examples.
 */
import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { cpu } from '@wengert/backend-cpu'
import { data, fold, key, type Tensor, useBackend } from '@wengert/core'
import { type Map, octant } from './octant.ts'
import { page } from './page.ts'
import { deepNetworks, type Rule } from './rules.ts'
import { difference, draw, noise, type Points } from './sphere.ts'

const { values: flags } = parseArgs({
  options: {
    layers: { type: 'string', default: '2000' },
    seen: { type: 'string', default: '20' },
    rows: { type: 'string', default: '20' },
    counts: { type: 'string', default: '10,30,100,300' },
    repeats: { type: 'string', default: '5' },
    out: { type: 'string', default: 'infinite-network.html' },
  },
})
const numbers = (flag: Exclude<keyof typeof flags, 'out'>): [number, ...number[]] => {
  const list = flags[flag].split(',').map(Number)
  if (list.some((n) => !Number.isInteger(n) || n < 1))
    throw new Error(`--${flag} must be integers of at least 1, got ${flags[flag]}.`)
  return list as [number, ...number[]]
}
const [[layers], [rows], [repeats]] = [numbers('layers'), numbers('rows'), numbers('repeats')]

useBackend(cpu())
const networks = deepNetworks(layers)
const cells = octant(rows)
// A draw in which one class has a clear majority: 13 of 20.
const seen = await draw(key(9), numbers('seen')[0])
const [x, y] = (await data([seen.x, seen.y])) as [Float64Array, Float64Array]
const points = Array.from(y, (sign, i) => ({ x: [...x.subarray(3 * i, 3 * i + 3)], first: sign > 0 }))
const map = async (title: string, scores: Tensor): Promise<Map> => ({
  title,
  first: Array.from(await scores.data(), (score) => score >= 0),
  points,
})

console.log(`${points.length} examples, ${cells.cells.length} places\n`)
const pairs: { readonly network: Map; readonly limit: Map; readonly agreement: number }[] = []
for (const { name, rule, limit, limitRule } of networks) {
  const [network, target] = [await map(name, rule(seen, cells.x)), await map(limit, limitRule(seen, cells.x))]
  const agreement = network.first.filter((first, i) => first === target.first[i]).length / network.first.length
  pairs.push({ network, limit: target, agreement })
  console.log(`${name.padEnd(22)}agrees with ${limit.padEnd(18)}on ${(100 * agreement).toFixed(1).padStart(5)} %`)
}

// The third needs ever more layers as there are more examples, so what it comes to stands for it.
const [nearest, hilbert, majority] = networks
const compared: readonly (readonly [string, Rule])[] = [
  [nearest.name, nearest.rule],
  [hilbert.name, hilbert.rule],
  [majority.limit, majority.limitRule],
]
const fresh = await draw(key(1), 1000)
console.log(`\nShare of ${fresh.y.shape[0]} new inputs read wrong, mean of ${repeats}; ${noise} is the best possible\n`)
console.log(['examples', ...compared.map(([name]) => name)].map((name) => name.padStart(10)).join('  '))
const errors = compared.map(([name]) => ({ name, points: [] as [number, number][] }))
for (const count of numbers('counts')) {
  const draws: Points[] = []
  for (let run = 0; run < repeats; run++) draws.push(await draw(fold(fold(key(2), count), run), count))
  const found = compared.map(
    ([, rule]) => draws.reduce((sum, each) => sum + difference(rule(each, fresh.x), fresh.y), 0) / repeats,
  )
  found.forEach((error, i) => void errors[i]?.points.push([count, error]))
  const columns = found.map((error, i) => error.toFixed(3).padStart((compared[i] as readonly [string, Rule])[0].length))
  console.log([String(count).padStart(10), ...columns].join('  '))
}
writeFileSync(flags.out, page({ octant: cells, pairs, noise, errors }))
console.log(`\nMaps: ${resolve(flags.out)}`)
