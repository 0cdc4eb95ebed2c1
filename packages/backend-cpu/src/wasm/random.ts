import { FunctionBuilder, type Local, type V128 } from './assembler.ts'
import { f32x4, i32, i32x4, v128 } from './instructions.ts'

/** The bits by which a round of Threefry-2x32 rotates, in groups of four rounds that take turns. */
const rotations = [
  [13, 15, 26, 6],
  [17, 29, 16, 24],
] as const

/**
 * `run(out, k0, k1, size)`: words of Threefry-2x32 under a key, in the order of the counter, as i32 or as f32 in [0, 1). Eight
 * words at a time; up to three behind the last are written as well.
 */
export function randomFunction(dtype: 'f32' | 'i32'): FunctionBuilder {
  const f = new FunctionBuilder('run', ['i32', 'i32', 'i32', 'i32'] as const)
  const [out, first, second, size] = f.params
  const [k0, k1] = [f.let(i32x4.splat(first)), f.let(i32x4.splat(second))]
  const keys = [k0, k1, f.let(v128.xor(v128.xor(i32x4.const(0x1bd11bda), k0), k1))] as const
  const counter = f.let(i32x4.of(0, 1, 2, 3))
  const left = f.let(size)
  const [x0, x1] = [f.local('v128'), f.local('v128')]
  f.times(i32.shr(i32.add(size, i32.const(7)), 3), () => {
    f.set(x0, k0)
    f.set(x1, i32x4.add(counter, k1))
    for (let group = 0; group < 5; group++) {
      for (const bits of rotations[group % 2] as readonly number[]) {
        f.set(x0, i32x4.add(x0, x1))
        f.set(x1, v128.xor(v128.or(i32x4.shl(x1, bits), i32x4.shrU(x1, 32 - bits)), x0))
      }
      const next = group + 1
      f.set(x0, i32x4.add(x0, keys[next % 3] as V128))
      f.set(x1, i32x4.add(i32x4.add(x1, keys[(next + 1) % 3] as V128), i32x4.const(next)))
    }
    // Both words of a counter stand side by side.
    const words = (...lanes: readonly number[]): V128 => i32x4.shuffle(x0, x1, ...lanes)
    f.run(v128.store(out, drawn(f, words(0, 4, 1, 5), dtype)))
    f.if(i32.ltS(i32.const(4), left), () => f.run(v128.store(out, drawn(f, words(2, 6, 3, 7), dtype), 16)))
    f.set(counter, i32x4.add(counter, i32x4.const(4)))
    f.set(left, i32.sub(left, i32.const(8)))
    f.advance(out, i32.const(32))
  })
  return f
}

function drawn(f: FunctionBuilder, words: V128, dtype: 'f32' | 'i32'): Local<'v128'> | V128 {
  return dtype === 'i32' ? words : f.let(f32x4.mul(f32x4.convert(i32x4.shrU(words, 8)), f32x4.const(2 ** -24)))
}
