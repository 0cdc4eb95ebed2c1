import type fc from 'fast-check'
import { GradientCheckError } from './errors.ts'
import type { GradientReport } from './gradientReport.ts'
import { literal } from './literal.ts'
import { expectSame } from './plainContract.ts'
import { type PlainOptions, settled } from './plainGradient.ts'
import type { Precision } from './precision.ts'
import { randomNumbers, randomWeights } from './random.ts'
import { nameOf } from './regression.ts'
import { type SearchOptions, type SearchReport, search } from './search.ts'
import { explainSlope, type SlopeFailure, slopeError } from './slopeError.ts'
import { compareSlopes } from './slopes.ts'

/** What a check asks of a framework with arrays of type T. */
export interface Framework<T> {
  readonly isArray: (leaf: unknown) => leaf is T
  /** Whether an array may be differentiated by. */
  readonly isFloat: (x: T) => boolean
  readonly shapeOf: (x: T) => readonly number[]
  /** What functions of these arrays compute in. */
  readonly precisionOf: (xs: readonly T[]) => Precision
  /** The numbers of an array, which is not used afterwards. */
  readonly read: (x: T) => ArrayLike<number>
  /** Another array of these numbers, with all else as x has it. */
  readonly like: (x: T, numbers: Float64Array) => T
  /** The same array for a function that takes over what it is given. */
  readonly lend: (x: T) => T
  /** Says that an array is not used afterwards. */
  readonly drop: (x: T) => void
  /** The sum of all elements times their weights, which have the shapes of the arrays. */
  readonly weightedSum: (ys: readonly T[], weights: readonly Float64Array[]) => T
  readonly grad: (f: (xs: readonly T[]) => T) => (xs: readonly T[]) => readonly T[]
  /** Runs what makes arrays, and frees them. */
  readonly scope: <R>(run: () => R) => R
  /** The TypeScript that makes an array again, which is left alone. */
  readonly literal: (x: T) => string
  /** What a test with such literals imports, and does first. */
  readonly regression: { readonly from: string; readonly imports: readonly string[]; readonly setup: readonly string[] }
}

export interface FrameworkCheckOptions extends Omit<PlainOptions, 'precision'> {
  /** Check derivatives up to this order. @default 1 */
  readonly order?: number
  /** What f computes in: it sets the round-off to allow for. @default that of the arguments */
  readonly precision?: Precision
}

export interface FrameworkForAllOptions<A extends readonly unknown[] = readonly unknown[]>
  extends Omit<FrameworkCheckOptions, 'seed'>,
    SearchOptions<A> {}

/** A function of trees of arrays as one of the numbers in its float arguments. */
interface Subject<T> {
  readonly variables: readonly Variable<T>[]
  readonly x: Float64Array
  /** Arrays of other numbers. */
  readonly arraysOf: (x: Float64Array) => T[]
  readonly f: (xs: readonly T[]) => unknown
}

interface Variable<T> {
  readonly array: T
  readonly path: Path
  readonly shape: readonly number[]
  /** Where its numbers begin. */
  readonly start: number
}

type Path = readonly (string | number)[]

/** The check of any framework: its own gradients of its own functions, against differences of these. */
export function checkFramework<T>(
  framework: Framework<T>,
  f: (...args: never) => unknown,
  args: readonly unknown[],
  options: FrameworkCheckOptions,
): GradientReport {
  const { report, failure } = compareFramework(framework, f, args, options)
  if (failure) throw slopeError(failure)
  return report
}

/** The same for all arguments of an arbitrary. */
export function checkFrameworkForAll<T, A extends readonly unknown[]>(
  framework: Framework<T>,
  f: (...args: A) => unknown,
  args: fc.Arbitrary<A>,
  options: FrameworkForAllOptions<A>,
): SearchReport {
  const { order, precision, tolerance, directions, kinks } = options
  const { isArray, literal: leafLiteral, regression } = framework
  return search(
    {
      fn: 'checkGradientsForAll',
      call: {
        check: 'checkGradients',
        from: regression.from,
        name: nameOf(f),
        preparation: () => regression,
        options: { order, precision, tolerance, directions, kinks },
      },
      compare: (drawn, seed) => {
        const { report, failure } = compareFramework(framework, f, drawn, { ...options, seed })
        if (!failure) return { report, failure: null }
        const { ratio, finding } = failure.failure
        return { report, failure: { verdict: finding.verdict, ratio, explain: () => explainSlope(failure) } }
      },
      literal: (drawn) => literal(drawn, (leaf) => (isArray(leaf) ? leafLiteral(leaf) : null)),
    },
    args,
    options,
  )
}

/** The same up to the first order at which a slope disagrees. */
function compareFramework<T>(
  framework: Framework<T>,
  f: (...args: never) => unknown,
  args: readonly unknown[],
  { order = 1, ...options }: FrameworkCheckOptions,
): { readonly report: GradientReport; readonly failure: SlopeFailure | null } {
  const { variables, x, arraysOf, f: of } = subjectOf(framework, f, args)
  const precision = options.precision ?? framework.precisionOf(variables.map(({ array }) => array))
  const replay = { order, ...settled({ ...options, precision }) }
  const random = randomNumbers(replay.seed)
  const report = { order, inputs: x.length, checks: 0, worst: 0, kinks: 0 }
  let outputs = of
  let before: ((x: Float64Array) => number) | null = null
  for (let n = 1; n <= order; n++) {
    const { value, gradient, objective } = scalar(framework, outputs, variables, arraysOf, random)
    expectSame('checkGradients: f', [value(x)], [value(x)])
    const { checks, failure, worst, kinks } = compareSlopes({ value, gradient }, x, { ...replay, random, before })
    report.checks += checks
    if (failure) {
      const placeOf = (input: number): string => showPlace(elementAt(variables, input))
      const elementOf = (input: number): Element => elementAt(variables, input)
      const derivative = `checkGradients: the derivative of order ${n}`
      const context = { derivative, placeOf, elementOf, replay: { ...replay, order: n } }
      return { report, failure: { failure, context } }
    }
    report.worst = Math.max(report.worst, worst)
    report.kinks += kinks
    outputs = framework.grad(objective)
    before = value
  }
  return { report, failure: null }
}

/** Float outputs, each element with a random weight that stays the same, summed in f64 for the value. */
function scalar<T>(
  framework: Framework<T>,
  outputs: (xs: readonly T[]) => unknown,
  variables: readonly Variable<T>[],
  arraysOf: (x: Float64Array) => T[],
  random: () => number,
): {
  readonly value: (x: Float64Array) => number
  readonly gradient: (x: Float64Array) => Float64Array
  readonly objective: (xs: readonly T[]) => T
} {
  const { isArray, isFloat, shapeOf, drop, read, scope } = framework
  const weights: Float64Array[] = []
  const floatsOf = (xs: readonly T[]): T[] => {
    const floats: T[] = []
    mapArrays(isArray, outputs(xs), (y) => {
      if (isFloat(y)) floats.push(y)
      else drop(y)
      return y
    })
    if (floats.length === 0) throw new GradientCheckError('checkGradients: f must return an array of floats, got none.')
    floats.forEach((y, i) => {
      weights[i] ??= randomWeights(sizeOf(shapeOf(y)), random)
    })
    return floats
  }
  const objective = (xs: readonly T[]): T => framework.weightedSum(floatsOf(xs), weights)
  const value = (x: Float64Array): number =>
    scope(() => {
      let total = 0
      floatsOf(arraysOf(x)).forEach((y, i) => {
        const numbers = read(y)
        ;(weights[i] as Float64Array).forEach((weight, j) => {
          total += weight * (numbers[j] as number)
        })
      })
      return total
    })
  const gradient = (x: Float64Array): Float64Array => {
    const all = new Float64Array(x.length)
    scope(() => {
      const gradients = framework.grad(objective)(arraysOf(x))
      gradients.forEach((g, i) => void all.set(read(g), (variables[i] as Variable<T>).start))
    })
    return all
  }
  return { value, gradient, objective }
}

function subjectOf<T>(
  { isArray, isFloat, shapeOf, lend, read, like }: Framework<T>,
  f: (...args: never) => unknown,
  args: readonly unknown[],
): Subject<T> {
  const variables: Variable<T>[] = []
  let size = 0
  mapArrays(isArray, args, (array, path) => {
    if (isFloat(array)) {
      variables.push({ array, path, shape: shapeOf(array), start: size })
      size += sizeOf(shapeOf(array))
    }
    return array
  })
  if (variables.length === 0)
    throw new GradientCheckError('checkGradients: args must hold an array of floats to differentiate by, got none.')
  const x = new Float64Array(size)
  for (const { array, start } of variables) x.set(read(lend(array)), start)
  return {
    variables,
    x,
    arraysOf: (numbers) =>
      variables.map(({ array, shape, start }) => like(array, numbers.slice(start, start + sizeOf(shape)))),
    f: (xs) => {
      let next = 0
      const given = mapArrays(isArray, args, (leaf) => (isFloat(leaf) ? (xs[next++] as T) : lend(leaf)))
      return f(...(given as never))
    },
  }
}

/** Applies a function to each array of a tree of lists and plain objects; all other leaves are handed through. */
function mapArrays<T>(
  isArray: (leaf: unknown) => leaf is T,
  tree: unknown,
  f: (leaf: T, path: Path) => unknown,
): unknown {
  const visit = (node: unknown, path: Path): unknown => {
    if (isArray(node)) return f(node, path)
    if (Array.isArray(node)) return node.map((child, i) => visit(child, [...path, i]))
    if (typeof node !== 'object' || node === null || Object.getPrototypeOf(node) !== Object.prototype) return node
    return Object.fromEntries(Object.entries(node).map(([key, child]) => [key, visit(child, [...path, key])]))
  }
  return visit(tree, [])
}

interface Element {
  readonly path: Path
  readonly index: readonly number[]
}

function elementAt(variables: readonly Variable<unknown>[], input: number): Element {
  const { path, shape, start } = variables.findLast((variable) => variable.start <= input) as Variable<unknown>
  const index = shape.map(() => 0)
  let left = input - start
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    index[axis] = left % (shape[axis] as number)
    left = Math.floor(left / (shape[axis] as number))
  }
  return { path, index }
}

function showPlace({ path, index }: Element): string {
  return showArgument(path) + (index.length === 0 ? '' : ` [${index.join(', ')}]`)
}

function showArgument([argument, ...rest]: Path): string {
  return `argument ${argument}${rest.map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`)).join('')}`
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((size, n) => size * n, 1)
}
