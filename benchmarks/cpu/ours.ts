import { cpu } from '@wengert/backend-cpu'
import type { Backend } from '@wengert/core'
import type { Contender } from './measure.ts'

/** The CPU backend with both tiers. */
export const backend: Backend = cpu() as Backend

const loops = cpu({ wasm: false }) as Backend

/** The same work of ours with generated WebAssembly and with loops alone. */
export function bothTiers(make: (backend: Backend) => Omit<Contender, 'name'>): readonly [Contender, Contender] {
  return [
    { name: 'wengert', ...make(backend) },
    { name: 'wengert, loops alone', ...make(loops) },
  ]
}
