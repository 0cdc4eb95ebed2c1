import { type CpuBackend, cpu } from '@wengert/backend-cpu'
import {
  grad,
  isFloat,
  key,
  leaves,
  mapTree,
  type Path,
  replay,
  sizeOf,
  sum,
  type Tensor,
  type TypedArray,
  tape,
  tensor,
  threefry,
  WengertError,
} from '@wengert/core'
import { showFailure } from './report.ts'
import { compareSlopes, type Slope } from './slopes.ts'

export interface CheckOptions {
  /** Check derivatives up to this order. @default 2 */
  readonly order?: number
  /** Largest accepted relative difference of two slopes. @default 1e-6 */
  readonly tolerance?: number
  /** Fixes the random cotangents and directions. @default 0 */
  readonly seed?: number
  /** Random directions tried where there are more than 64 inputs. @default 4 */
  readonly directions?: number
}

/** What a passed check did. */
export interface GradientReport {
  /** Highest order of derivative checked. */
  readonly order: number
  /** Numbers the function was differentiated by. */
  readonly inputs: number
  /** Slopes compared. */
  readonly checks: number
  /** Largest difference found, as a fraction of what was accepted. */
  readonly worst: number
}

/** A derivative that does not agree with its function, or a check that cannot be done. */
export class GradientCheckError extends WengertError {
  override readonly name = 'GradientCheckError'
}

/** A tensor that is differentiated by, and where it stands among the arguments. */
export interface Variable {
  readonly tensor: Tensor
  readonly path: Path
}

/**
 * Checks that the derivatives of f agree with finite differences, in f64 on the CPU, up to order 2 unless told otherwise.
 *
 * f takes any trees of tensors and returns a tree of tensors. Float tensors among the arguments are converted to f64
 * and differentiated by; all others are handed through. The outputs are weighted with random cotangents, and the gradient
 * of that scalar is compared with its slopes; for order 2 the same is done to a random combination of the gradient, and
 * so on. f is traced once per order and replayed for each difference. What stands behind stopGradient is held fixed, as
 * the derivative holds it.
 *
 * Throws a GradientCheckError that names the argument and the element, with both values and, where they are small,
 * both Jacobians. At a kink (relu at 0) no check can pass: choose other arguments.
 *
 * @example checkGradients((x: Tensor) => logSumExp(x), [tensor([1, 2, 3])])
 */
export function checkGradients<A extends readonly unknown[]>(
  f: (...args: A) => unknown,
  args: A,
  { order = 2, tolerance = 1e-6, seed = 0, directions = 4 }: CheckOptions = {},
): GradientReport {
  const random = randomNumbers(seed)
  const variables: Variable[] = []
  const base = mapTree(
    (leaf, path) => {
      if (!isFloat(leaf.dtype)) return leaf
      const data = Float64Array.from(leaf.dataSync({ backend: oracle() }))
      const variable = { tensor: tensor(data, { shape: leaf.shape }), path }
      variables.push(variable)
      return variable.tensor
    },
    args,
    'checkGradients',
  )
  const inputs = variables.map((variable) => variable.tensor)
  if (inputs.length === 0)
    throw new GradientCheckError('checkGradients: args must hold an f32 or f64 tensor to differentiate by, got none.')
  const f64 = (xs: readonly Tensor[]): unknown => {
    let next = 0
    return f(...mapTree((leaf) => (isFloat(leaf.dtype) ? (xs[next++] as Tensor) : leaf), base))
  }

  const x = concatenate(inputs.map((input) => input.dataSync()))
  const slopes: Slope[] = []
  let outputs = f64
  for (let n = 1; n <= order; n++) {
    const objective = weighted(outputs, random)
    const gradient = grad(objective)(inputs)
    const value = objective(inputs)
    holdStopped(value)
    const values = traced(inputs, [value])
    const found = compareSlopes({ value: (at) => values(at)[0] as number, gradient: traced(inputs, gradient) }, x, {
      tolerance,
      directions,
      random,
    })
    const worst = found.reduce((a, b) => (b.ratio > a.ratio ? b : a), { ratio: 0 } as Slope)
    if (worst.ratio > 1)
      throw new GradientCheckError(showFailure({ order: n, worst, variables, outputs: f64, x, tolerance, seed }))
    slopes.push(...found)
    outputs = grad(objective) as (xs: readonly Tensor[]) => unknown
  }
  return { order, inputs: x.length, checks: slopes.length, worst: Math.max(0, ...slopes.map(({ ratio }) => ratio)) }
}

/** f as a scalar: its float outputs, each element with a random weight that stays the same from call to call. */
function weighted(f: (xs: readonly Tensor[]) => unknown, random: () => number): (xs: readonly Tensor[]) => Tensor {
  const weights: Tensor[] = []
  return (xs) => {
    const outputs = leaves(f(xs), 'checkGradients').filter(({ dtype }) => isFloat(dtype))
    if (outputs.length === 0)
      throw new GradientCheckError('checkGradients: f must return an f32 or f64 tensor, got none.')
    const terms = outputs.map((y, i) => {
      // Away from 0, so that no output goes unseen.
      weights[i] ??= tensor(
        Float64Array.from({ length: sizeOf(y.shape) }, () => {
          const u = 2 * random() - 1
          return u + 0.5 * Math.sign(u)
        }),
        { shape: y.shape },
      )
      return sum(y.mul(weights[i]))
    })
    return terms.reduce((total, term) => total.add(term))
  }
}

/** Computes what stands behind stopGradient now, so that replays take it as given. */
function holdStopped(value: Tensor): void {
  const stopped = tape(value).lines.filter(({ op }) => op.name === 'stopGradient')
  // In one run: where lines are read one by one, what two of them need is kept, and would be held fixed as well.
  const values = replay([], stopped, { backend: oracle() })([])
  stopped.forEach((line, i) => {
    line.value = values[i] ?? null
  })
}

/** Lines as a function of the numbers of `inputs`, one after the other. */
export function traced(inputs: readonly Tensor[], outputs: readonly Tensor[]): (x: Float64Array) => Float64Array {
  const run = replay(inputs, outputs, { backend: oracle() })
  const starts: number[] = []
  let size = 0
  for (const input of inputs) {
    starts.push(size)
    size += sizeOf(input.shape)
  }
  const parts = (x: Float64Array): Float64Array[] => starts.map((start, i) => x.subarray(start, starts[i + 1] ?? size))
  return (x) => concatenate(run(starts.length === 1 ? [x] : parts(x)))
}

function concatenate(parts: readonly TypedArray[]): Float64Array {
  if (parts.length === 1 && parts[0] instanceof Float64Array) return parts[0]
  const all = new Float64Array(parts.reduce((size, part) => size + part.length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}

let backend: CpuBackend | null = null

/** One CPU backend for all checks, so that a function checked again finds its plans. */
function oracle(): CpuBackend {
  backend ??= cpu()
  return backend
}

function randomNumbers(seed: number): () => number {
  const { k0, k1 } = key(seed)
  let counter = 0
  return () => threefry(k0, k1, 0, counter++)[0] / 2 ** 32
}
