import type { Scalar, Tensor2D, Variable } from '@tensorflow/tfjs-core'
import {
  type Backend,
  key,
  mean,
  normal,
  randomInt,
  relu,
  state,
  type Tensor,
  tensor,
  valueAndGrad,
} from '@wengert/core'
import { crossEntropy } from '@wengert/losses'
import { dense, type Params, sequential } from '@wengert/nn'
import { adam, applyUpdates } from '@wengert/optim'
import { jax } from './jax.ts'
import type { Contender, MeasureOptions } from './measure.ts'
import { bothTiers, backend as ours } from './ours.ts'
import { inputOf } from './slopes.ts'
import { type Table, tableOf } from './table.ts'
import { tf } from './tfjsWasm.ts'

const sizes = [784, 512, 256, 10] as const
const [batch, lr, classes] = [128, 1e-3, sizes[3]]
const model = sequential(
  dense({ in: sizes[0], out: sizes[1] }),
  relu,
  dense({ in: sizes[1], out: sizes[2] }),
  relu,
  dense({ in: sizes[2], out: sizes[3] }),
)

/** Weights [in, out] and biases by turns. */
type Parameters = readonly { readonly data: Float32Array<ArrayBuffer>; readonly shape: readonly number[] }[]

/** One training step of a network of dense layers, with Adam. */
export async function* mlpTables(options: MeasureOptions): AsyncGenerator<Table> {
  const drawn = model.init(key(0))
  const pixels = inputOf(normal(key(1), [batch, sizes[0]]), ours).data
  const ids = randomInt(key(2), [batch], { high: classes }).dataSync({ backend: ours }) as Int32Array<ArrayBuffer>
  const layers = [drawn[0], drawn[2], drawn[4]] as const
  const from: Parameters = layers.flatMap(({ weight, bias }) => [
    inputOf(weight.transpose(), ours),
    inputOf(bias, ours),
  ])
  const products = sizes.slice(1).reduce((sum, out, i) => sum + (sizes[i] as number) * out, 0)
  yield await tableOf(
    `Training step of ${sizes.join('-')}, batch ${batch}, Adam`,
    [
      ...bothTiers((backend) => wengert(drawn, pixels, ids, backend)),
      jaxNetwork(from, pixels, ids),
      tfNetwork(from, pixels, ids),
    ],
    // The gradient by the images is not needed.
    { ...options, flops: 2 * batch * (3 * products - sizes[0] * sizes[1]), goals: { 'jax-js jit': 2 } },
  )
}

/** A contender that is compared by its losses in some first steps. */
function training(step: () => Promise<number>): Omit<Contender, 'name'> {
  return {
    run: step,
    values: async () => {
      const losses: number[] = []
      for (let i = 0; i < 5; i++) losses.push(await step())
      return [losses]
    },
  }
}

function wengert(
  drawn: Params<typeof model>,
  pixels: Float32Array,
  ids: Int32Array,
  backend: Backend,
): Omit<Contender, 'name'> {
  const images = tensor(pixels, { shape: [batch, sizes[0]] })
  const labels = tensor(ids)
  const optimizer = adam({ lr })
  const held = state({ params: drawn, opt: optimizer.init(drawn) }, { backend })
  return training(() =>
    held.update(({ params, opt }) => {
      const objective = (p: Params<typeof model>): Tensor => mean(crossEntropy(model.apply(p, images), labels))
      const [loss, grads] = valueAndGrad(objective)(params)
      const [updates, next] = optimizer.update(grads, opt, params)
      return [{ params: applyUpdates(params, updates), opt: next }, loss]
    }),
  )
}

function jaxNetwork(from: Parameters, pixels: Float32Array<ArrayBuffer>, ids: Int32Array<ArrayBuffer>): Contender {
  const { numpy: np, nn } = jax
  const images = np.array(pixels).reshape([batch, sizes[0]])
  const labels = nn.oneHot(np.array(ids, { dtype: np.int32 }), classes)
  const loss = (params: readonly jax.Array[], x: jax.Array, y: jax.Array): jax.Array => {
    const [w1, b1, w2, b2, w3, b3] = params as [jax.Array, jax.Array, jax.Array, jax.Array, jax.Array, jax.Array]
    const first = nn.relu(np.matmul(x, w1).add(b1))
    const second = nn.relu(np.matmul(first, w2).add(b2))
    return np.mean(np.sum(nn.logSoftmax(np.matmul(second, w3).add(b3), -1).mul(y), -1).mul(-1))
  }
  type Step = (
    params: jax.Array[],
    m: jax.Array[],
    v: jax.Array[],
    t: jax.Array,
    x: jax.Array,
    y: jax.Array,
  ) => [jax.Array[], jax.Array[], jax.Array[], jax.Array, jax.Array]
  const step = jax.jit(((params, m, v, t, x, y) => {
    const [value, slopes] = jax.valueAndGrad((p: jax.Array[]) => loss(p, x, y))(params.map((p) => p.ref)) as [
      jax.Array,
      jax.Array[],
    ]
    const count = t.add(1)
    // 1 − βᵗ
    const [first, second] = [0.9, 0.999].map((beta) =>
      np
        .exp(count.ref.mul(Math.log(beta)))
        .mul(-1)
        .add(1),
    ) as [jax.Array, jax.Array]
    const means = m.map((old, i) => old.mul(0.9).add((slopes[i] as jax.Array).ref.mul(0.1)))
    const squares = v.map((old, i) => old.mul(0.999).add(np.square(slopes[i] as jax.Array).mul(0.001)))
    const moved = params.map((p, i) => {
      const root = np.sqrt((squares[i] as jax.Array).ref.div(second.ref)).add(1e-8)
      return p.sub((means[i] as jax.Array).ref.div(first.ref).div(root).mul(lr))
    })
    first.dispose()
    second.dispose()
    return [moved, means, squares, count, value]
  }) as Step) as unknown as Step
  let params = from.map(({ data, shape }) => np.array(data).reshape([...shape]))
  let [m, v] = [0, 1].map(() => params.map((p) => np.zeros(p.shape))) as [jax.Array[], jax.Array[]]
  let t = np.array(0)
  return {
    name: 'jax-js jit',
    ...training(async () => {
      const [nextParams, nextM, nextV, nextT, value] = step(params, m, v, t, images.ref, labels.ref)
      ;[params, m, v, t] = [nextParams, nextM, nextV, nextT]
      await jax.blockUntilReady([params, m, v])
      return (await value.data())[0] as number
    }),
  }
}

function tfNetwork(from: Parameters, pixels: Float32Array, ids: Int32Array): Contender {
  const images = tf.tensor2d(pixels, [batch, sizes[0]])
  const labels = tf.oneHot(tf.tensor1d(ids, 'int32'), classes)
  const [w1, b1, w2, b2, w3, b3] = from.map(({ data, shape }) => tf.variable(tf.tensor(data, [...shape]))) as [
    Variable,
    Variable,
    Variable,
    Variable,
    Variable,
    Variable,
  ]
  const optimizer = tf.train.adam(lr)
  const affine = (x: Tensor2D, weight: Variable, bias: Variable): Tensor2D =>
    tf.add(tf.matMul(x, weight as Tensor2D), bias)
  return {
    name: 'tfjs-wasm',
    ...training(async () =>
      tf.tidy(() => {
        const loss = optimizer.minimize(() => {
          const hidden = tf.relu(affine(tf.relu(affine(images, w1, b1)), w2, b2))
          return tf.losses.softmaxCrossEntropy(labels, affine(hidden, w3, b3)) as Scalar
        }, true)
        return loss?.dataSync()[0] as number
      }),
    ),
  }
}
