import { key, mean, normal, ones, split, tensor } from '@wengert/core'
import { layerNorm } from '@wengert/nn'
import { jax } from './jax.ts'
import type { MeasureOptions } from './measure.ts'
import { bothTiers, backend as ours } from './ours.ts'
import { type Input, inputOf, jaxSlopes, slopes, tfSlopes } from './slopes.ts'
import { type Table, tableOf } from './table.ts'
import { tf } from './tfjsWasm.ts'

const [N, features] = [256, 256]

/** Layer norm of [N, features] and its squared distance to a target, value and gradient by the input, weight and bias. */
export async function* layerNormTables(options: MeasureOptions): AsyncGenerator<Table> {
  const [x, target, bias] = split(key(1), 3).map((from, i) =>
    inputOf(normal(from, i < 2 ? [N, features] : [features]), ours),
  ) as [Input, Input, Input]
  const inputs = [x, inputOf(ones([features]), ours), bias]
  const layer = layerNorm({ features })
  const towards = tensor(target.data, { shape: target.shape })
  const jaxTowards = jax.numpy.array(target.data).reshape([N, features])
  const tfTowards = tf.tensor2d(target.data, [N, features])
  yield await tableOf(
    `Layer norm, ${N}×${features}, value and gradient`,
    [
      ...bothTiers((backend) =>
        slopes((x, weight, bias) => mean(layer.apply({ weight, bias }, x).sub(towards).square()), inputs, backend),
      ),
      jaxSlopes((x, weight, bias) => {
        const y = jax.nn.standardize(x, -1).mul(weight).add(bias)
        return jax.numpy.mean(jax.numpy.square(y.sub(jaxTowards.ref)))
      }, inputs),
      tfSlopes((x, weight, bias) => {
        const { mean, variance } = tf.moments(x, -1, true)
        const y = tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, 1e-5)))
        return tf.mean(tf.square(tf.sub(tf.add(tf.mul(y, weight), bias), tfTowards)))
      }, inputs),
    ],
    { ...options, goals: { 'jax-js jit': 1 } },
  )
}
