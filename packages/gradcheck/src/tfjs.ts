import { addN, grads, mul, type Scalar, sum, Tensor, tensor, tidy } from '@tensorflow/tfjs-core'
import type fc from 'fast-check'
import {
  checkFramework,
  checkFrameworkForAll,
  type Framework,
  type FrameworkCheckOptions,
  type FrameworkForAllOptions,
} from './framework.ts'
import type { GradientReport } from './gradientReport.ts'
import { nestedLiteral, numberLiteral, singleLiteral } from './literal.ts'
import type { SearchReport } from './search.ts'

export { type Counterexample, CounterexampleError } from './counterexample.ts'
export { GradientCheckError } from './errors.ts'
export type { FrameworkCheckOptions, FrameworkForAllOptions } from './framework.ts'
export type { GradientReport } from './gradientReport.ts'
export type { SearchOptions, SearchReport } from './search.ts'

/**
 * Checks that the gradients TensorFlow.js gives of a function agree with finite differences of it.
 *
 * f takes trees of tensors and returns a tree of them: plain objects and lists. It is differentiated by its arguments of
 * float32, and must depend on each, as TensorFlow.js demands; all others are handed through. Outputs are weighted with random
 * numbers and summed up. Every call is tidied; `args` themselves are left alone.
 *
 * Everything is computed in f32, so that a relative difference of 1e-3 is accepted. The backend must be able to read values
 * synchronously, as 'cpu' and 'wasm' are.
 *
 * Throws a GradientCheckError that names the argument and the element, with both values. Its `verdict` tells a wrong
 * derivative from a kink, a discontinuity, and a function too full of round-off to tell.
 *
 * @example checkGradients((x: tf.Tensor) => tf.tanh(x), [tf.tensor1d([0.5, -1])])
 */
export function checkGradients<A extends readonly unknown[]>(
  f: (...args: A) => unknown,
  args: A,
  options: FrameworkCheckOptions = {},
): GradientReport {
  return checkFramework(tfjs, f, args, options)
}

/**
 * Checks gradients for all arguments that an arbitrary of fast-check draws, as `checkGradients` does for some. The search
 * ends after `runs` arguments or `seconds`, whichever comes first, and shrinks what it finds.
 *
 * Throws a CounterexampleError with the case found and the shrunk one, a line that shows it again, and a test that keeps it.
 * An error that f throws counts as a failure. Where too many arguments are skipped it throws a GradientCheckError.
 *
 * @example
 * const vectors = fc.tuple(fc.tuple(fc.float({ min: -8, max: 8, noNaN: true })).map((x) => tf.tensor1d(x)))
 * checkGradientsForAll((x: tf.Tensor) => tf.tanh(x), vectors)
 */
export function checkGradientsForAll<A extends readonly unknown[]>(
  f: (...args: A) => unknown,
  args: fc.Arbitrary<A>,
  options: FrameworkForAllOptions<A> = {},
): SearchReport {
  return checkFrameworkForAll(tfjs, f, args, options)
}

const tfjs: Framework<Tensor> = {
  isArray: (leaf): leaf is Tensor => leaf instanceof Tensor,
  isFloat: ({ dtype }) => dtype === 'float32',
  shapeOf: ({ shape }) => shape,
  precisionOf: () => 'f32',
  read: (x) => x.dataSync(),
  like: ({ shape, dtype }, numbers) => tensor(Float32Array.from(numbers), shape, dtype),
  lend: (x) => x,
  drop: () => {},
  weightedSum: (ys, weights) =>
    addN(ys.map((y, i) => sum(mul(y, tensor(Float32Array.from(weights[i] as Float64Array), y.shape))))) as Scalar,
  grad: (f) => (xs) => grads((...given) => f(given) as Scalar)([...xs]),
  scope: (run) => {
    let result: unknown
    tidy(() => {
      result = run()
    })
    return result as ReturnType<typeof run>
  },
  literal: (x) => {
    const cells = Array.from(x.dataSync(), x.dtype === 'float32' ? singleLiteral : numberLiteral)
    const flat = x.shape.includes(0) ? '[]' : nestedLiteral(cells, x.shape)
    return `tensor(${flat}, [${x.shape.join(', ')}], '${x.dtype}')`
  },
  regression: {
    from: '@wengert/gradcheck/tfjs',
    imports: ["import '@tensorflow/tfjs-backend-cpu'", "import { tensor } from '@tensorflow/tfjs-core'"],
    setup: [],
  },
}
