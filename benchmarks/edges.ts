/** What gradients are where conventions differ: Wengert, jax-js and TensorFlow.js, run here. Prints the table of docs/edges.md. */
import * as jax from '@jax-js/jax'
import type { Tensor as TfTensor } from '@tensorflow/tfjs-core'
import { cpu } from '@wengert/backend-cpu'
import * as w from '@wengert/core'
import { tf } from './tfjs.ts'

const { nn, numpy: np } = jax

interface Row {
  readonly at: readonly number[]
  /** torch 1.13 in f64, as measured for this project; not run here. */
  readonly torch: string
  readonly wengert: (x: w.Tensor) => w.Tensor
  readonly jaxjs: (x: jax.Array) => jax.Array
  readonly tfjs: (x: TfTensor) => TfTensor
}

const low = Number.NEGATIVE_INFINITY

const rows: Record<string, Row> = {
  'relu at 0': { at: [0], torch: '0', wengert: w.relu, jaxjs: nn.relu, tfjs: tf.relu },
  'abs at 0': { at: [0], torch: '0', wengert: (x) => x.abs(), jaxjs: np.abs, tfjs: tf.abs },
  'max over ties': {
    at: [2, 2, 1],
    torch: '0.5, 0.5, 0',
    wengert: (x) => w.max(x),
    jaxjs: (x) => np.max(x),
    tfjs: (x) => tf.max(x),
  },
  'maximum(x, 1) at 1': {
    at: [1],
    torch: '0.5',
    wengert: (x) => w.maximum(x, 1),
    jaxjs: (x) => np.maximum(x, 1),
    tfjs: (x) => tf.maximum(x, 1),
  },
  'norm at 0': {
    at: [0, 0],
    torch: '0, 0',
    wengert: (x) => w.norm(x),
    jaxjs: (x) => np.linalg.norm(x),
    tfjs: (x) => tf.norm(x),
  },
  'std of a constant': {
    at: [3, 3],
    torch: '0, 0',
    wengert: (x) => w.std(x),
    jaxjs: (x) => np.std(x),
    tfjs: (x) => tf.sqrt(tf.moments(x).variance),
  },
  'prod with one zero': {
    at: [0, 2, 3],
    torch: '6, 0, 0',
    wengert: (x) => w.prod(x),
    jaxjs: (x) => np.prod(x),
    tfjs: (x) => tf.prod(x, 0),
  },
  'x² by pow at 0': {
    at: [0],
    torch: '0',
    wengert: (x) => x.pow(2),
    jaxjs: (x) => np.power(x, np.array(2)),
    tfjs: (x) => tf.pow(x, 2),
  },
  'logSumExp of −∞, −∞': {
    at: [low, low],
    torch: '—',
    wengert: (x) => w.logSumExp(x),
    jaxjs: (x) => nn.logsumexp(x),
    tfjs: (x) => tf.logSumExp(x),
  },
  'softplus at 1e4': { at: [1e4], torch: '1', wengert: w.softplus, jaxjs: nn.softplus, tfjs: tf.softplus },
  'logSigmoid at −1e4': { at: [-1e4], torch: '1', wengert: w.logSigmoid, jaxjs: nn.logSigmoid, tfjs: tf.logSigmoid },
  'sigmoid at −1e4': { at: [-1e4], torch: '0', wengert: w.sigmoid, jaxjs: nn.sigmoid, tfjs: tf.sigmoid },
  'silu at −1e3': { at: [-1e3], torch: '0', wengert: w.silu, jaxjs: nn.silu, tfjs: (x) => tf.mul(x, tf.sigmoid(x)) },
  'elu at 1e3': { at: [1e3], torch: '1', wengert: (x) => w.elu(x), jaxjs: (x) => nn.elu(x), tfjs: tf.elu },
  'x log x under where at 0': {
    at: [0],
    torch: '—',
    wengert: (x) => w.where(x.greater(0), x.mul(x.log()), 0),
    jaxjs: (x) => np.where(np.greater(x.ref, 0), x.ref.mul(np.log(x)), 0),
    tfjs: (x) => tf.where(tf.greater(x, 0), tf.mul(x, tf.log(x)), tf.zerosLike(x)),
  },
}

function show(numbers: ArrayLike<number>): string {
  return Array.from(numbers, (v) => String(Number((v + 0).toPrecision(3)))).join(', ')
}

/** A result, or why there is none. */
function attempt(gradient: () => ArrayLike<number>): string {
  try {
    return show(gradient())
  } catch (error) {
    return `throws (${(error as Error).message.split(/[.\n]/)[0]})`
  }
}

w.useBackend(cpu())
await jax.init('cpu')
jax.defaultDevice('cpu')
console.log('| gradient of | torch 1.13 | Wengert | jax-js 0.1.25 | TensorFlow.js 4.22 |')
console.log('| --- | --- | --- | --- | --- |')
for (const [name, { at, torch, wengert, jaxjs, tfjs }] of Object.entries(rows)) {
  const cells = [
    torch,
    attempt(() =>
      w
        .grad((x: w.Tensor) => w.sum(wengert(x)))(w.tensor([...at]))
        .dataSync(),
    ),
    attempt(() =>
      jax
        .grad((x: jax.Array) => np.sum(jaxjs(x)))(np.array([...at]))
        .dataSync(),
    ),
    attempt(() =>
      tf
        .grad((x) => tf.sum(tfjs(x)))(tf.tensor1d([...at]))
        .dataSync(),
    ),
  ]
  console.log(`| ${name} | ${cells.join(' | ')} |`)
}
