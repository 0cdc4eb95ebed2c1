import type { Scalar, Tensor2D, Variable } from '@tensorflow/tfjs-core'

import { key, mean, relu, split, state, tensor, uniform, valueAndGrad } from '@wengert/core'
import { crossEntropy } from '@wengert/losses'
import { dense, type Params, sequential } from '@wengert/nn'
import { adam, applyUpdates } from '@wengert/optim'
import { compare } from './compare.ts'
import { tf } from './tfjs.ts'

const batch = 32
const [imageKey, weightKey] = split(key(0)) as [ReturnType<typeof key>, ReturnType<typeof key>]

/** One training step of the digit classifier: dense 64→128→10, a batch of 32, cross-entropy, Adam. */
export async function benchmarkDigitStep(): Promise<void> {
  const pixels = uniform(imageKey, [batch, 64])
  const classes = Int32Array.from({ length: batch }, (_, i) => i % 10)

  const images = tensor(pixels.dataSync(), { shape: [batch, 64] })
  const labels = tensor(classes)
  const model = sequential(dense({ in: 64, out: 128 }), relu, dense({ in: 128, out: 10 }))
  const optimizer = adam({ lr: 1e-3 })
  const params = model.init(weightKey)
  const training = state({ params, opt: optimizer.init(params) })
  const update = () =>
    training.update(({ params, opt }) => {
      const objective = (p: Params<typeof model>) => mean(crossEntropy(model.apply(p, images), labels))
      const [loss, grads] = valueAndGrad(objective)(params)
      const [updates, next] = optimizer.update(grads, opt, params)
      return [{ params: applyUpdates(params, updates), opt: next }, loss]
    })

  const tfImages = tf.tensor2d(pixels.dataSync() as Float32Array, [batch, 64])
  const tfLabels = tf.oneHot(tf.tensor1d(classes, 'int32'), 10)
  const variables = [
    tf.randomNormal([64, 128], 0, 0.1),
    tf.zeros([128]),
    tf.randomNormal([128, 10], 0, 0.1),
    tf.zeros([10]),
  ]
  const [w1, b1, w2, b2] = variables.map((v) => tf.variable(v)) as [Variable, Variable, Variable, Variable]
  const tfAdam = tf.train.adam(1e-3)
  const tfUpdate = () =>
    tf.tidy(() =>
      tfAdam
        .minimize(() => {
          const hidden = tf.relu(tf.add(tf.matMul(tfImages, w1 as Tensor2D), b1))
          const logits = tf.add(tf.matMul(hidden as Tensor2D, w2 as Tensor2D), b2)
          return tf.losses.softmaxCrossEntropy(tfLabels, logits) as Scalar
        }, true)
        ?.dataSync(),
    )

  await compare('One training step of the digit classifier (64→128→10, batch 32, Adam)', [
    { name: 'wengert', run: update },
    { name: 'tfjs-cpu', run: tfUpdate },
  ])
}
