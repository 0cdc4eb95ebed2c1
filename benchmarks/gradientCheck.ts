import { grad, logSumExp, replay, type Tensor, tensor } from '@wengert/core'
import { checkGradients } from '@wengert/gradcheck'
import { compare } from './compare.ts'
import { tf } from './tfjs.ts'

const data = Float64Array.from({ length: 12 }, (_, i) => Math.sin(i))
const step = 6e-6

/** One gradient and the 24 evaluations that central differences by 12 inputs need. */
function differences(value: (x: Float64Array) => number, gradient: (x: Float64Array) => ArrayLike<number>): number {
  const slopes = gradient(data)
  let worst = 0
  for (let i = 0; i < data.length; i++) {
    const up = value(data.with(i, (data[i] as number) + step))
    const down = value(data.with(i, (data[i] as number) - step))
    worst = Math.max(worst, Math.abs((up - down) / (2 * step) - (slopes[i] as number)))
  }
  return worst
}

/** One gradient check of logSumExp with 12 inputs: 24 evaluations and one gradient. */
export async function benchmarkGradientCheck(): Promise<void> {
  const x = tensor(data)
  const f = (v: Tensor): Tensor => logSumExp(v)
  const slope = grad(f)
  const traced = { value: replay([x], [f(x)]), gradient: replay([x], [slope(x)]) }
  const tfSlope = tf.grad((v) => tf.logSumExp(v))

  await compare('One gradient check of logSumExp, 12 inputs', [
    { name: 'wengert, checkGradients (order 1)', run: () => checkGradients(f, [x], { order: 1 }) },
    { name: 'wengert, checkGradients (order 2)', run: () => checkGradients(f, [x]) },
    {
      name: 'wengert, traced before',
      run: () =>
        differences(
          (at) => traced.value([at])[0]?.[0] as number,
          (at) => traced.gradient([at])[0] as ArrayLike<number>,
        ),
    },
    {
      name: 'wengert, each evaluation traced',
      run: () =>
        differences(
          (at) => f(tensor(at)).item(),
          (at) => slope(tensor(at)).dataSync(),
        ),
    },
    {
      name: 'tfjs-cpu (f32)',
      run: () =>
        tf.tidy(() =>
          differences(
            (at) => tf.logSumExp(tf.tensor1d(Float32Array.from(at))).dataSync()[0] as number,
            (at) => tfSlope(tf.tensor1d(Float32Array.from(at))).dataSync(),
          ),
        ),
    },
  ])
}
