import { readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { fc, test } from '@fast-check/vitest'
import { describeDocs } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import * as main from './index.ts'
import * as exports from './plain.ts'
import {
  CounterexampleError,
  checkGradient,
  checkGradientForAll,
  checkJacobian,
  complexStep,
  GradientCheckError,
  type PlainForAllOptions,
  type PlainFunction,
  type PlainOptions,
} from './plain.ts'

/** Sums of functions of one number, with their derivatives, and their imaginary parts at a + bi. */
const terms: Record<
  string,
  { f: (a: number) => number; d: (a: number) => number; im: (a: number, b: number) => number }
> = {
  exp: { f: Math.exp, d: Math.exp, im: (a, b) => Math.exp(a) * Math.sin(b) },
  sin: { f: Math.sin, d: Math.cos, im: (a, b) => Math.cos(a) * Math.sinh(b) },
  square: { f: (a) => a * a, d: (a) => 2 * a, im: (a, b) => 2 * a * b },
  reciprocal: { f: (a) => 1 / (a + 5), d: (a) => -1 / (a + 5) ** 2, im: (a, b) => -b / ((a + 5) ** 2 + b * b) },
  log: { f: (a) => Math.log(a + 5), d: (a) => 1 / (a + 5), im: (a, b) => Math.atan2(b, a + 5) },
}
const total = (x: ArrayLike<number>, f: (v: number) => number): number => Array.from(x, f).reduce((a, b) => a + b, 0)
const sumOf = ({ f, d }: { f: (a: number) => number; d: (a: number) => number }): PlainFunction => ({
  value: (x) => total(x, f),
  gradient: (x) => x.map(d),
})

/** The same with every number rounded to f32. */
const rounded = ({ value, gradient }: PlainFunction): PlainFunction => ({
  value: (x) => Math.fround(value(new Float64Array(Float32Array.from(x)))),
  gradient: (x) => Float32Array.from(gradient(new Float64Array(Float32Array.from(x)))),
})

/** With one element of the gradient multiplied. */
const spoilt = ({ value, gradient }: PlainFunction, at: number, factor: number): PlainFunction => ({
  value,
  gradient: (x) => Float64Array.from(gradient(x), (g, i) => (i === at ? g * factor : g)),
})

function errorOf(run: () => unknown): GradientCheckError {
  try {
    run()
  } catch (error) {
    if (error instanceof GradientCheckError) return error
    throw error
  }
  throw new Error('the check has passed')
}

const points = fc.array(
  fc.integer({ min: -3072, max: 3072 }).map((k) => k / 1024),
  { minLength: 1, maxLength: 6 },
)
const someTerm = fc.constantFrom(...Object.values(terms))

describe('checkGradient', () => {
  test.prop([someTerm, points, fc.nat()])('passes right gradients and says what it did', (term, x, seed) => {
    const report = checkGradient(sumOf(term), x, { seed })
    expect(report).toMatchObject({ order: 1, inputs: x.length, checks: x.length, kinks: 0 })
    expect(report.worst).toBeLessThanOrEqual(1)
  })

  test.prop([someTerm, points])('passes right gradients in f32, which rounds values and slopes', (term, x) => {
    expect(checkGradient(rounded(sumOf(term)), x, { precision: 'f32' }).worst).toBeLessThanOrEqual(1)
  })

  test.prop([
    fc.array(fc.double({ min: 0.5, max: 1, noNaN: true }), { minLength: 1, maxLength: 5 }),
    fc.nat(),
    fc.double({ min: 1.001, max: 3, noNaN: true }),
    fc.boolean(),
  ])('finds an element that is wrong by a factor, and names it', (x, nth, factor, single) => {
    const at = nth % x.length
    const exponential = sumOf(terms.exp as (typeof terms)[string])
    const f = spoilt(exponential, at, single ? 1 + 50 * (factor - 1) : factor)
    const check = () => (single ? checkGradient(rounded(f), x, { precision: 'f32' }) : checkGradient(f, x))
    const { verdict, message, report } = errorOf(check)
    expect(verdict).toBe('wrong')
    expect(message).toContain(`at x[${at}] = ${x[at]}.`)
    expect(report?.element).toEqual({ path: [0], index: [at] })
  })

  it('says which element, both values, and how to see it again', () => {
    const f = spoilt(sumOf(terms.square as (typeof terms)[string]), 1, 1.5)
    const { message, report } = errorOf(() => checkGradient(f, [1, 2, 3], { seed: 7, kinks: 'accept' }))
    expect(message).toMatch(
      /^checkGradient: the gradient must equal the slope of the function, got a difference \S+ times what is accepted at x\[1\] = 2\.\n/,
    )
    expect(message).toMatch(/by the gradient +6\n {2}by differences +(4|3\.9999|4\.0000)/)
    expect(message).toMatch(/Replay with { tolerance: 0.000001, seed: 7, kinks: 'accept' }\.$/)
    expect(report?.analytic).toBe(6)
    expect(errorOf(() => checkGradient(rounded(f), [1, 2], { precision: 'f32' })).message).toMatch(
      /Replay with { precision: 'f32', tolerance: 0.001, seed: 0 }\.$/,
    )
  })

  it('tells kinks, jumps and round-off from wrong gradients, in both precisions', () => {
    const functions: Record<string, [PlainFunction, number[]]> = {
      kink: [{ value: ([a = 0]) => Math.abs(a), gradient: () => [0.5] }, [0]],
      discontinuous: [{ value: ([a = 0]) => Math.floor(a) + a, gradient: () => [1] }, [2]],
      inconclusive: [{ value: ([a = 0]) => a * Math.sqrt(a), gradient: () => [0.3] }, [0]],
      wrong: [{ value: ([a = 0]) => Math.abs(a), gradient: () => [1.5] }, [0]],
    }
    for (const [verdict, [f, x]] of Object.entries(functions))
      for (const [g, options] of [
        [f, {}],
        [rounded(f), { precision: 'f32' }],
      ] as [PlainFunction, PlainOptions][])
        expect([verdict, options, errorOf(() => checkGradient(g, x, options)).verdict]).toEqual([
          verdict,
          options,
          verdict,
        ])
    expect(checkGradient((functions.kink as [PlainFunction, number[]])[0], [0], { kinks: 'accept' }).kinks).toBe(1)
  })

  it('says where a gradient is NaN, and whether the function is finite there', () => {
    const nan: PlainFunction = {
      value: (x) => total(x, (v) => v * v),
      gradient: (x) => x.map((v) => (v > 2 ? Number.NaN : 2 * v)),
    }
    expect(errorOf(() => checkGradient(nan, [1, 3])).message).toMatch(
      /^checkGradient: the gradient must equal the slope of the function, got NaN at x\[1\] = 3\.\n {2}by the gradient +NaN\n {2}by differences +(6|5\.9999|6\.0000)/,
    )
    const overflowing = rounded({
      value: ([a = 0]) => Math.log(1 + Math.fround(Math.exp(a))),
      gradient: ([a = 0]) => [Math.fround(Math.exp(a)) / (1 + Math.fround(Math.exp(a)))],
    })
    const { verdict, message } = errorOf(() => checkGradient(overflowing, [89], { precision: 'f32' }))
    expect(verdict).toBe('wrong')
    expect(message).toContain(
      'must be taken where the function is finite, got NaN at x[0] = 89, where the function is not finite itself. ' +
        'Write it in a form that does not overflow there',
    )
    checkGradient(overflowing, [80], { precision: 'f32' })
  })

  test.prop([fc.integer({ min: 65, max: 120 }), fc.nat(), fc.constantFrom(Number.NaN, 1.5, 0, -1)])(
    'names the element among many',
    (n, nth, factor) => {
      const x = Float64Array.from({ length: n }, (_, i) => 1 + Math.sin(i) / 2)
      const f = sumOf(terms.square as (typeof terms)[string])
      expect(checkGradient(f, x).checks).toBe(8)
      expect(errorOf(() => checkGradient(spoilt(f, nth % n, factor), x)).report?.element?.index).toEqual([nth % n])
    },
  )

  it.each<[string, PlainFunction, string]>([
    [
      'that change their argument',
      { value: (x) => total(x.sort(), Math.sin), gradient: (x) => x },
      'value must leave x as it is, got x[0] changed from 2 to 1.',
    ],
    [
      'whose gradient changes its argument',
      { value: (x) => total(x, Math.sin), gradient: (x) => x.fill(0) },
      'gradient must leave x as it is, got x[0] changed from 2 to 0.',
    ],
    [
      'of chance',
      { value: () => Math.random(), gradient: (x) => x },
      'value must return the same for the same x, got 0.',
    ],
    [
      'with a gradient of another size',
      { value: () => 1, gradient: () => [1, 2, 3] },
      'gradient must return a list of 2 numbers, one for each input, got 3.',
    ],
    [
      'without a gradient',
      { value: () => 1, gradient: () => undefined as never },
      'gradient must return a list of 2 numbers, one for each input, got undefined.',
    ],
    [
      'of other than numbers',
      { value: () => '1' as never, gradient: (x) => x },
      'value must return a number, got string.',
    ],
  ])('refuses functions %s', (_, f, message) => {
    expect(errorOf(() => checkGradient(f, [2, 1])).message).toContain(`checkGradient: ${message}`)
  })
})

describe('checkJacobian', () => {
  const polar = {
    value: ([r = 0, a = 0]: ArrayLike<number> & Iterable<number>) => [r * Math.cos(a), r * Math.sin(a), r * r],
    pullback: ([r = 0, a = 0]: Iterable<number>, [u = 0, v = 0, w = 0]: Iterable<number>) => [
      u * Math.cos(a) + v * Math.sin(a) + 2 * r * w,
      r * (v * Math.cos(a) - u * Math.sin(a)),
    ],
  }

  test.prop([fc.double({ min: 0.1, max: 3, noNaN: true }), fc.double({ min: -3, max: 3, noNaN: true }), fc.nat()])(
    'passes a right pullback',
    (r, a, seed) => {
      expect(checkJacobian(polar, [r, a], { seed }).worst).toBeLessThanOrEqual(1)
    },
  )

  it('names the output and the input at fault', () => {
    const pullback = (x: Iterable<number>, [u = 0, v = 0, w = 0]: Iterable<number>) => polar.pullback(x, [u, 2 * v, w])
    const { message, verdict } = errorOf(() => checkJacobian({ ...polar, pullback }, [2, 0.1]))
    expect(verdict).toBe('wrong')
    expect(message).toMatch(
      /^checkJacobian: the derivative of output 1 must equal the slope of the function, .* at x\[1\] = 0.1\./,
    )
    expect(message).toContain('quotient            2')
  })

  it('finds a pullback that is no linear map, whose rows are right', () => {
    const pullback = (x: Iterable<number>, [u = 0, v = 0, w = 0]: Iterable<number>) =>
      polar.pullback(x, [u ** 2, v ** 2, w ** 2])
    expect(errorOf(() => checkJacobian({ ...polar, pullback }, [2, 0.1])).message).toMatch(
      /^checkJacobian: the derivative of the weighted outputs must equal/,
    )
  })

  it('takes a pullback from a list of rows, of functions without outputs too', () => {
    const rows = ([a = 0, b = 0]: Iterable<number>) => [
      [b, a],
      [2 * a, 0],
    ]
    const pullback = (x: Iterable<number>, u: ArrayLike<number>) =>
      [0, 1].map((i) => rows(x).reduce((sum, row, j) => sum + (u[j] as number) * (row[i] as number), 0))
    checkJacobian({ value: ([a = 0, b = 0]) => [a * b, a * a], pullback }, [2, 3])
    expect(checkJacobian({ value: () => [], pullback: () => [0, 0] }, [2, 3]).checks).toBe(2)
  })

  it('refuses a pullback of another size', () => {
    expect(() => checkJacobian({ ...polar, pullback: () => [1] }, [1, 2])).toThrow(
      'checkJacobian: pullback must return a list of 2 numbers, one for each input, got 1.',
    )
    expect(() => checkJacobian({ ...polar, value: () => 1 as never }, [1, 2])).toThrow(
      'checkJacobian: value must return a list of numbers, got number.',
    )
  })
})

describe('checkGradientForAll', () => {
  const grids = (length: number) =>
    fc.array(
      fc.integer({ min: -96, max: 96 }).map((k) => k / 32),
      { minLength: 1, maxLength: length },
    )
  /** Σ x², with a derivative that is wrong from an element on, whatever the element is: what is smaller fails too. */
  const squares = (wrongFrom: number): PlainFunction => ({
    value: (x) => total(x, (v) => v * v),
    gradient: (x) => x.map((v, i) => (i < wrongFrom ? 2 * v : 2 * v + 1)),
  })

  it('passes right gradients and says what it did', () => {
    expect(checkGradientForAll(squares(9), grids(5), { runs: 40, seed: 2 })).toMatchObject({ runs: 40, seed: 2 })
  })

  test.prop([fc.nat()], { numRuns: 10 })('shrinks to the fewest arguments, and says how to see them again', (seed) => {
    const search = (options: PlainForAllOptions): CounterexampleError => {
      try {
        checkGradientForAll(squares(2), grids(5), options)
      } catch (error) {
        if (error instanceof CounterexampleError) return error
        throw error
      }
      throw new Error('the search has found nothing')
    }
    const { shrunk, replay, regression, verdict } = search({ seed, module: './squares.ts' })
    expect(verdict).toBe('wrong')
    expect(shrunk.text).toBe('[0, 0, 0]')
    expect(replay).toBe(`checkGradientForAll(f, args, { seed: ${seed}, path: '${shrunk.path}' })`)
    expect(search({ seed, path: shrunk.path }).shrunk.text).toBe(shrunk.text)
    expect(regression).toContain("import { checkGradient } from '@wengert/gradcheck/plain'")
    expect(regression).toContain("import { f } from './squares.ts'")
    expect(regression).toContain(`checkGradient(f, ${shrunk.text}, { seed: `)
  })
})

describe('complexStep', () => {
  test.prop([someTerm, points])('gives derivatives to all digits', ({ d, im }, x) => {
    const gradient = complexStep((re, y) => re.reduce((sum, a, i) => sum + im(a, y[i] as number), 0), x)
    x.forEach(
      (v, i) => void expect(Math.abs((gradient[i] as number) - d(v))).toBeLessThanOrEqual(1e-14 * Math.abs(d(v))),
    )
  })
})

describe('the plain entry', () => {
  it('loads no other package but fast-check', () => {
    const files = new Set([fileURLToPath(new URL('./plain.ts', import.meta.url))])
    for (const file of files)
      for (const [, from = ''] of stripTypeScriptTypes(readFileSync(file, 'utf8')).matchAll(
        /^(?:import|export|\}).*\bfrom\s*'([^']*)'/gm,
      )) {
        if (from === 'fast-check') continue
        expect(from).toMatch(/^\.\//)
        files.add(resolve(dirname(file), from))
      }
    expect(files.size).toBeGreaterThan(8)
  })

  it('throws the errors of the main entry', () => {
    expect(GradientCheckError).toBe(main.GradientCheckError)
  })
})

describeDocs({
  folder: fileURLToPath(new URL('.', import.meta.url)),
  exports,
  scope: { fc },
})
