import { FunctionBuilder, type V128 } from '../../packages/backend-cpu/src/wasm/assembler.ts'
import { compile, features, newMemory } from '../../packages/backend-cpu/src/wasm/engine.ts'
import { i32 } from '../../packages/backend-cpu/src/wasm/instructions.ts'
import { f32x4, v128 } from '../../packages/backend-cpu/src/wasm/vectors.ts'
import type { Contender } from './measure.ts'

/** As many chains as fit in registers beside two factors. */
const chains = 12
const unrolled = 8

/**
 * Multiplications and additions of four f32 in registers alone, in chains that do not wait for one another: what no kernel can
 * exceed. `fused` takes the instruction that does both; null where this host lacks it.
 */
export function registerProbe(flops: number, fused: boolean): Contender | null {
  if (fused && !features().fused) return null
  const f = new FunctionBuilder('probe', ['i32'] as const)
  const [factor, summand] = [f.let(f32x4.const(0.999)), f.let(f32x4.const(0.001))]
  const sums = Array.from({ length: chains }, (_, i) => f.let(f32x4.const(i)))
  // Unfused, the product must be of the sum itself: one of two constants would be computed once for all chains.
  const next = (sum: V128): V128 =>
    fused ? f32x4.relaxedMadd(factor, summand, sum) : f32x4.add(f32x4.mul(sum, factor), summand)
  f.times(f.params[0], () => {
    for (let i = 0; i < unrolled; i++) for (const sum of sums) f.set(sum, next(sum))
  })
  for (const [i, sum] of sums.entries()) f.run(v128.store(i32.const(16 * i), sum))
  const { probe } = compile([f], newMemory())
  const times = Math.ceil(flops / (8 * chains * unrolled))
  return {
    name: fused ? 'registers, fused multiply-add' : 'registers, multiply and add',
    run: () => probe?.(times),
  }
}

/** The host's own copy of memory, of so many bytes read and written together. */
export function copyProbe(name: string, bytes: number): Contender {
  const from = new Uint8Array(bytes / 2).fill(1)
  const to = new Uint8Array(bytes / 2)
  return { name, run: () => to.set(from) }
}
