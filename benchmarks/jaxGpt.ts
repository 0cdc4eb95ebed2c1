import * as jax from '@jax-js/jax'
import type { Data, TypedArray } from '@wengert/core'
import type { GptParams } from './gptModel.ts'

const { numpy: np, nn } = jax
type Arrays = readonly jax.Array[]

export interface Sizes {
  readonly layers: number
  readonly features: number
  readonly heads: number
  readonly T: number
  readonly batch: number
  readonly characters: number
  readonly lr: number
}

/** A training step of the transformer of gptModel.ts in jax-js, compiled, from given parameters; it returns the loss. */
export async function jaxGpt(
  { layers, features: E, heads, T, batch, characters: V, lr }: Sizes,
  from: Data<GptParams>,
  ids: ArrayLike<number>,
  next: ArrayLike<number>,
): Promise<() => Promise<number>> {
  await jax.init('wasm')
  jax.defaultDevice('wasm')
  const array = (values: TypedArray, shape: number[]): jax.Array => np.array(Float32Array.from(values)).reshape(shape)
  /** Weights lie as [in, out] here. */
  const weight = (values: TypedArray, out: number, inputs: number): jax.Array =>
    np.transpose(array(values, [out, inputs]))
  // One list, in the order in which the model takes them.
  let params: jax.Array[] = [
    array(from.embed.weight, [V, E]),
    array(from.positions, [T, E]),
    ...from.blocks.flatMap((block) => [
      array(block.norm1.weight, [E]),
      array(block.norm1.bias, [E]),
      weight(block.self_attn.in_proj_weight, 3 * E, E),
      array(block.self_attn.in_proj_bias, [3 * E]),
      weight(block.self_attn.out_proj.weight, E, E),
      array(block.self_attn.out_proj.bias, [E]),
      array(block.norm2.weight, [E]),
      array(block.norm2.bias, [E]),
      weight(block.linear1.weight, 4 * E, E),
      array(block.linear1.bias, [4 * E]),
      weight(block.linear2.weight, E, 4 * E),
      array(block.linear2.bias, [E]),
    ]),
    array(from.norm.weight, [E]),
    array(from.norm.bias, [E]),
    weight(from.head.weight, V, E),
    array(from.head.bias, [V]),
  ]
  const [x, labels] = [ids, next].map((values) =>
    nn.oneHot(np.array(Int32Array.from(values), { dtype: np.int32 }).reshape([batch, T]), V),
  ) as [jax.Array, jax.Array]

  const loss = (all: Arrays, x: jax.Array, labels: jax.Array): jax.Array => {
    let at = 0
    const take = (): jax.Array => all[at++] as jax.Array
    const affine = (y: jax.Array): jax.Array => np.matmul(y, take()).add(take())
    const norm = (y: jax.Array): jax.Array => nn.standardize(y, -1).mul(take()).add(take())
    let y = np.matmul(x, take()).add(take())
    for (let layer = 0; layer < layers; layer++) {
      const [q, k, v] = np
        .split(affine(norm(y.ref)), 3, -1)
        .map((part) => part.reshape([batch, T, heads, E / heads])) as [jax.Array, jax.Array, jax.Array]
      const seen = nn.dotProductAttention(q, k, v, { isCausal: true }).reshape([batch, T, E])
      y = y.add(affine(seen))
      y = y.ref.add(affine(nn.relu(affine(norm(y)))))
    }
    const logits = affine(norm(y))
    return np.mean(np.sum(nn.logSoftmax(logits, -1).mul(labels), -1).mul(-1))
  }

  const step = jax.jit((all: jax.Array[], m: jax.Array[], v: jax.Array[], t: jax.Array, x: jax.Array, y: jax.Array) => {
    const [value, slopes] = jax.valueAndGrad((q: jax.Array[]) => loss(q, x, y))(all.map((w) => w.ref)) as [
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
    const moved = all.map((w, i) => {
      const root = np.sqrt((squares[i] as jax.Array).ref.div(second.ref)).add(1e-8)
      return w.sub((means[i] as jax.Array).ref.div(first.ref).div(root).mul(lr))
    })
    first.dispose()
    second.dispose()
    return [moved, means, squares, count, value] as const
  })

  let [m, v] = [0, 1].map(() => params.map((w) => np.zeros(w.shape))) as [jax.Array[], jax.Array[]]
  let t = np.array(0)
  return async () => {
    const [nextParams, nextM, nextV, nextT, value] = step(params, m, v, t, x.ref, labels.ref) as unknown as [
      jax.Array[],
      jax.Array[],
      jax.Array[],
      jax.Array,
      jax.Array,
    ]
    ;[params, m, v, t] = [nextParams, nextM, nextV, nextT]
    const [number] = await value.data()
    return number as number
  }
}
