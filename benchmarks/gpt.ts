/**
 * Prints the time and the memory of one training step of a small transformer of characters beside jax-js with jit, the same model
 * from the same parameters. Contenders take turns, as the machine has other work; time is that of the processor. Memory is measured
 * in a process for each.
 * Run it by itself: `node --conditions=@wengert/source benchmarks/gpt.ts`, with a number of rounds if 5 are not right.
 */
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { contenders, flops } from './gptModel.ts'

const rounds = Number(process.argv[2] ?? 5)
console.log(
  `Node ${process.version}; one training step of ${(flops / 1e9).toFixed(1)} GFLOP, ${rounds} rounds in turn\n`,
)

const script = fileURLToPath(new URL('./gptMemory.ts', import.meta.url))
const memory = contenders.map((_, i): { resident: number; linear: number } =>
  JSON.parse(execFileSync(process.execPath, [...process.execArgv, script, String(i)], { encoding: 'utf8' })),
)

const steps = []
const losses: number[][] = []
const times: number[][] = []
for (const [i, { name, build }] of contenders.entries()) {
  const step = await build()
  const start = performance.now()
  losses[i] = [await step()]
  console.log(`${name.padEnd(18)} first step ${(performance.now() - start).toFixed(0)} ms`)
  times[i] = []
  steps.push(step)
}
for (let round = 0; round < rounds; round++)
  for (const [i, step] of steps.entries())
    for (let n = 0; n < 4; n++) {
      const start = process.cpuUsage()
      losses[i]?.push(await step())
      const { user, system } = process.cpuUsage(start)
      // The first of a turn finds the caches full of the other's numbers.
      if (n > 0) times[i]?.push((user + system) / 1000)
    }

console.log(`\n${''.padEnd(18)}    median    least     GFLOP/s  ratio   resident    linear    loss`)
const first = median(times[0] as number[])
for (const [i, { name }] of contenders.entries()) {
  const of = times[i] as number[]
  const rate = flops / 1e6 / median(of)
  const cells = [`${median(of).toFixed(0)} ms`, `${Math.min(...of).toFixed(0)} ms`, rate.toFixed(1)]
  const ratio = `${(median(of) / first).toFixed(2)}×`
  const { resident, linear } = memory[i] as (typeof memory)[number]
  const sizes = [resident, linear].map((mb) => `${mb.toFixed(0)} MB`.padStart(10)).join('')
  const [from, to] = [losses[i]?.[0], losses[i]?.at(-1)] as [number, number]
  console.log(
    `${name.padEnd(18)}${cells.map((cell) => cell.padStart(10)).join('')}${ratio.padStart(9)} ${sizes}    ${from.toFixed(4)} to ${to.toFixed(4)}`,
  )
}
console.log(
  '\nresident: growth of the process at its largest, in ten steps from before the model was built; linear: its WebAssembly memory',
)

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[sorted.length >> 1] as number
}
