import type { Tensor as TfTensor } from '@tensorflow/tfjs-core'
import { argSort, type Backend, cumSum, data, key, normal, sort, state, type Tensor, tensor } from '@wengert/core'
import { jax } from './jax.ts'
import type { Contender, MeasureOptions } from './measure.ts'
import { bothTiers, backend as ours } from './ours.ts'
import { type Input, inputOf } from './slopes.ts'
import { type Table, tableOf } from './table.ts'
import { tf } from './tfjsWasm.ts'

/** A function of an input on the backend, whose result stays there. */
function kept(f: (x: Tensor) => Tensor, { data: numbers, shape }: Input, backend: Backend): Omit<Contender, 'name'> {
  const x = tensor(numbers, { shape })
  const held = state({ x, y: f(x) }, { backend })
  return {
    run: () => held.update(({ x }) => [{ x, y: f(x) }, []]),
    values: async () => [await data(held.value.y, { backend })],
  }
}

/** The same with jax-js, compiled. What `f` gets it takes over. */
function jaxKept(f: (x: jax.Array) => jax.Array, { data: numbers, shape }: Input): Contender {
  const x = jax.numpy.array(numbers).reshape([...shape])
  const compiled = jax.jit(f) as (x: jax.Array) => jax.Array
  const made = (): Promise<jax.Array> => jax.blockUntilReady(compiled(x.ref))
  return {
    name: 'jax-js jit',
    run: async () => (await made()).dispose(),
    values: async () => [await (await made()).data()],
  }
}

/** The same with TensorFlow.js. `read` brings the result into our order. */
function tfKept(
  f: (x: TfTensor) => TfTensor,
  { data: numbers, shape }: Input,
  read: (y: TfTensor) => TfTensor = (y) => y,
): Contender {
  const x = tf.tensor(numbers, [...shape])
  return {
    name: 'tfjs-wasm',
    run: () => tf.tidy(() => void f(x)),
    values: async () => [tf.tidy(() => read(f(x)).dataSync())],
  }
}

/** Rows in order, the positions of their elements in order, and running sums. */
export async function* sortTables(options: MeasureOptions): AsyncGenerator<Table> {
  for (const shape of [[1_000_000], [1024, 256]]) {
    const size = shape.join('×')
    const x = inputOf(normal(key(1), shape), ours)
    const n = shape.at(-1) as number
    yield await tableOf(
      `Numbers in ascending order, ${size}`,
      [
        ...bothTiers((backend) => kept((x) => sort(x), x, backend)),
        jaxKept((x) => jax.numpy.sort(x, -1), x),
        tfKept(
          (x) => tf.topk(x, n).values,
          x,
          (y) => tf.reverse(y, -1),
        ),
      ],
      {
        ...options,
        goals: { 'jax-js jit': 1, 'tfjs-wasm': 1 },
        notes: ['TensorFlow.js sorts by its topk, greatest first.'],
      },
    )
    yield await tableOf(
      `Positions of numbers in ascending order, ${size}`,
      [...bothTiers((backend) => kept((x) => argSort(x), x, backend)), jaxKept((x) => jax.numpy.argsort(x, -1), x)],
      { ...options, goals: { 'jax-js jit': 1 } },
    )
    yield await tableOf(
      `Running sums, ${size}`,
      [
        ...bothTiers((backend) => kept((x) => cumSum(x), x, backend)),
        jaxKept((x) => jax.numpy.cumsum(x, -1), x),
        tfKept((x) => tf.cumsum(x, shape.length - 1), x),
      ],
      { ...options, goals: { 'jax-js jit': 1, 'tfjs-wasm': 1 } },
    )
  }
}
