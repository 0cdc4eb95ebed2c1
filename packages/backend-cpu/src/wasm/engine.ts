import { assemble, FunctionBuilder, type I32 } from './assembler.ts'
import { f32x4, i32x4, v128 } from './vectors.ts'

// What is used of the host's WebAssembly, which is no part of the language.

/** A linear memory. */
export interface Memory {
  /** A new one after growth; unless it is shared, the old one is then detached. */
  readonly buffer: ArrayBuffer | SharedArrayBuffer
  grow(pages: number): number
}

declare const WebAssembly: {
  readonly Memory: new (limits: { initial: number; maximum: number; shared: boolean }) => Memory
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object
  readonly Instance: new (module: object, imports: { m: { m: Memory } }) => { readonly exports: object }
}

/** A memory of one megabyte that may grow to four gigabytes, for one thread or for several. */
export function newMemory(shared = false): Memory {
  return new WebAssembly.Memory({ initial: 16, maximum: 65536, shared })
}

/** What this host's WebAssembly can do, found out once. */
export interface Features {
  readonly simd: boolean
  /** Multiply and add in one instruction. */
  readonly fused: boolean
}

let known: Features | null = null

export function features(): Features {
  known ??= { simd: compiles((f) => f.run(storeAt0(i32x4.const(0)))), fused: compiles(useFused) }
  return known
}

const address: I32 = { type: 'i32', code: [0x41, 0x00] }

const storeAt0 = (value: Parameters<typeof v128.store>[1]): number[] => v128.store(address, value)

function useFused(f: FunctionBuilder): void {
  const one = f32x4.const(1)
  f.run(storeAt0(f32x4.relaxedMadd(one, one, one)))
}

/** Whether a function compiles. A page may forbid that as it forbids `eval`; then there is no WebAssembly either. */
function compiles(write: (f: FunctionBuilder) => void): boolean {
  const f = new FunctionBuilder('run', [])
  write(f)
  try {
    return new WebAssembly.Module(assemble([f])) !== null
  } catch {
    return false
  }
}

/** Functions of a module, by name. They take numbers and return nothing. */
export type Exports = Readonly<Record<string, (...args: number[]) => void>>

/** Compiles functions that work on a memory. */
export function compile(functions: readonly FunctionBuilder[], memory: Memory): Exports {
  const module = new WebAssembly.Module(assemble(functions, isShared(memory)))
  return new WebAssembly.Instance(module, { m: { m: memory } }).exports as Exports
}

/** Whether several threads may work on a memory. */
export function isShared({ buffer }: Memory): boolean {
  return typeof SharedArrayBuffer === 'function' && buffer instanceof SharedArrayBuffer
}
