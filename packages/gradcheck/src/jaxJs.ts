import { grad, type Array as JaxArray, numpy as np } from '@jax-js/jax'
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
 * Checks that the gradients jax-js gives of a function agree with finite differences of it.
 *
 * f takes trees of arrays and returns a tree of them: plain objects and lists. It is differentiated by its arguments of
 * float32 and float64; all others are handed through. Outputs are weighted with random numbers and summed up. As any function
 * of jax-js, f uses up its arguments, and as it is called many times, arrays that it takes from outside must go in by `.ref`.
 * `args` themselves are left alone.
 *
 * Everything is computed in the types of the arguments, on their device. In float32, and in float64 on other devices than
 * 'cpu', whose functions are of f32, a relative difference of 1e-3 is accepted. To see more, check float64 on the 'cpu'.
 *
 * Throws a GradientCheckError that names the argument and the element, with both values. Its `verdict` tells a wrong
 * derivative from a kink, a discontinuity, and a function too full of round-off to tell.
 *
 * @example
 * await jax.init('cpu')
 * checkGradients((x: jax.Array) => jax.numpy.tanh(x), [jax.numpy.array([0.5, -1])])
 */
export function checkGradients<A extends readonly unknown[]>(
  f: (...args: A) => unknown,
  args: A,
  options: FrameworkCheckOptions = {},
): GradientReport {
  return checkFramework(jaxJs, f, args, options)
}

/**
 * Checks gradients for all arguments that an arbitrary of fast-check draws, as `checkGradients` does for some. The search
 * ends after `runs` arguments or `seconds`, whichever comes first, and shrinks what it finds.
 *
 * Throws a CounterexampleError with the case found and the shrunk one, a line that shows it again, and a test that keeps it.
 * An error that f throws counts as a failure. Where too many arguments are skipped it throws a GradientCheckError.
 *
 * @example
 * const vectors = fc.tuple(fc.tuple(fc.float({ min: -8, max: 8, noNaN: true })).map((x) => jax.numpy.array(x)))
 * checkGradientsForAll((x: jax.Array) => jax.numpy.tanh(x), vectors)
 */
export function checkGradientsForAll<A extends readonly unknown[]>(
  f: (...args: A) => unknown,
  args: fc.Arbitrary<A>,
  options: FrameworkForAllOptions<A> = {},
): SearchReport {
  return checkFrameworkForAll(jaxJs, f, args, options)
}

const floats: ReadonlySet<string> = new Set(['float32', 'float64'])

const jaxJs: Framework<JaxArray> = {
  // What f is traced with is no instance of Array.
  isArray: (leaf): leaf is JaxArray =>
    typeof leaf === 'object' && leaf !== null && 'dtype' in leaf && 'shape' in leaf && 'ref' in leaf,
  isFloat: ({ dtype }) => floats.has(dtype),
  shapeOf: ({ shape }) => shape,
  precisionOf: (xs) => (xs.every(({ dtype, device }) => dtype === 'float64' && device === 'cpu') ? 'f64' : 'f32'),
  read: (x) => x.dataSync(),
  like: (x, numbers) => arrayLike(x, numbers),
  lend: (x) => x.ref,
  drop: (x) => x.dispose(),
  weightedSum: (ys, weights) =>
    ys.map((y, i) => np.sum(y.mul(arrayLike(y, weights[i] as Float64Array)))).reduce((total, term) => total.add(term)),
  grad: (f) => (xs) => grad((given: JaxArray[]) => f(given))([...xs]),
  scope: (run) => run(),
  literal: (x) => {
    const numbers = Array.from(x.ref.dataSync() as ArrayLike<number>)
    const cells = numbers.map(x.dtype === 'float32' ? singleLiteral : numberLiteral)
    const shape = x.shape.includes(0) ? `shape: [${x.shape.join(', ')}], ` : ''
    const nested = shape ? '[]' : nestedLiteral(cells, x.shape)
    return `np.array(${nested}, { ${shape}dtype: '${x.dtype}', device: '${x.device}' })`
  },
  regression: {
    from: '@wengert/gradcheck/jax-js',
    imports: ["import { init, numpy as np } from '@jax-js/jax'"],
    setup: ['await init()', ''],
  },
}

function arrayLike({ shape, dtype, device }: JaxArray, numbers: Float64Array): JaxArray {
  const data = dtype === 'float64' ? Float64Array.from(numbers) : Float32Array.from(numbers)
  return np.array(data, { shape: [...shape], dtype, device })
}
