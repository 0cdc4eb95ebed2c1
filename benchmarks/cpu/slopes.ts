import type { Tensor as TfTensor } from '@tensorflow/tfjs-core'
import { type Backend, data, state, type Tensor, tensor, valueAndGrad, zerosLike } from '@wengert/core'
import { jax } from './jax.ts'
import type { Contender } from './measure.ts'
import { tf } from './tfjsWasm.ts'

/** Numbers that every contender gets. */
export interface Input {
  readonly data: Float32Array<ArrayBuffer>
  readonly shape: readonly number[]
}

/** The numbers of a tensor. */
export function inputOf(x: Tensor, backend: Backend): Input {
  return { data: x.dataSync({ backend }) as Float32Array<ArrayBuffer>, shape: x.shape }
}

/** A scalar function and its gradient by each input, both kept on the backend from run to run. */
export function slopes(
  f: (...inputs: Tensor[]) => Tensor,
  inputs: readonly Input[],
  backend: Backend,
): Omit<Contender, 'name'> {
  const x = inputs.map(({ data, shape }) => tensor(data, { shape }))
  const held = state({ x, slopes: x.map((each) => zerosLike(each)) }, { backend })
  const run = (): Promise<number> =>
    held.update(({ x }) => {
      const [value, slopes] = valueAndGrad((all: Tensor[]) => f(...all))(x)
      return [{ x, slopes }, value]
    })
  return { run, values: async () => [[await run()], ...(await data(held.value.slopes, { backend }))] }
}

export interface JaxOptions {
  /** @default true */
  readonly jit?: boolean
}

/** The same with jax-js. What `f` gets it takes over. */
export function jaxSlopes(
  f: (...inputs: jax.Array[]) => jax.Array,
  inputs: readonly Input[],
  { jit = true }: JaxOptions = {},
): Contender {
  const x = inputs.map(({ data, shape }) => jax.numpy.array(data).reshape([...shape]))
  const eager = (all: jax.Array[]): [jax.Array, jax.Array[]] =>
    jax.valueAndGrad((each: jax.Array[]) => f(...each))(all) as [jax.Array, jax.Array[]]
  const step = jit ? (jax.jit(eager) as unknown as typeof eager) : eager
  const made = async (): Promise<[jax.Array, jax.Array[]]> => jax.blockUntilReady(step(x.map((each) => each.ref)))
  return {
    name: jit ? 'jax-js jit' : 'jax-js',
    run: async () => {
      const [value, slopes] = await made()
      for (const slope of slopes) slope.dispose()
      await value.data()
    },
    values: async () => {
      const [value, slopes] = await made()
      return Promise.all([value, ...slopes].map((each) => each.data()))
    },
  }
}

/** The same with TensorFlow.js. `read` brings a gradient into our layout. */
export function tfSlopes(
  f: (...inputs: TfTensor[]) => TfTensor,
  inputs: readonly Input[],
  read: (slope: TfTensor, input: number) => TfTensor = (slope) => slope,
): Contender {
  const x = inputs.map(({ data, shape }) => tf.tensor(data, [...shape]))
  const both = tf.valueAndGrads(f)
  return {
    name: 'tfjs-wasm',
    run: () => tf.tidy(() => both(x).value.dataSync()),
    values: async () =>
      tf.tidy(() => {
        const { value, grads } = both(x)
        return [value, ...grads.map(read)].map((each) => each.dataSync())
      }),
  }
}
