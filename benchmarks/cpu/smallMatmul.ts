import { compile, key, matmul, normal, split, type Tensor, tensor } from '@wengert/core'
import { jax } from './jax.ts'
import type { MeasureOptions } from './measure.ts'
import { bothTiers, backend as ours } from './ours.ts'
import { product } from './products.ts'
import { type Input, inputOf } from './slopes.ts'
import { type Table, tableOf } from './table.ts'
import { tf } from './tfjsWasm.ts'

/** Small products, whose result is read: what surrounds the arithmetic counts as much as it. Ours take arrays of the host. */
export async function* smallMatmulTables(options: MeasureOptions): AsyncGenerator<Table> {
  for (const n of [8, 16, 32, 64]) {
    const [a, b] = split(key(n)).map((from) => inputOf(normal(from, [n, n]), ours)) as [Input, Input]
    const [x, y] = [a, b].map(({ data, shape }) => tensor(data, { shape })) as [Tensor, Tensor]
    const [jaxX, jaxY] = [a, b].map(({ data }) => jax.numpy.array(data).reshape([n, n])) as [jax.Array, jax.Array]
    const [tfX, tfY] = [a, b].map(({ data }) => tf.tensor2d(data, [n, n])) as [
      ReturnType<typeof tf.tensor2d>,
      ReturnType<typeof tf.tensor2d>,
    ]
    const jitted = jax.jit((p: jax.Array, q: jax.Array) => jax.numpy.matmul(p, q))
    const tfRun = () => {
      const product = tf.matMul(tfX, tfY)
      const values = product.dataSync()
      product.dispose()
      return values
    }
    const read = <A extends ArrayLike<number>>(run: () => A) => ({ run, values: async () => [run()] })
    yield await tableOf(
      `Matrix product, f32, ${n}×${n}, result read`,
      [
        ...bothTiers((backend) => {
          const product = compile((p: Tensor, q: Tensor) => matmul(p, q), { backend })
          return read(() => product(x, y).dataSync())
        }).map(({ name, ...rest }) => ({ name: `${name}, compiled`, ...rest })),
        { name: 'wengert, traced each time', ...read(() => matmul(x, y).dataSync({ backend: ours })) },
        product({ m: n, k: n, n }),
        { name: 'jax-js jit', ...read(() => jitted(jaxX.ref, jaxY.ref).dataSync()) },
        { name: 'jax-js', ...read(() => jax.numpy.matmul(jaxX.ref, jaxY.ref).dataSync()) },
        { name: 'tfjs-wasm', ...read(tfRun) },
      ],
      { ...options, flops: 2 * n ** 3, goals: { 'jax-js jit': 3, 'tfjs-wasm': 1 } },
    )
  }
}
