import { FunctionBuilder, type V128 } from './assembler.ts'
import { i32 } from './instructions.ts'
import { f32x4, f64x2, i32x4, v128 } from './vectors.ts'

/** The bits by which a round of Threefry-2x32 rotates, in groups of four rounds that take turns. */
const rotations = [
  [13, 15, 26, 6],
  [17, 29, 16, 24],
] as const

/**
 * `run(out, k0, k1, size)`: words of Threefry-2x32 under a key, in the order of the counter, as i32 or as f32 in [0, 1), or two by two
 * as f64. Eight words at a time; up to 12 bytes behind the last are written as well.
 */
export function randomFunction(dtype: 'f32' | 'f64' | 'i32'): FunctionBuilder {
  const f = new FunctionBuilder('run', ['i32', 'i32', 'i32', 'i32'] as const)
  const [out, first, second, size] = f.params
  const [k0, k1] = [f.let(i32x4.splat(first)), f.let(i32x4.splat(second))]
  const keys = [k0, k1, f.let(v128.xor(v128.xor(i32x4.const(0x1bd11bda), k0), k1))] as const
  const counter = f.let(i32x4.of(0, 1, 2, 3))
  const left = f.let(size)
  const [x0, x1] = [f.local('v128'), f.local('v128')]
  const [lanes, shift] = dtype === 'f64' ? [2, 2] : [4, 3]
  f.times(i32.shr(i32.add(size, i32.const(2 * lanes - 1)), shift), () => {
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
    f.run(v128.store(out, drawn(x0, x1, 0, dtype)))
    f.if(i32.ltS(i32.const(lanes), left), () => f.run(v128.store(out, drawn(x0, x1, 2, dtype), 16)))
    f.set(counter, i32x4.add(counter, i32x4.const(4)))
    f.set(left, i32.sub(left, i32.const(2 * lanes)))
    f.advance(out, i32.const(32))
  })
  return f
}

/** What the words of a counter and of the one after it make. */
function drawn(x0: V128, x1: V128, lane: 0 | 2, dtype: 'f32' | 'f64' | 'i32'): V128 {
  if (dtype === 'f64') {
    const part = (x: V128, bits: number): V128 =>
      f64x2.convertLow(i32x4.shrU(i32x4.shuffle(x, x, lane, lane + 1, 0, 0), bits))
    const high = f64x2.mul(part(x0, 5), f64x2.const(2 ** 26))
    return f64x2.mul(f64x2.add(high, part(x1, 6)), f64x2.const(2 ** -53))
  }
  // Both words of a counter stand side by side.
  const words = i32x4.shuffle(x0, x1, lane, lane + 4, lane + 1, lane + 5)
  return dtype === 'i32' ? words : f32x4.mul(f32x4.convert(i32x4.shrU(words, 8)), f32x4.const(2 ** -24))
}
