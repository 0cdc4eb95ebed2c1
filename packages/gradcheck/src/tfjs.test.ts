import { registerHooks } from 'node:module'
import { fileURLToPath } from 'node:url'
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import { fc, test } from '@fast-check/vitest'
import { describeDocs } from '@wengert/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import * as exports from './tfjs.ts'
import {
  CounterexampleError,
  checkGradients,
  checkGradientsForAll,
  type FrameworkCheckOptions,
  GradientCheckError,
} from './tfjs.ts'

// In Node, core alone knows no gradients: they are in modules that import one another without extensions.
beforeAll(async () => {
  const hooks = registerHooks({
    resolve: (specifier, context, next) => {
      const inner = context.parentURL?.includes('@tensorflow') || specifier.startsWith('@tensorflow')
      return next(inner && !/\.js$|^[^.@]/.test(specifier) ? `${specifier}.js` : specifier, context)
    },
  })
  const gradients = '@tensorflow/tfjs-core/dist/register_all_gradients'
  await import(/* @vite-ignore */ gradients)
  hooks.deregister()
  tf.enableProdMode()
  await tf.setBackend('cpu')
})

function errorOf<A extends readonly unknown[]>(f: (...args: A) => unknown, args: A, options?: FrameworkCheckOptions) {
  try {
    checkGradients(f, args, options)
  } catch (error) {
    if (error instanceof GradientCheckError) return error
    throw error
  }
  throw new Error('the check has passed')
}

/** x² with a derivative multiplied by a factor. */
const squareTimes = (factor: number) =>
  tf.customGrad((x) => ({
    value: tf.square(x as tf.Tensor),
    gradFunc: (dy) => tf.mul(tf.mul(dy as tf.Tensor, x as tf.Tensor), 2 * factor),
  })) as (x: tf.Tensor) => tf.Tensor

const numbers = (length: number) =>
  fc.array(
    fc.integer({ min: -96, max: 96 }).map((k) => k / 32),
    { minLength: length, maxLength: length },
  )

describe('checkGradients of TensorFlow.js', () => {
  test.prop([numbers(4), fc.nat()])(
    'passes right gradients of trees of any outputs, and leaves no tensor',
    (x, seed) => {
      const f = ({ w, b }: { w: tf.Tensor; b: tf.Tensor }, counts: tf.Tensor) => [
        tf.tanh(w),
        { all: tf.logSumExp(tf.add(tf.mul(w, tf.cast(counts, 'float32')), b)), labels: tf.tensor1d([1], 'int32') },
      ]
      const args: Parameters<typeof f> = [
        { w: tf.tensor2d(x, [2, 2]), b: tf.scalar(0.5) },
        tf.tensor1d([1, 2], 'int32'),
      ]
      const before = tf.memory().numTensors
      for (let repeat = 0; repeat < 2; repeat++) {
        const report = checkGradients(f, args, { seed })
        expect(report).toMatchObject({ order: 1, inputs: 5, checks: 5, kinks: 0 })
        expect(report.worst).toBeLessThanOrEqual(1)
      }
      expect(tf.memory().numTensors).toBe(before)
      expect(Array.from(args[0].w.dataSync())).toEqual(x)
      tf.dispose(args)
    },
  )

  test.prop([
    fc.array(fc.double({ min: 0.5, max: 2, noNaN: true }), { minLength: 1, maxLength: 5 }),
    fc.nat(),
    fc.constantFrom(0.9, 1.1, 0, -1),
  ])('finds a wrong rule of customGrad and says where', (x, seed, factor) => {
    const { verdict, message, report } = errorOf(
      (p: { w: tf.Tensor }) => squareTimes(factor)(p.w),
      [{ w: tf.tensor1d(x) }],
      { seed },
    )
    expect(verdict).toBe('wrong')
    expect(message).toMatch(
      /^checkGradients: the derivative of order 1 must equal the slope of the function, got a difference \S+ times what is accepted at argument 0.w \[\d\]/,
    )
    if (factor !== 0) expect(Number(/quotient +(\S+)/.exec(message)?.[1])).toBeCloseTo(factor, 2)
    expect(message).toContain(`Replay with { order: 1, precision: 'f32', tolerance: 0.001, seed: ${seed} }`)
    expect(report?.element?.path).toEqual([0, 'w'])
  })

  it('passes and finds derivatives of order 2', () => {
    const x = tf.tensor1d([0.5, -1, 2])
    const cube = (v: tf.Tensor) => tf.mul(tf.mul(v, v), v)
    expect(checkGradients(cube, [x], { order: 2 })).toMatchObject({ order: 2, checks: 6 })
    const blind = tf.customGrad((v) => ({
      value: cube(v as tf.Tensor),
      gradFunc: (dy) =>
        tf.mul(
          tf.mul(dy as tf.Tensor, v as tf.Tensor),
          tf.mul(squareTimes(0.5)(v as tf.Tensor), tf.div(3, v as tf.Tensor)),
        ),
    })) as typeof cube
    checkGradients(blind, [x])
    expect(errorOf(blind, [x], { order: 2 }).message).toMatch(/^checkGradients: the derivative of order 2 must equal/)
  })

  it('passes softplus at 89, and tells the kinks of relu and abs', () => {
    expect(checkGradients((x: tf.Tensor) => tf.softplus(x), [tf.tensor1d([-89, 0, 89])]).checks).toBe(3)
    expect(errorOf((x: tf.Tensor) => tf.relu(x), [tf.tensor1d([1, 0])]).verdict).toBe('kink')
    expect(checkGradients((x: tf.Tensor) => tf.abs(x), [tf.tensor1d([1, 0])], { kinks: 'accept' }).kinks).toBe(1)
  })

  it('finds the NaN gradient of the norm at 0', () => {
    const { verdict, message } = errorOf((x: tf.Tensor) => tf.norm(x), [tf.tensor1d([0, 0])])
    expect(verdict).toBe('wrong')
    expect(message).toMatch(/got NaN at argument 0 \[0\]\./)
  })

  it('says what TensorFlow.js says of arguments without effect', () => {
    expect(() => checkGradients((x: tf.Tensor, _: tf.Tensor) => tf.square(x), [tf.scalar(1), tf.scalar(1)])).toThrow(
      'Cannot compute gradient of y=f(x) with respect to x.',
    )
  })

  it('refuses chance', () => {
    expect(() => checkGradients((x: tf.Tensor) => tf.mul(x, tf.randomNormal([2])), [tf.tensor1d([1, 2])])).toThrow(
      'checkGradients: f must return the same for the same x, got ',
    )
  })

  test.prop([fc.nat()], { numRuns: 3 })('searches, shrinks, and keeps what it finds as a test', (seed) => {
    const drawn = fc.tuple(numbers(2).map((x) => tf.tensor1d(x)))
    const search = (factor: number, path?: string): CounterexampleError | null => {
      try {
        checkGradientsForAll(squareTimes(factor), drawn, { seed, runs: 20, ...(path !== undefined && { path }) })
        return null
      } catch (error) {
        if (error instanceof CounterexampleError) return error
        throw error
      }
    }
    expect(search(1)).toBeNull()
    const error = search(2) as CounterexampleError
    expect(error.verdict).toBe('wrong')
    expect(error.shrunk.text).toMatch(/^\[tensor\(\[.*\], \[2\], 'float32'\)\]$/)
    expect(search(2, error.shrunk.path)?.shrunk.text).toBe(error.shrunk.text)
    expect(error.replay).toContain(`{ seed: ${seed}, path: '${error.shrunk.path}'`)
    for (const line of [
      "from '@wengert/gradcheck/tfjs'",
      '@tensorflow/tfjs-backend-cpu',
      `checkGradients(f, ${error.shrunk.text}, { seed: `,
    ])
      expect(error.regression).toContain(line)
    const [again] = new Function('tensor', `return ${error.shrunk.text}`)(tf.tensor) as [tf.Tensor]
    expect([...again.dataSync()]).toEqual([...(error.shrunk.args as [tf.Tensor])[0].dataSync()])
  })

  it('refuses arguments and results without floats', () => {
    expect(() => checkGradients((x: tf.Tensor) => x, [tf.tensor1d([1], 'int32')])).toThrow(
      'checkGradients: args must hold an array of floats to differentiate by, got none.',
    )
    expect(() => checkGradients((x: tf.Tensor) => tf.cast(x, 'int32'), [tf.tensor1d([1])])).toThrow(
      'checkGradients: f must return an array of floats, got none.',
    )
  })
})

describeDocs({
  folder: fileURLToPath(new URL('.', import.meta.url)),
  files: (name) => ['counterexample.ts', 'errors.ts', 'tfjs.ts'].includes(name),
  exports,
  scope: { fc, tf },
})
