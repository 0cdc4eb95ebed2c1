import { key, mean, normal, randomInt, split, take, tensor } from '@wengert/core'
import { jax } from './jax.ts'
import type { MeasureOptions } from './measure.ts'
import { bothTiers, backend as ours } from './ours.ts'
import { type Input, inputOf, jaxSlopes, slopes } from './slopes.ts'
import { type Table, tableOf } from './table.ts'

const [rows, features, count] = [1000, 64, 256]

/** Rows of a table by ids and their squared distance to a target, value and gradient by the table. */
export async function* embeddingTables(options: MeasureOptions): AsyncGenerator<Table> {
  const [weight, target] = split(key(1)).map((from, i) =>
    inputOf(normal(from, [i === 0 ? rows : count, features]), ours),
  ) as [Input, Input]
  const ids = randomInt(key(2), [count], { high: rows }).dataSync({ backend: ours }) as Int32Array<ArrayBuffer>
  const chosen = tensor(ids)
  const towards = tensor(target.data, { shape: target.shape })
  const jaxIds = jax.numpy.array(ids, { dtype: jax.numpy.int32 })
  const jaxTowards = jax.numpy.array(target.data).reshape([count, features])
  yield await tableOf(
    `Embedding, ${count} rows of a table of ${rows}×${features}, value and gradient`,
    [
      ...bothTiers((backend) => slopes((table) => mean(take(table, chosen).sub(towards).square()), [weight], backend)),
      jaxSlopes(
        (table) => jax.numpy.mean(jax.numpy.square(jax.numpy.take(table, jaxIds.ref, 0).sub(jaxTowards.ref))),
        [weight],
        { jit: false },
      ),
    ],
    {
      ...options,
      goals: { 'jax-js': 1 },
      notes: [
        'The gradient does not compile with jit in jax-js, and TensorFlow.js has no kernel of it on WebAssembly.',
      ],
    },
  )
}
