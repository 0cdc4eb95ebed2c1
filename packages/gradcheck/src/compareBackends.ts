import {
  type Backend,
  data,
  isFloat,
  leaves,
  mapTree,
  showPlace,
  type Tensor,
  type TypedArray,
  tensor,
} from '@wengert/core'
import { LawError } from './lawError.ts'
import { oracle } from './oracle.ts'
import { type UlpOptions, ulpDistance, ulpOf } from './ulps.ts'
import { showSteps } from './variables.ts'

/** A backend, and what it is to compute in. */
export interface BackendSide {
  readonly backend: Backend
  /** What float arguments are converted to. @default 'f32' */
  readonly dtype?: 'f32' | 'f64'
}

export interface CompareBackendsOptions {
  /** What is in question. */
  readonly tested: BackendSide
  /** What it is held against. @default the CPU in f64 */
  readonly reference?: BackendSide
  /** Largest accepted distance, in representable numbers of the narrower dtype. @default 16 */
  readonly ulps?: number
  /**
   * Numbers smaller than this share of the largest of their output are measured in its steps: what cancels is as exact as
   * what it came from. @default 0
   */
  readonly floor?: number
}

/** How far one output is off. */
export interface OutputDistance {
  /** Where it stands among the results: `output`, `output.loss`. */
  readonly name: string
  /** The largest distance. */
  readonly ulps: number
  /** The element with that distance, in row-major order, and both of its values. */
  readonly at: number
  readonly tested: number
  readonly reference: number
}

/**
 * Runs a function on two backends, or in two dtypes, and compares the results element by element, in units in the last place. Both
 * get the same numbers: those of the arguments, rounded to the narrower dtype. Integers and booleans must be equal.
 *
 * Throws a LawError that names the output, the element, both values and their distance where it is more than `ulps`.
 * Pass a gradient as f to compare that.
 *
 * @example const [y] = await compareBackends((x: Tensor) => softmax(x), [tensor([1, 2, 3])], { tested: { backend: cpu() }, ulps: 2 })
 * @example await compareBackends(grad((x: Tensor) => logSumExp(x)), [tensor([1, 2, 3])], { tested: { backend: cpu() } })
 */
export async function compareBackends<A extends readonly unknown[]>(
  f: (...args: A) => unknown,
  args: A,
  { tested, reference = { backend: oracle(), dtype: 'f64' }, ulps = 16, floor = 0 }: CompareBackendsOptions,
): Promise<readonly OutputDistance[]> {
  const [ours, theirs] = [tested.dtype ?? 'f32', reference.dtype ?? 'f32']
  const dtype = ours === 'f64' && theirs === 'f64' ? 'f64' : 'f32'
  const numbers = await Promise.all(
    leaves(args, 'compareBackends').map((leaf) => leaf.data({ backend: reference.backend })),
  )
  const run = async (backend: Backend, width: 'f32' | 'f64'): Promise<Outcome> => {
    let next = 0
    const given = mapTree((leaf) => {
      const values = numbers[next++] as TypedArray
      if (!isFloat(leaf.dtype)) return tensor(values, { shape: leaf.shape, dtype: leaf.dtype })
      return tensor(dtype === 'f32' ? Float32Array.from(values) : values, { shape: leaf.shape, dtype: width })
    }, args)
    const names: string[] = []
    const results = f(...given)
    mapTree((y, path) => {
      names.push(`output${showSteps(path)}`)
      return y
    }, results)
    const lines = leaves(results)
    return { names, lines, values: await data(lines, { backend }) }
  }
  const [a, b] = [await run(tested.backend, ours), await run(reference.backend, theirs)]
  return a.lines.map((line, i) => {
    const name = a.names[i] as string
    const found = furthest(a.values[i] as TypedArray, b.values[i] as TypedArray, {
      dtype,
      floor,
      exact: !isFloat(line.dtype),
    })
    if (found.ulps > ulps)
      throw new LawError(
        `compareBackends: ${name} must agree within ${ulps} ulps of ${dtype}, got ${found.tested} on ${tested.backend.name} ` +
          `in ${ours} and ${found.reference} on ${reference.backend.name} in ${theirs}${showPlace(line.shape, found.at)}, ` +
          `${found.ulps} ulps apart.`,
      )
    return { name, ...found }
  })
}

interface Outcome {
  readonly names: readonly string[]
  readonly lines: readonly Tensor[]
  readonly values: readonly TypedArray[]
}

function furthest(
  a: TypedArray,
  b: TypedArray,
  { dtype, floor, exact }: Required<UlpOptions> & { readonly floor: number; readonly exact: boolean },
): Omit<OutputDistance, 'name'> {
  let size = 0
  for (const y of b) if (Number.isFinite(y)) size = Math.max(size, Math.abs(y))
  const step = floor > 0 ? ulpOf(floor * size, { dtype }) : 0
  const distance = (x: number, y: number): number => {
    if (exact) return x === y ? 0 : Number.POSITIVE_INFINITY
    const counted = ulpDistance(x, y, { dtype })
    return step > 0 && Number.isFinite(x - y) ? Math.min(counted, Math.ceil(Math.abs(x - y) / step)) : counted
  }
  let [at, ulps] = [0, 0]
  a.forEach((x, i) => {
    const found = distance(x, b[i] as number)
    if (found > ulps) [at, ulps] = [i, found]
  })
  return { ulps, at, tested: a[at] as number, reference: b[at] as number }
}
