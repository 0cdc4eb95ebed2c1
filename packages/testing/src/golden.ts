import { type Backend, data, showShape, sum, type Tensor, type TypedArray, tensor, valueAndGrad } from '@wengert/core'
import { describe, expect, test } from 'vitest'
import { goldenFolder, goldenOpsFolder, readFolder } from '#folders'
import { oracle } from './values.ts'

/** Named tensors of a case: floats of the dtype of the run, i32 or bool. */
export type Inputs = Readonly<Record<string, Tensor>>

/** Options of a case. What the file gives as null is left out. */
export type Options = Readonly<Record<string, unknown>>

/** What an export yields for a case. */
export interface Outcome {
  /** What the gradients of the case belong to; compared with `mean` where the case gives it. */
  readonly scalar?: Tensor
  /** The other figures, by the names of the file. */
  readonly outputs: Readonly<Record<string, Tensor>>
}

/** Maps the names and options of a golden file to those of one of our exports. */
export type Adapter = (inputs: Inputs, options: Options) => Outcome

export interface GoldenSuite {
  /** Folder of golden files. */
  readonly folder: string
  /** One adapter per golden file, by its name without `.json`. */
  readonly adapters: Readonly<Record<string, Adapter>>
  /** Files that other suites carry, so that they are not told as missing; 'rest' for all without an adapter here. */
  readonly elsewhere?: readonly string[] | 'rest'
  /** How closely figures are compared on the CPU in f64. @default 1e-9 for values, 1e-7 for gradients */
  readonly tolerance?: GoldenTarget['tolerance']
  /** Differences, absolute and relative, that are accepted of figures known to fewer digits, by the names of the file: `{ 'solution.weights': 1e-5 }`. */
  readonly coarse?: Readonly<Record<string, number>>
}

/** Where golden figures are compared, and how closely. */
export interface GoldenTarget {
  readonly backend: Backend
  /** Of the float inputs. */
  readonly dtype: 'f32' | 'f64'
  /** Largest accepted difference, relative to a figure or to a thousandth of the largest beside it. */
  readonly tolerance: Tolerance
  /** Largest accepted difference whatever the figures are. */
  readonly least: number
  /** What holds for single files, by name. @default nothing */
  readonly budget?: Readonly<Record<string, Budget>>
  /**
   * Which cases of a file are compared: all, or the one with the most numbers and those with a note of their own, where each new shape
   * is dear.
   * @default 'all'
   */
  readonly cases?: 'all' | 'telling'
}

interface Tolerance {
  readonly value: number
  readonly gradient: number
}

/** What a file asks for in place of the target's tolerance. */
export interface Budget extends Partial<Tolerance> {
  /** Figures that cannot be compared in this dtype. */
  readonly leftOut?: readonly string[]
}

const tolerances = {
  f64: { tolerance: { value: 1e-9, gradient: 1e-7 }, least: 1e-14 },
  f32: { tolerance: { value: 1e-5, gradient: 1e-4 }, least: 1e-6 },
} as const

let target: GoldenTarget | null = null

/**
 * Has the suites that are declared from then on run elsewhere than on the CPU in f64. In another backend's test:
 * `goldenOn({ backend, dtype: 'f32' })`, followed by `await import(…)` of each test of golden figures.
 */
export function goldenOn(wanted: Pick<GoldenTarget, 'backend' | 'dtype'> & Partial<GoldenTarget>): void {
  target = { ...tolerances[wanted.dtype], ...wanted }
}

export { goldenFolder, goldenOpsFolder }

/** Adapter of an elementwise or structural operator, which the file differentiates along a cotangent. */
export function operator(f: (inputs: Inputs, options: Options) => Tensor): Adapter {
  return (inputs, options) => {
    const output = f(inputs, options)
    const { cotangent } = inputs
    return cotangent ? { scalar: sum(output.mul(cotangent)), outputs: { output } } : { outputs: { output } }
  }
}

/**
 * Turns a folder of golden files into tests, one per case. In the end a line is printed for each file with an adapter,
 * and one that begins with `not there yet:` and names the files that have none.
 */
export function goldenSuite({ folder, adapters, elsewhere = [], tolerance, coarse = {} }: GoldenSuite): void {
  const texts = readFolder(folder)
  const on = target ?? { backend: oracle(), dtype: 'f64', ...tolerances.f64, ...(tolerance && { tolerance }) }
  const report: (() => string)[] = []
  const missing: string[] = []
  for (const [name, text] of texts) {
    const adapter = Object.hasOwn(adapters, name) ? adapters[name] : undefined
    if (adapter) report.push(describeFile(text, name, adapter, on, coarse))
    else if (elsewhere !== 'rest' && !elsewhere.includes(name)) missing.push(name)
  }
  test('tells what passed and what is not there yet', () => {
    const lines = report.map((line) => line())
    if (elsewhere !== 'rest') lines.push(`not there yet: ${missing.join(', ') || 'nothing'}`)
    console.log(lines.join('\n'))
  })
}

interface GoldenTensor {
  readonly shape: readonly number[]
  readonly dtype?: 'float64' | 'int32' | 'bool'
  readonly data: readonly (number | boolean | string)[]
}

interface GoldenCase {
  readonly inputs: Readonly<Record<string, GoldenTensor>>
  readonly options?: Readonly<Record<string, unknown>>
  readonly note?: string
  readonly expected: Readonly<Record<string, unknown>> & { readonly grads?: Readonly<Record<string, GoldenTensor>> }
}

function describeFile(
  text: string,
  name: string,
  adapter: Adapter,
  on: GoldenTarget,
  coarse: Record<string, number>,
): () => string {
  const { cases } = JSON.parse(text) as { cases: GoldenCase[] }
  const chosen = on.cases === 'telling' ? telling(cases) : cases
  const { leftOut = [], ...own } = on.budget?.[name] ?? {}
  const within = { ...on, tolerance: { ...on.tolerance, ...own } }
  let passed = 0
  describe(name, () => {
    for (const example of chosen) {
      const i = cases.indexOf(example)
      test(example.note ? `${i}: ${example.note}` : String(i), async () => {
        expect(await checkCase(example, adapter, within, coarse, leftOut)).toEqual([])
        passed++
      })
    }
  })
  return () => `${name}: ${passed}/${chosen.length} cases passed, ${chosen.length - passed} failed`
}

/** The case with the most numbers, and those with a note that no other has. */
function telling(cases: readonly GoldenCase[]): readonly GoldenCase[] {
  const sizes = cases.map(({ inputs }) => Object.values(inputs).reduce((total, { data }) => total + data.length, 0))
  const largest = sizes.indexOf(Math.max(...sizes))
  const notes = cases.map(({ note }) => note)
  return cases.filter(({ note }, i) => i === largest || (note && notes.indexOf(note) === notes.lastIndexOf(note)))
}

async function checkCase(
  { inputs, options = {}, expected }: GoldenCase,
  adapter: Adapter,
  { backend, dtype, tolerance, least }: GoldenTarget,
  coarse: Readonly<Record<string, number>>,
  leftOut: readonly string[],
): Promise<string[]> {
  const tensors = Object.fromEntries(Object.entries(inputs).map(([name, x]) => [name, toTensor(x, dtype)]))
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== null))
  const { grads = {}, mean, ...outputs } = expected
  const variables = Object.fromEntries(Object.keys(grads).map((name) => [name, tensors[name] as Tensor]))
  const compared: { what: string; actual: Tensor; wanted: unknown; r: number; least: number }[] = []
  const problems: string[] = []
  const compare = (what: string, actual: Tensor | undefined, wanted: unknown, r: number, atLeast = least): void => {
    if (leftOut.includes(what)) return
    const problem = actual ? misshapen(actual, wanted) : 'is missing'
    if (problem) problems.push(`${what} ${problem}`)
    else if (actual) compared.push({ what, actual, wanted, r, least: atLeast })
  }

  let outcome: Outcome
  if (Object.keys(grads).length > 0) {
    const objective = (xs: Inputs): readonly [Tensor, Outcome] => {
      const outcome = adapter({ ...tensors, ...xs }, given)
      if (!outcome.scalar) throw new Error('the case has gradients, so its adapter must return a scalar')
      return [outcome.scalar, outcome]
    }
    const [[, found], gradients] = valueAndGrad(objective, { aux: true })(variables as Inputs)
    outcome = found
    for (const [name, wanted] of Object.entries(grads))
      compare(`gradient of ${name}`, gradients[name], wanted, tolerance.gradient)
  } else outcome = adapter(tensors, given)
  if (mean !== undefined) compare('mean', outcome.scalar, mean, tolerance.value)
  for (const [name, wanted] of figuresOf(outputs))
    compare(name, outcome.outputs[name], wanted, coarse[name] ?? tolerance.value, coarse[name])
  const computed = await data(
    compared.map(({ actual }) => actual),
    { backend },
  )
  compared.forEach(({ what, wanted, r, least }, i) => {
    const figures = numbersOf(wanted).map(dtype === 'f32' ? Math.fround : Number)
    const problem = difference([...(computed[i] as TypedArray)], figures, r, least)
    if (problem) problems.push(`${what} ${problem}`)
  })
  return problems
}

/** Figures with their names; those of a group have its name in front: `solution.weights`. */
function figuresOf(outputs: Readonly<Record<string, unknown>>): [name: string, figures: unknown][] {
  return Object.entries(outputs).flatMap(([name, figures]) =>
    typeof figures !== 'object' || figures === null || Array.isArray(figures) || 'data' in figures
      ? [[name, figures]]
      : figuresOf(figures as Record<string, unknown>).map(([inner, it]): [string, unknown] => [`${name}.${inner}`, it]),
  )
}

const arrays = { float64: Float64Array, int32: Int32Array, bool: Uint8Array } as const

function toTensor({ shape, dtype = 'float64', data }: GoldenTensor, float: 'f32' | 'f64'): Tensor {
  const dtypes = { float64: float, int32: 'i32', bool: 'bool' } as const
  return tensor(arrays[dtype].from(data.map(Number)), { shape, dtype: dtypes[dtype] })
}

function misshapen(actual: Tensor, wanted: unknown): string {
  if (typeof wanted !== 'object' || wanted === null || !('shape' in wanted)) return ''
  const [is, must] = [showShape(actual.shape), showShape((wanted as GoldenTensor).shape)]
  return is === must ? '' : `has shape ${is} instead of ${must}`
}

/** Figures in row-major order, with the strings for what JSON cannot hold read as numbers. */
function numbersOf(wanted: unknown): number[] {
  if (Array.isArray(wanted)) return wanted.flatMap(numbersOf)
  if (typeof wanted === 'object' && wanted !== null) return numbersOf((wanted as GoldenTensor).data)
  return [Number(wanted)]
}

/** The first difference beyond least + r · max(|b|, 1e-3 · largest |b|), in words; empty if there is none. */
export function difference(actual: readonly number[], wanted: readonly number[], r: number, least = 1e-14): string {
  if (actual.length !== wanted.length) return `has ${actual.length} elements instead of ${wanted.length}`
  const largest = wanted.reduce((most, b) => (Number.isFinite(b) ? Math.max(most, Math.abs(b)) : most), 0)
  const off = actual.findIndex((a, i) => {
    const b = wanted[i] as number
    if (!Number.isFinite(b)) return !Object.is(a, b)
    return !(Math.abs(a - b) <= least + r * Math.max(Math.abs(b), 1e-3 * largest))
  })
  return off < 0 ? '' : `is ${actual[off]} instead of ${wanted[off]} at element ${off}`
}
