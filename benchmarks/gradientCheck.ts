import * as jax from '@jax-js/jax'
import { grad, logSumExp, replay, type Tensor, tensor } from '@wengert/core'
import { checkGradients, gradientChecker } from '@wengert/gradcheck'
import { compare } from './compare.ts'
import { tf } from './tfjs.ts'

const step = 6e-6

/** One gradient and the two evaluations for each input that central differences need. */
function differences(
  data: Float64Array,
  value: (x: Float64Array) => number,
  gradient: (x: Float64Array) => ArrayLike<number>,
): number {
  const slopes = gradient(data)
  const at = data.slice()
  let worst = 0
  for (let i = 0; i < data.length; i++) {
    const x = data[i] as number
    at[i] = x + step
    const up = value(at)
    at[i] = x - step
    const down = value(at)
    at[i] = x
    worst = Math.max(worst, Math.abs((up - down) / (2 * step) - (slopes[i] as number)))
  }
  return worst
}

/** One gradient check of logSumExp of so many inputs: two evaluations for each of them and one gradient. */
export async function benchmarkGradientCheck(sizes: readonly number[] = [3, 12, 100, 1000]): Promise<void> {
  await jax.init('cpu')
  jax.defaultDevice('cpu')
  for (const n of sizes) {
    const data = Float64Array.from({ length: n }, (_, i) => Math.sin(i))
    const x = tensor(data)
    const f = (v: Tensor): Tensor => logSumExp(v)
    const slope = grad(f)
    const traced = { value: replay([x], [f(x)]), gradient: replay([x], [slope(x)]) }
    const single = (at: Float64Array): Float32Array<ArrayBuffer> => Float32Array.from(at)
    const check = gradientChecker(f, [x], { order: 1 })
    const tfSlope = tf.grad((v) => tf.logSumExp(v))
    const jaxSlope = jax.grad((v: jax.Array) => jax.nn.logsumexp(v))
    await compare(
      `One gradient check of logSumExp, ${n} inputs: ${2 * n} evaluations and one gradient`,
      [
        {
          name: 'wengert, traced before',
          run: () =>
            differences(
              data,
              (at) => traced.value([at])[0]?.[0] as number,
              (at) => traced.gradient([at])[0] as ArrayLike<number>,
            ),
        },
        {
          name: n > 64 ? 'wengert, gradientChecker (8 slopes)' : 'wengert, gradientChecker (order 1)',
          run: () => check([x]),
        },
        {
          name: n > 64 ? 'wengert, checkGradients (8 slopes)' : 'wengert, checkGradients (order 1)',
          run: () => checkGradients(f, [x], { order: 1 }),
        },
        {
          name: 'wengert, each evaluation traced',
          run: () =>
            differences(
              data,
              (at) => f(tensor(at)).item(),
              (at) => slope(tensor(at)).dataSync(),
            ),
        },
        {
          name: 'tfjs-cpu (f32)',
          run: () =>
            tf.tidy(() =>
              differences(
                data,
                (at) => tf.logSumExp(tf.tensor1d(single(at))).dataSync()[0] as number,
                (at) => tfSlope(tf.tensor1d(single(at))).dataSync(),
              ),
            ),
        },
        {
          name: 'jax-js cpu (f32)',
          run: () =>
            differences(
              data,
              (at) => jax.nn.logsumexp(jax.numpy.array(single(at))).dataSync()[0] as number,
              (at) => jaxSlope(jax.numpy.array(single(at))).dataSync(),
            ),
        },
      ],
      { rounds: 3, iterations: 1, time: 100 },
    )
  }
}
