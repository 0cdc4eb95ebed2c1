import { key, mean, normal, randomInt, tensor } from '@wengert/core'
import { crossEntropy } from '@wengert/losses'
import { jax } from './jax.ts'
import type { MeasureOptions } from './measure.ts'
import { bothTiers, backend as ours } from './ours.ts'
import { copyProbe } from './probes.ts'
import { inputOf, jaxSlopes, slopes, tfSlopes } from './slopes.ts'
import { type Table, tableOf } from './table.ts'
import { tf } from './tfjsWasm.ts'

const floor = 'copy, three passes'

/** Mean softmax cross-entropy of [N, V] logits, value and gradient. Memory is passed at least three times: greatest, sum, gradient. */
export async function* crossEntropyTables(options: MeasureOptions): AsyncGenerator<Table> {
  for (const [N, V] of [
    [256, 1000],
    [1024, 32768],
  ] as const) {
    const logits = inputOf(normal(key(1), [N, V]), ours)
    const ids = randomInt(key(2), [N], { high: V }).dataSync({ backend: ours }) as Int32Array<ArrayBuffer>
    const labels = tensor(ids)
    const jaxLabels = jax.numpy.array(ids, { dtype: jax.numpy.int32 }).reshape([N, 1])
    const tfLabels = tf.cast(tf.oneHot(tf.tensor1d(ids, 'int32'), V), 'float32')
    yield await tableOf(
      `Softmax cross-entropy, ${N}×${V}, value and gradient`,
      [
        ...bothTiers((backend) => slopes((x) => mean(crossEntropy(x, labels)), [logits], backend)),
        jaxSlopes(
          (x) => jax.numpy.mean(jax.numpy.takeAlongAxis(jax.nn.logSoftmax(x, -1), jaxLabels.ref, -1).mul(-1)),
          [logits],
        ),
        tfSlopes((x) => tf.losses.softmaxCrossEntropy(tfLabels, x), [logits]),
        copyProbe(floor, 3 * 4 * N * V),
      ],
      { ...options, goals: { 'jax-js jit': 3, [floor]: 0.5 } },
    )
    tfLabels.dispose()
  }
}
