import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { showShape, sum, type Tensor, tensor, valueAndGrad } from '@wengert/core'
import { describe, expect, test } from 'vitest'
import { values } from './values.ts'

/** Named tensors of a case: f64, i32 or bool, as the file says. */
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
}

const fixtures = fileURLToPath(new URL('../fixtures/', import.meta.url))

/** Golden files of losses, layers and estimators: the project's, or those in the folder WENGERT_GOLDEN. */
export const goldenFolder: string = process.env.WENGERT_GOLDEN ?? join(fixtures, 'golden')

/** Golden files of core's ops: the project's, or those in the folder WENGERT_GOLDEN_OPS. */
export const goldenOpsFolder: string = process.env.WENGERT_GOLDEN_OPS ?? join(fixtures, 'golden-ops')

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
export function goldenSuite({ folder, adapters, elsewhere = [] }: GoldenSuite): void {
  const names = readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .map((file) => file.slice(0, -'.json'.length))
    .sort()
  const report: (() => string)[] = []
  const missing: string[] = []
  for (const name of names) {
    const adapter = Object.hasOwn(adapters, name) ? adapters[name] : undefined
    if (adapter) report.push(describeFile(join(folder, `${name}.json`), name, adapter))
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

function describeFile(path: string, name: string, adapter: Adapter): () => string {
  const { cases } = JSON.parse(readFileSync(path, 'utf8')) as { cases: GoldenCase[] }
  let passed = 0
  describe(name, () => {
    cases.forEach((example, i) => {
      test(example.note ? `${i}: ${example.note}` : String(i), () => {
        expect(checkCase(example, adapter)).toEqual([])
        passed++
      })
    })
  })
  return () => `${name}: ${passed}/${cases.length} cases passed, ${cases.length - passed} failed`
}

/** Largest accepted relative difference. */
const tolerance = { value: 1e-9, gradient: 1e-7 } as const

function checkCase({ inputs, options = {}, expected }: GoldenCase, adapter: Adapter): string[] {
  const tensors = Object.fromEntries(Object.entries(inputs).map(([name, x]) => [name, toTensor(x)]))
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== null))
  const { grads = {}, mean, ...outputs } = expected
  const variables = Object.fromEntries(Object.keys(grads).map((name) => [name, tensors[name] as Tensor]))
  const problems: string[] = []
  const compare = (what: string, actual: Tensor | undefined, wanted: unknown, r: number): void => {
    const problem = actual ? mismatch(actual, wanted, r) : 'is missing'
    if (problem) problems.push(`${what} ${problem}`)
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
  for (const [name, wanted] of Object.entries(outputs)) compare(name, outcome.outputs[name], wanted, tolerance.value)
  return problems
}

const arrays = { float64: Float64Array, int32: Int32Array, bool: Uint8Array } as const
const dtypes = { float64: 'f64', int32: 'i32', bool: 'bool' } as const

function toTensor({ shape, dtype = 'float64', data }: GoldenTensor): Tensor {
  return tensor(arrays[dtype].from(data.map(Number)), { shape, dtype: dtypes[dtype] })
}

function mismatch(actual: Tensor, wanted: unknown, r: number): string {
  if (typeof wanted === 'object' && wanted !== null && 'shape' in wanted) {
    const { shape } = wanted as GoldenTensor
    if (showShape(actual.shape) !== showShape(shape))
      return `has shape ${showShape(actual.shape)} instead of ${showShape(shape)}`
  }
  return difference(values(actual), numbersOf(wanted), r)
}

/** Figures in row-major order, with the strings for what JSON cannot hold read as numbers. */
function numbersOf(wanted: unknown): number[] {
  if (Array.isArray(wanted)) return wanted.flatMap(numbersOf)
  if (typeof wanted === 'object' && wanted !== null) return numbersOf((wanted as GoldenTensor).data)
  return [Number(wanted)]
}

/** The first difference beyond 1e-14 + r · max(|b|, 1e-3 · largest |b|), in words; empty if there is none. */
export function difference(actual: readonly number[], wanted: readonly number[], r: number): string {
  if (actual.length !== wanted.length) return `has ${actual.length} elements instead of ${wanted.length}`
  const largest = wanted.reduce((most, b) => (Number.isFinite(b) ? Math.max(most, Math.abs(b)) : most), 0)
  const off = actual.findIndex((a, i) => {
    const b = wanted[i] as number
    if (!Number.isFinite(b)) return !Object.is(a, b)
    return !(Math.abs(a - b) <= 1e-14 + r * Math.max(Math.abs(b), 1e-3 * largest))
  })
  return off < 0 ? '' : `is ${actual[off]} instead of ${wanted[off]} at element ${off}`
}
