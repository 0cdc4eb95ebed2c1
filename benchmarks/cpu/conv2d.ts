import type { Tensor4D } from '@tensorflow/tfjs-core'
import { conv2d, key, mean, normal, split, type Tensor, tensor } from '@wengert/core'
import { jax } from './jax.ts'
import type { MeasureOptions } from './measure.ts'
import { bothTiers, backend as ours } from './ours.ts'
import { type Input, inputOf, jaxSlopes, slopes, tfSlopes } from './slopes.ts'
import { type Table, tableOf } from './table.ts'
import { tf } from './tfjsWasm.ts'

const [B, C, O, side, window] = [32, 32, 64, 28, 3]

/** A convolution and the mean of its squares, value and gradient. TensorFlow.js has the gradient by the image alone. */
export async function* conv2dTables(options: MeasureOptions): AsyncGenerator<Table> {
  const [image, kernel] = [
    [B, C, side, side],
    [O, C, window, window],
  ].map((shape, i) => inputOf(normal(split(key(1))[i] as ReturnType<typeof key>, shape), ours)) as [Input, Input]
  const title = `conv2d, ${window}×${window}, ${C}→${O} channels, ${side}×${side}, batch ${B}`
  const flops = 2 * B * O * C * side ** 2 * window ** 2
  const f = (x: Tensor, weight: Tensor): Tensor => mean(conv2d(x, weight, { padding: 'same' }).square())
  // The others take the mean in two steps: their sum of all in f32 is off by more than a thousandth.
  const jaxF = (x: jax.Array, weight: jax.Array): jax.Array =>
    jax.numpy.mean(jax.numpy.mean(jax.numpy.square(jax.lax.conv(x, weight, [1, 1], 'SAME')), [2, 3]))
  yield await tableOf(
    `${title}, value and gradient by image and kernel`,
    [
      ...bothTiers((backend) => slopes((x, weight) => f(x, weight), [image, kernel], backend)),
      jaxSlopes((x, weight) => jaxF(x, weight), [image, kernel]),
    ],
    { ...options, flops: 3 * flops, goals: { 'jax-js jit': 1.5 } },
  )

  const weight = tensor(kernel.data, { shape: kernel.shape })
  const jaxWeight = jax.numpy.array(kernel.data).reshape([...kernel.shape])
  const images = tf.transpose(tf.tensor4d(image.data, [B, C, side, side]), [0, 2, 3, 1])
  const last: Input = { data: images.dataSync() as Float32Array<ArrayBuffer>, shape: images.shape }
  const tfWeight = tf.transpose(tf.tensor4d(kernel.data, [O, C, window, window]), [2, 3, 1, 0]) as Tensor4D
  yield await tableOf(
    `${title}, value and gradient by the image`,
    [
      ...bothTiers((backend) => slopes((x) => f(x, weight), [image], backend)),
      jaxSlopes((x) => jaxF(x, jaxWeight.ref), [image]),
      tfSlopes(
        (x) => tf.mean(tf.mean(tf.square(tf.conv2d(x as Tensor4D, tfWeight, 1, 'same')), [1, 2])),
        [last],
        (slope) => tf.transpose(slope, [0, 3, 1, 2]),
      ),
    ],
    {
      ...options,
      flops: 2 * flops,
      goals: { 'jax-js jit': 1.5, 'tfjs-wasm': 1.5 },
      notes: [
        'TensorFlow.js has no kernel for the gradient by the convolution kernel on WebAssembly; its images have the channels last.',
      ],
    },
  )
}
