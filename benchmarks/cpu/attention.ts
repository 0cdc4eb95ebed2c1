import type { Tensor as TfTensor } from '@tensorflow/tfjs-core'
import { key, normal, split, sum, type Tensor } from '@wengert/core'
import { scaledDotProductAttention } from '@wengert/nn'
import { jax } from './jax.ts'
import type { MeasureOptions } from './measure.ts'
import { bothTiers, backend as ours } from './ours.ts'
import { inputOf, jaxSlopes, slopes, tfSlopes } from './slopes.ts'
import { type Table, tableOf } from './table.ts'
import { tf } from './tfjsWasm.ts'

const [B, L, heads, D] = [4, 128, 4, 32]

/** Causal attention, value and gradient by queries, keys and values, all of [B, L, heads, D]. */
export async function* attentionTables(options: MeasureOptions): AsyncGenerator<Table> {
  const inputs = split(key(1), 3).map((from) => inputOf(normal(from, [B, L, heads, D]), ours))
  const byHeads = [0, 2, 1, 3]
  const hidden = tf.tensor2d(
    Float32Array.from({ length: L * L }, (_, at) => (at % L > Math.floor(at / L) ? -1e9 : 0)),
    [L, L],
  )
  // 2 products forwards and 4 backwards, masked pairs counted as well.
  const flops = 12 * B * heads * L * L * D
  yield await tableOf(
    `Causal attention, ${B}×${L}×${heads}×${D}, value and gradient`,
    [
      ...bothTiers((backend) =>
        slopes(
          (...all) => {
            const [q, k, v] = all.map((x) => x.transpose(byHeads)) as [Tensor, Tensor, Tensor]
            return sum(scaledDotProductAttention(q, k, v, { causal: true }).square())
          },
          inputs,
          backend,
        ),
      ),
      jaxSlopes(
        (q, k, v) => jax.numpy.sum(jax.numpy.square(jax.nn.dotProductAttention(q, k, v, { isCausal: true }))),
        inputs,
      ),
      tfSlopes((...all) => {
        const [q, k, v] = all.map((x) => tf.transpose(x, byHeads)) as [TfTensor, TfTensor, TfTensor]
        const scores = tf.add(tf.mul(tf.matMul(q, k, false, true), 1 / Math.sqrt(D)), hidden)
        return tf.sum(tf.square(tf.matMul(tf.softmax(scores), v)))
      }, inputs),
    ],
    { ...options, flops, goals: { 'jax-js jit': 3 } },
  )
}
