import { fileURLToPath } from 'node:url'
import { fc, test } from '@fast-check/vitest'
import * as jax from '@jax-js/jax'
import { describeDocs } from '@wengert/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import * as exports from './jaxJs.ts'
import {
  CounterexampleError,
  checkGradients,
  checkGradientsForAll,
  type FrameworkCheckOptions,
  GradientCheckError,
} from './jaxJs.ts'

const { lax, nn, numpy: np } = jax

beforeAll(async () => {
  await jax.init('cpu', 'wasm')
  jax.defaultDevice('cpu')
})

type DType = 'float32' | 'float64'

function array(numbers: readonly number[], dtype: DType = 'float32', shape: number[] = [numbers.length]): jax.Array {
  const data = dtype === 'float64' ? Float64Array.from(numbers) : Float32Array.from(numbers)
  return np.array(data, { shape, dtype: dtype === 'float64' ? np.float64 : np.float32 })
}

function errorOf<A extends readonly unknown[]>(f: (...args: A) => unknown, args: A, options?: FrameworkCheckOptions) {
  try {
    checkGradients(f, args, options)
  } catch (error) {
    if (error instanceof GradientCheckError) return error
    throw error
  }
  throw new Error('the check has passed')
}

/** sin x with the derivative of a multiple of it: what stands behind stopGradient counts for nothing. */
const sineWith = (factor: number) => (x: jax.Array) => {
  const y = np.sin(x)
  const part = y.ref.mul(factor)
  return part.ref.add(lax.stopGradient(y.sub(part)))
}

const numbers = (length: number) =>
  fc.array(
    fc.integer({ min: -96, max: 96 }).map((k) => k / 32),
    { minLength: length, maxLength: length },
  )

describe.each(['float32', 'float64'] as const)('checkGradients of jax-js in %s', (dtype) => {
  test.prop([numbers(4), fc.nat()], { numRuns: 5 })('passes right gradients of trees of any outputs', (x, seed) => {
    const f = ({ w, b }: { w: jax.Array; b: jax.Array }, counts: jax.Array) => [
      np.tanh(w.ref),
      { all: nn.logsumexp(w.mul(counts.astype(b.dtype)).add(b)), labels: np.array([1], { dtype: np.int32 }) },
    ]
    const args: Parameters<typeof f> = [
      { w: array(x, dtype, [2, 2]), b: array([0.5], dtype, []) },
      np.array([1, 2], { dtype: np.int32 }),
    ]
    for (let repeat = 0; repeat < 2; repeat++) {
      const report = checkGradients(f, args, { seed })
      expect(report).toMatchObject({ order: 1, inputs: 5, checks: 5, kinks: 0 })
      expect(report.worst).toBeLessThanOrEqual(1)
    }
    expect([args[0].w.refCount, args[0].b.refCount, args[1].refCount]).toEqual([1, 1, 1])
  })

  it('passes and finds derivatives of order 2', () => {
    const x = array([0.5, -1, 2], dtype)
    expect(checkGradients((v: jax.Array) => np.exp(v), [x], { order: 2 })).toMatchObject({ order: 2, checks: 6 })
    /** x² + x, whose second derivative is lost. */
    const deaf = (v: jax.Array) =>
      v.ref
        .mul(v.ref)
        .add(v.ref)
        .sub(np.square(v.ref.sub(lax.stopGradient(v))))
    checkGradients(deaf, [x])
    expect(errorOf(deaf, [x], { order: 2 }).message).toMatch(
      /^checkGradients: the derivative of order 2 must equal the slope/,
    )
  })

  it('finds wrong gradients and says where', () => {
    const f = (p: { w: jax.Array }) => sineWith(0.5)(p.w)
    const { verdict, message, report } = errorOf(f, [{ w: array([1, 0.5, -1, 1.5], dtype, [2, 2]) }], { seed: 3 })
    expect(verdict).toBe('wrong')
    expect(message).toMatch(
      /^checkGradients: the derivative of order 1 must equal the slope of the function, got a difference \S+ times what is accepted at argument 0.w \[\d, \d\]/,
    )
    expect(Number(/quotient +(\S+)/.exec(message)?.[1])).toBeCloseTo(0.5, 2)
    expect(message).toContain(
      dtype === 'float64'
        ? 'Replay with { order: 1, tolerance: 0.000001, seed: 3 }'
        : "{ order: 1, precision: 'f32', tolerance: 0.001, seed: 3 }",
    )
    expect(report?.element?.path).toEqual([0, 'w'])
  })

  it('tells kinks', () => {
    const x = array([1, 0], dtype)
    expect(errorOf((v: jax.Array) => nn.relu(v), [x]).verdict).toBe('kink')
    expect(checkGradients((v: jax.Array) => nn.relu(v), [x], { kinks: 'accept' }).kinks).toBe(1)
  })
})

describe('checkGradients of jax-js', () => {
  it('finds the NaN gradient of softplus at 89', () => {
    const softplus = (x: jax.Array) => nn.softplus(x)
    checkGradients(softplus, [array([-89, 0, 80])])
    const { verdict, message } = errorOf(softplus, [array([-89, 0, 89])])
    expect(verdict).toBe('wrong')
    expect(message).toMatch(
      /^checkGradients: the derivative of order 1 must be taken where the function is finite, got NaN at argument 0 \[2\], where the function is not finite itself\./,
    )
  })

  it('finds the NaN gradient of sigmoid at -89, where the function is finite', () => {
    const { verdict, message } = errorOf((x: jax.Array) => nn.sigmoid(x), [array([0, -89])])
    expect(verdict).toBe('wrong')
    expect(message).toMatch(
      /must equal the slope of the function, got NaN at argument 0 \[1\]\.\n {2}by the gradient +NaN\n {2}by differences/,
    )
  })

  test.prop([fc.constantFrom('cpu', 'wasm'), numbers(3), fc.constantFrom(0.9, 1.1)], { numRuns: 6 })(
    'sees a gradient that is a tenth off on any device',
    async (device, numbers, factor) => {
      const x = await jax.devicePut(array(numbers.map((v) => v / 3)), device)
      checkGradients(sineWith(1), [x])
      expect(errorOf(sineWith(factor), [x]).verdict).toBe('wrong')
    },
  )

  it('takes float64 for f32 where the device computes in f32', async () => {
    const x = await jax.devicePut(array([0.3, 1.2], 'float64'), 'wasm')
    checkGradients((v: jax.Array) => np.exp(v), [x])
    expect(errorOf(sineWith(2), [x]).message).toContain("precision: 'f32'")
  })

  it('names a scalar without a place', () => {
    expect(errorOf(sineWith(2), [array([1], 'float32', [])]).message).toContain(' at argument 0.\n')
  })

  test.prop([fc.nat()], { numRuns: 3 })('searches, shrinks, and keeps what it finds as a test', (seed) => {
    const drawn = fc.tuple(numbers(2).map((x) => array(x)))
    const search = (factor: number, path?: string): CounterexampleError | null => {
      try {
        checkGradientsForAll(sineWith(factor), drawn, { seed, runs: 20, ...(path !== undefined && { path }) })
        return null
      } catch (error) {
        if (error instanceof CounterexampleError) return error
        throw error
      }
    }
    expect(search(1)).toBeNull()
    const error = search(2) as CounterexampleError
    expect(error.verdict).toBe('wrong')
    expect(error.shrunk.text).toMatch(/^\[np\.array\(\[.*\], \{ dtype: 'float32', device: 'cpu' \}\)\]$/)
    expect(search(2, error.shrunk.path)?.shrunk.text).toBe(error.shrunk.text)
    expect(error.replay).toContain(`{ seed: ${seed}, path: '${error.shrunk.path}'`)
    for (const line of [
      "from '@wengert/gradcheck/jax-js'",
      'await init()',
      `checkGradients(f, ${error.shrunk.text}, { seed: `,
    ])
      expect(error.regression).toContain(line)
    const [again] = new Function('np', `return ${error.shrunk.text}`)(np) as [jax.Array]
    expect([...again.dataSync()]).toEqual([...(error.shrunk.args as [jax.Array])[0].ref.dataSync()])
  })

  it('refuses arguments and results without floats', () => {
    const integers = np.array([1], { dtype: np.int32 })
    expect(() => checkGradients((x: jax.Array) => x, [integers])).toThrow(
      'checkGradients: args must hold an array of floats to differentiate by, got none.',
    )
    expect(() => checkGradients((x: jax.Array) => x.astype(np.int32), [array([1])])).toThrow(
      'checkGradients: f must return an array of floats, got none.',
    )
  })
})

describeDocs({
  folder: fileURLToPath(new URL('.', import.meta.url)),
  files: (name) => ['counterexample.ts', 'errors.ts', 'jaxJs.ts'].includes(name),
  exports,
  scope: { fc, jax },
})
