import type { Tensor as TfTensor } from '@tensorflow/tfjs-core'
import { grad, sum, type Tensor, tanh, tensor } from '@wengert/core'
import { compare } from './compare.ts'
import { tf } from './tfjs.ts'

const operations = 1000
const data = Float32Array.from({ length: 16 }, (_, i) => i / 16)

/** What the tape costs: a chain of 1,000 operations on 16 numbers, where arithmetic is next to nothing. */
export async function benchmarkTape(): Promise<void> {
  const x = tensor(data)
  const chain = (v: Tensor): Tensor => {
    let y = v
    for (let i = 0; i < operations / 4; i++) y = tanh(y.mul(v).add(v)).neg()
    return y
  }
  const slope = grad((v: Tensor) => sum(chain(v)))

  const t = tf.tensor1d(data)
  const tfChain = (v: TfTensor): TfTensor => {
    let y = v
    for (let i = 0; i < operations / 4; i++) y = tf.neg(tf.tanh(tf.add(tf.mul(y, v), v)))
    return y
  }
  const tfSlope = tf.grad((v) => tf.sum(tfChain(v)))

  await compare(
    'Time per operation, chain of 1,000 on 16 elements: value',
    [
      { name: 'wengert, build only', run: () => chain(x) },
      { name: 'wengert, build and run', run: () => chain(x).dataSync() },
      { name: 'tfjs-cpu', run: () => tf.tidy(() => tfChain(t).dataSync()) },
    ],
    { per: operations },
  )
  await compare(
    'Time per operation, chain of 1,000 on 16 elements: gradient',
    [
      { name: 'wengert, build only', run: () => slope(x) },
      { name: 'wengert, build and run', run: () => slope(x).dataSync() },
      { name: 'tfjs-cpu', run: () => tf.tidy(() => tfSlope(t).dataSync()) },
    ],
    { per: operations },
  )
}
