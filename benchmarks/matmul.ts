import type { Tensor2D } from '@tensorflow/tfjs-core'

import { key, matmul, split, uniform } from '@wengert/core'
import { compare } from './compare.ts'
import { tf } from './tfjs.ts'

/** Square f32 matrix products. */
export async function benchmarkMatmul(): Promise<void> {
  for (const n of [64, 256]) {
    const [a, b] = split(key(n)).map((from) => uniform(from, [n, n])) as [
      ReturnType<typeof uniform>,
      ReturnType<typeof uniform>,
    ]
    const [ta, tb] = [a, b].map((x) => tf.tensor2d(x.dataSync() as Float32Array, [n, n])) as [Tensor2D, Tensor2D]
    await compare(`Matrix product, f32, ${n}×${n}, ${((2 * n ** 3) / 1e6).toFixed(1)} MFLOP`, [
      { name: 'wengert', run: () => matmul(a, b).dataSync() },
      { name: 'tfjs-cpu', run: () => tf.tidy(() => tf.matMul(ta, tb).dataSync()) },
    ])
  }
}
