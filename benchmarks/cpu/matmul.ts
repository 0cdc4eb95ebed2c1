import { cpu } from '@wengert/backend-cpu'
import { type Backend, data, key, matmul, normal, split, state, type Tensor, tensor, zeros } from '@wengert/core'
import { jax } from './jax.ts'
import type { Contender, MeasureOptions } from './measure.ts'
import { bothTiers, backend as ours } from './ours.ts'
import { registerProbe } from './probes.ts'
import { type Input, inputOf } from './slopes.ts'
import { type Table, tableOf } from './table.ts'
import { tf } from './tfjsWasm.ts'

/** Square f32 matrix products whose operands and result stay on the backend. */
export async function* matmulTables(options: MeasureOptions): AsyncGenerator<Table> {
  for (const n of [256, 512, 1024]) {
    const [a, b] = drawn(n)
    const flops = 2 * n ** 3
    const probes = [registerProbe(flops, true), registerProbe(flops, false)].filter((probe) => probe !== null)
    yield await tableOf(
      `Matrix product, f32, ${n}×${n}`,
      [...bothTiers((backend) => wengert(a, b, backend)), jaxProduct(a, b), tfProduct(a, b), ...probes],
      { ...options, flops, goals: { 'jax-js': 2, 'tfjs-wasm': 1.5, [(probes[0] as Contender).name]: 0.8 } },
    )
  }
}

/** A large product on one thread and on two. */
export async function* threadTables(options: MeasureOptions): AsyncGenerator<Table> {
  const n = 1024
  const [a, b] = drawn(n)
  const on = (threads: number): Contender => ({
    name: `wengert, threads: ${threads}`,
    ...wengert(a, b, cpu({ threads }) as Backend),
  })
  yield await tableOf(`Matrix product, f32, ${n}×${n}, on two threads, by the clock`, [on(2), on(1)], {
    ...options,
    flops: 2 * n ** 3,
    by: 'wall',
    goals: { 'wengert, threads: 1': 1.8 },
  })
}

/** Two square matrices. */
function drawn(n: number): [Input, Input] {
  return split(key(n)).map((from) => inputOf(normal(from, [n, n]), ours)) as [Input, Input]
}

function wengert(a: Input, b: Input, backend: Backend): Omit<Contender, 'name'> {
  const [x, y] = [a, b].map(({ data, shape }) => tensor(data, { shape })) as [Tensor, Tensor]
  const held = state({ x, y, product: zeros(a.shape) }, { backend })
  const run = (): Promise<unknown> => held.update(({ x, y }) => [{ x, y, product: matmul(x, y) }, []])
  return {
    run,
    values: async () => {
      await run()
      return [await data(held.value.product, { backend })]
    },
  }
}

function jaxProduct(a: Input, b: Input): Contender {
  const [x, y] = [a, b].map(({ data, shape }) => jax.numpy.array(data).reshape([...shape])) as [jax.Array, jax.Array]
  const product = (): jax.Array => jax.numpy.matmul(x.ref, y.ref)
  return {
    name: 'jax-js',
    run: async () => (await product().blockUntilReady()).dispose(),
    values: async () => [await product().data()],
  }
}

function tfProduct(a: Input, b: Input): Contender {
  const [x, y] = [a, b].map(({ data, shape }) => tf.tensor2d(data, shape as [number, number])) as [
    ReturnType<typeof tf.tensor2d>,
    ReturnType<typeof tf.tensor2d>,
  ]
  return {
    name: 'tfjs-wasm',
    run: () => tf.matMul(x, y).dispose(),
    values: async () => tf.tidy(() => [tf.matMul(x, y).dataSync()]),
  }
}
