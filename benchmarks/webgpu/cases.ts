import * as jax from '@jax-js/jax'
import * as tf from '@tensorflow/tfjs-core'
import type { WebGpuBackend } from '@wengert/backend-webgpu'
import {
  compile,
  key,
  matmul,
  mean,
  normal,
  relu,
  state,
  sum,
  type Tensor,
  tensor,
  uniform,
  valueAndGrad,
} from '@wengert/core'
import { crossEntropy } from '@wengert/losses'

/** One way to do the work: `start` prepares it and returns what is timed, which ends when the result is there. */
export interface Contender {
  readonly name: string
  readonly start: () => Promise<() => Promise<unknown>>
}

export interface Case {
  readonly name: string
  readonly flops?: number
  readonly contenders: readonly Contender[]
}

const { numpy: np } = jax

export function cases(backend: WebGpuBackend): readonly Case[] {
  return [
    ...[256, 512, 1024, 2048].map((n) => products(n, 4)),
    products(8, 200),
    elementwise(1e6),
    elementwise(1e7),
    reduction(1e7),
    softmaxCrossEntropy(4096, 32768),
    softmaxCrossEntropy(256, 1000),
    trainingStep(backend),
  ]
}

/** Tensors that live on the device: what a compiled function returns. */
function onDevice(...shapes: readonly (readonly number[])[]): Tensor[] {
  return compile(() => shapes.map((shape, i) => uniform(key(i), shape).sub(0.5)))()
}

/** Products in a chain, so that reading the result weighs little. */
function products(n: number, chain: number): Case {
  return {
    name: `matmul ${n}×${n}, ${chain} in a chain`,
    flops: chain * 2 * n ** 3,
    contenders: [
      {
        name: 'wengert',
        start: async () => {
          const [a, b] = onDevice([n, n], [n, n]) as [Tensor, Tensor]
          const f = compile((x: Tensor, y: Tensor) => {
            let z = x
            for (let i = 0; i < chain; i++) z = matmul(z, y)
            return sum(z)
          })
          return () => f(a, b).data()
        },
      },
      {
        name: 'tfjs-webgpu',
        start: async () => {
          const [a, b] = [tf.randomUniform([n, n], -0.5, 0.5), tf.randomUniform([n, n], -0.5, 0.5)]
          return async () => {
            const y = tf.tidy(() => {
              let z: tf.Tensor = a
              for (let i = 0; i < chain; i++) z = tf.matMul(z, b)
              return tf.sum(z)
            })
            await y.data()
            y.dispose()
          }
        },
      },
      // A program of 200 products that jax-js compiles takes the page along.
      ...(chain > 100 ? [] : [jaxProducts(n, chain)]),
    ],
  }
}

function jaxProducts(n: number, chain: number): Contender {
  return {
    name: 'jax-js jit',
    start: async () => {
      const [a, b] = [0, 1].map((i) => jax.random.uniform(jax.random.key(i), [n, n]).sub(0.5)) as [jax.Array, jax.Array]
      const f = jax.jit((x: jax.Array, y: jax.Array) => {
        let z = x
        for (let i = 0; i < chain; i++) z = np.matmul(z, i === chain - 1 ? y : y.ref)
        return np.sum(z)
      })
      return () => f(a.ref, b.ref).data()
    },
  }
}

function elementwise(n: number): Case {
  return {
    name: `ten elementwise operations on ${n.toExponential(0)} elements, then their sum`,
    contenders: [
      {
        name: 'wengert',
        start: async () => {
          const [a] = onDevice([n]) as [Tensor]
          const f = compile((x: Tensor) => {
            let y = x
            for (let i = 0; i < 5; i++) y = y.mul(1.01).add(0.1)
            return sum(y)
          })
          return () => f(a).data()
        },
      },
      {
        name: 'tfjs-webgpu',
        start: async () => {
          const a = tf.randomUniform([n])
          return async () => {
            const y = tf.tidy(() => {
              let z: tf.Tensor = a
              for (let i = 0; i < 5; i++) z = tf.add(tf.mul(z, 1.01), 0.1)
              return tf.sum(z)
            })
            await y.data()
            y.dispose()
          }
        },
      },
      {
        name: 'jax-js jit',
        start: async () => {
          const a = jax.random.uniform(jax.random.key(0), [n])
          const f = jax.jit((x: jax.Array) => {
            let y = x
            for (let i = 0; i < 5; i++) y = y.mul(1.01).add(0.1)
            return np.sum(y)
          })
          return () => f(a.ref).data()
        },
      },
    ],
  }
}

function reduction(n: number): Case {
  return {
    name: `sum of ${n.toExponential(0)} elements`,
    contenders: [
      {
        name: 'wengert',
        start: async () => {
          const [a] = onDevice([n]) as [Tensor]
          const f = compile((x: Tensor) => sum(x))
          return () => f(a).data()
        },
      },
      {
        name: 'tfjs-webgpu',
        start: async () => {
          const a = tf.randomUniform([n])
          return async () => {
            const y = tf.sum(a)
            await y.data()
            y.dispose()
          }
        },
      },
      {
        name: 'jax-js jit',
        start: async () => {
          const a = jax.random.uniform(jax.random.key(0), [n])
          const f = jax.jit((x: jax.Array) => np.sum(x))
          return () => f(a.ref).data()
        },
      },
    ],
  }
}

function softmaxCrossEntropy(rows: number, classes: number): Case {
  const labels = Int32Array.from({ length: rows }, (_, i) => (i * 7919) % classes)
  return {
    name: `softmax cross-entropy ${rows}×${classes}, value and gradient`,
    contenders: [
      {
        name: 'wengert',
        start: async () => {
          const [logits] = onDevice([rows, classes]) as [Tensor]
          const truth = compile((y: Tensor) => y.add(0))(tensor(labels, { dtype: 'i32' }))
          const f = compile((x: Tensor, y: Tensor) => {
            const [loss, slope] = valueAndGrad((v: Tensor) => mean(crossEntropy(v, y)))(x)
            return [loss, sum(slope.slice([0, 0], [1, 1]))]
          })
          return () => Promise.all(f(logits, truth).map((y) => y.data()))
        },
      },
      {
        name: 'tfjs-webgpu',
        start: async () => {
          const logits = tf.randomUniform([rows, classes], -0.5, 0.5)
          const truth = tf.oneHot(tf.tensor1d(labels, 'int32'), classes)
          const loss = (x: tf.Tensor): tf.Scalar =>
            tf.neg(tf.mean(tf.sum(tf.mul(tf.logSoftmax(x), truth), -1))) as tf.Scalar
          const f = tf.valueAndGrad(loss)
          return async () => {
            const { value, grad } = f(logits)
            const one = tf.slice(grad, [0, 0], [1, 1])
            await Promise.all([value.data(), one.data()])
            tf.dispose([value, grad, one])
          }
        },
      },
      {
        name: 'jax-js jit',
        start: async () => {
          const logits = jax.random.uniform(jax.random.key(0), [rows, classes])
          const truth = jax.nn.oneHot(np.array(labels, { dtype: np.int32 }), classes)
          const f = jax.jit((x: jax.Array, y: jax.Array) =>
            jax.valueAndGrad((v: jax.Array) => np.mean(np.sum(jax.nn.logSoftmax(v).mul(y).mul(-1), -1)))(x),
          )
          return async () => {
            const [value, slope] = f(logits.ref, truth.ref)
            await Promise.all([value.data(), slope.blockUntilReady()])
            slope.dispose()
          }
        },
      },
    ],
  }
}

const sizes = [784, 512, 256, 10] as const
const batch = 128

/** One step of gradient descent on a multilayer perceptron. */
function trainingStep(backend: WebGpuBackend): Case {
  const labels = Int32Array.from({ length: batch }, (_, i) => i % 10)
  const layers = [0, 1, 2] as const
  return {
    name: `training step of a perceptron ${sizes.join('-')}, batch ${batch}`,
    contenders: [
      {
        name: 'wengert',
        start: async () => {
          const params = layers.map((i) => normal(key(i), [sizes[i], sizes[i + 1] as number]).mul(0.05))
          const [x] = onDevice([batch, sizes[0]]) as [Tensor]
          const y = tensor(labels, { dtype: 'i32' })
          const training = state(params, { backend })
          const loss = (p: readonly Tensor[]): Tensor => {
            const [a, b, c] = p as [Tensor, Tensor, Tensor]
            return mean(crossEntropy(matmul(relu(matmul(relu(matmul(x, a)), b)), c), y))
          }
          return () =>
            training.update((p) => {
              const [value, slopes] = valueAndGrad(loss)(p)
              return [p.map((w, i) => w.sub((slopes[i] as Tensor).mul(0.01))), value]
            })
        },
      },
      {
        name: 'tfjs-webgpu',
        start: async () => {
          const params = layers.map((i) => tf.variable(tf.randomNormal([sizes[i], sizes[i + 1] as number], 0, 0.05)))
          const x = tf.randomUniform([batch, sizes[0]])
          const truth = tf.oneHot(tf.tensor1d(labels, 'int32'), 10)
          const optimizer = tf.train.sgd(0.01)
          const loss = (): tf.Scalar => {
            const [a, b, c] = params as [tf.Variable, tf.Variable, tf.Variable]
            const logits = tf.matMul(
              tf.relu(
                tf.matMul(tf.relu(tf.matMul(x, a as tf.Tensor2D) as tf.Tensor2D), b as tf.Tensor2D) as tf.Tensor2D,
              ),
              c as tf.Tensor2D,
            )
            return tf.neg(tf.mean(tf.sum(tf.mul(tf.logSoftmax(logits), truth), -1))) as tf.Scalar
          }
          return async () => {
            const value = optimizer.minimize(loss, true, params) as tf.Scalar
            await value.data()
            value.dispose()
          }
        },
      },
      {
        name: 'jax-js jit',
        start: async () => {
          let params = layers.map((i) =>
            jax.random.normal(jax.random.key(i), [sizes[i], sizes[i + 1] as number]).mul(0.05),
          )
          const x = jax.random.uniform(jax.random.key(9), [batch, sizes[0]])
          const truth = jax.nn.oneHot(np.array(labels, { dtype: np.int32 }), 10)
          const loss = (p: readonly jax.Array[], u: jax.Array, y: jax.Array): jax.Array => {
            const [a, b, c] = p as [jax.Array, jax.Array, jax.Array]
            const logits = np.matmul(jax.nn.relu(np.matmul(jax.nn.relu(np.matmul(u, a)), b)), c)
            return np.mean(np.sum(jax.nn.logSoftmax(logits).mul(y).mul(-1), -1))
          }
          const step = jax.jit((p: jax.Array[], u: jax.Array, y: jax.Array) => {
            const [value, slopes] = jax.valueAndGrad((q: jax.Array[]) => loss(q, u, y))(p.map((w) => w.ref))
            return [p.map((w, i) => w.sub((slopes[i] as jax.Array).mul(0.01))), value] as [jax.Array[], jax.Array]
          })
          return async () => {
            const [next, value] = step(params, x.ref, truth.ref)
            params = next
            await value.data()
          }
        },
      },
    ],
  }
}
