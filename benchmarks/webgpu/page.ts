/** The part of the benchmark that runs in a browser. */
import * as jax from '@jax-js/jax'
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-webgpu'
import { webgpu } from '@wengert/backend-webgpu'
import { useBackend } from '@wengert/core'
import { type Case, cases } from './cases.ts'

/** Milliseconds that each contender gets in a round. */
const share = 1500
const rounds = 5

export async function run(wanted: readonly string[], without: string | null): Promise<void> {
  const backend = await webgpu()
  useBackend(backend)
  await tf.setBackend('webgpu')
  await jax.init('webgpu')
  jax.defaultDevice('webgpu')
  const { adapterInfo } = backend.device
  console.log(
    `adapter: ${adapterInfo.vendor} ${adapterInfo.architecture}; milliseconds, medians of ${rounds} rounds in turn`,
  )
  for (const test of cases(backend)) {
    if (wanted.length > 0 && !wanted.some((word) => test.name.includes(word))) continue
    const contenders = test.contenders.filter(({ name }) => without === null || !name.includes(without))
    await compare({ ...test, contenders })
  }
}

async function compare({ name, flops, contenders }: Case): Promise<void> {
  const times = new Map<string, number[]>()
  const ready = []
  for (const contender of contenders)
    try {
      const runOnce = await contender.start()
      await runOnce()
      await runOnce()
      ready.push({ name: contender.name, runOnce })
    } catch (error) {
      console.log(`  ${contender.name} cannot: ${String(error).slice(0, 200)}`)
    }
  for (let round = 0; round < rounds; round++)
    for (const { name: who, runOnce } of ready) {
      const taken: number[] = []
      const start = performance.now()
      do {
        const before = performance.now()
        await runOnce()
        taken.push(performance.now() - before)
      } while (performance.now() - start < share && taken.length < 30)
      times.set(who, [...(times.get(who) ?? []), median(taken)])
    }
  console.log(`\n${name}`)
  const first = median(times.get(ready[0]?.name ?? '') ?? [])
  for (const [who, list] of times) {
    const ms = median(list)
    const rate = flops ? `${(flops / ms / 1e6).toFixed(2).padStart(8)} GFLOP/s` : ''
    console.log(`  ${who.padEnd(12)} ${ms.toFixed(2).padStart(9)} ms  ${(ms / first).toFixed(2).padStart(6)}×  ${rate}`)
  }
}

function median(list: readonly number[]): number {
  const sorted = [...list].sort((a, b) => a - b)
  return sorted[sorted.length >> 1] ?? Number.NaN
}
