import { type Profile, profile, type Speeds } from '@wengert/core'
import type { Contender } from './measure.ts'
import { backend } from './ours.ts'
import { copyProbe, registerProbe } from './probes.ts'

const runs = 20
const shown = 12

/** Milliseconds after which no further run begins. */
const enough = 3000

let known: Speeds | null = null

/** Least milliseconds of some runs. */
function least({ run }: Contender): number {
  let best = Number.POSITIVE_INFINITY
  for (let i = 0; i < runs; i++) {
    const start = performance.now()
    run()
    best = Math.min(best, performance.now() - start)
  }
  return best
}

/** What the machine reaches in registers, and copying what fits in the second cache. */
function speeds(): Speeds {
  const [flops, bytes] = [1e8, 2 ** 20]
  const probe = registerProbe(flops, true) ?? (registerProbe(flops, false) as Contender)
  known ??= { arithmetic: (1000 * flops) / least(probe), bandwidth: (1000 * bytes) / least(copyProbe('copy', bytes)) }
  return known
}

/** Prints the kernels of our contender that take longest: of each the least time in some runs, and the floor for it. */
export async function showHotSpots(title: string, run: () => unknown): Promise<void> {
  const spots = new Map<string, { runs: number; ms: number; floor: number }>()
  let whole = Number.POSITIVE_INFINITY
  const start = performance.now()
  for (let i = 0; i < runs && (i === 0 || performance.now() - start < enough); i++) {
    const found: Profile = await profile(run, { backend, speeds: speeds() })
    whole = Math.min(whole, found.ms)
    for (const { kernel, runs, ms, floor } of found.kernels) {
      const before = spots.get(kernel)
      if (!before || ms < before.ms) spots.set(kernel, { runs, ms, floor: floor * ms })
    }
  }
  const { arithmetic, bandwidth } = speeds()
  const inKernels = [...spots.values()].reduce((sum, { ms }) => sum + ms, 0)
  console.log(`\n${title}: ${whole.toFixed(2)} ms at best, kernels ${inKernels.toFixed(2)} ms; floors at`)
  console.log(`${(arithmetic / 1e9).toFixed(1)} GFLOP/s and ${(bandwidth / 1e9).toFixed(1)} GB/s`)
  console.log('        ms     floor  runs  kernel')
  for (const [kernel, { runs, ms, floor }] of [...spots].sort((a, b) => b[1].ms - a[1].ms).slice(0, shown))
    console.log(`${ms.toFixed(3).padStart(10)}${floor.toFixed(3).padStart(10)}${`${runs}`.padStart(6)}  ${kernel}`)
}
