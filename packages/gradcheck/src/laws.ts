import { mapTree, type Tensor, take, tensor } from '@wengert/core'
import { compare, type LawOptions, largestDifference, resultsOf } from './lawComparison.ts'
import { LawError } from './lawError.ts'
import { randomNumbers } from './random.ts'
import { show } from './sentence.ts'

/**
 * A law for a function: called with its arguments, it throws a LawError where it does not hold. So it is a property for
 * fast-check, `fc.property(args, (drawn) => law(...drawn))`, and an entry of a test of laws.
 */
export type Law<A extends readonly unknown[]> = (...args: A) => void

/** A function of tensors, the first of which the law is about. */
type Lawful<A extends readonly unknown[]> = (...args: A) => unknown

export interface ChosenOptions extends LawOptions {
  /** Numbers of the arguments that change. @default [0] */
  readonly args?: readonly number[]
}

/**
 * Changing the arguments does not change the result: f(change(x)) = f(x).
 *
 * @example laws.invariant((x: Tensor) => sum(x.square()), (x: Tensor) => [x.neg()])(tensor([1, 2]))
 */
export function invariant<A extends readonly unknown[]>(
  f: Lawful<A>,
  change: (...args: A) => readonly unknown[],
  options: LawOptions = {},
): Law<A> {
  const claim = { law: 'invariant', claim: 'be the same for changed arguments', ...options }
  return (...args) => compare(f(...(change(...args) as unknown as A)), f(...args), claim)
}

/**
 * Changing the arguments changes the result in its own way: f(change(x)) = effect(f(x)).
 *
 * @example laws.equivariant((x: Tensor) => x.exp(), (x: Tensor) => [x.add(1)], (y) => y.mul(Math.E))(tensor([1, 2]))
 */
export function equivariant<A extends readonly unknown[], Y>(
  f: (...args: A) => Y,
  change: (...args: A) => readonly unknown[],
  effect: (result: Y) => unknown,
  options: LawOptions = {},
): Law<A> {
  const claim = { law: 'equivariant', claim: 'change with its arguments', ...options }
  return (...args) => compare(f(...(change(...args) as unknown as A)), effect(f(...args)), claim)
}

export interface ShiftOptions extends ChosenOptions {
  /** @default 3 */
  readonly by?: number
}

/**
 * A number added to each element changes nothing: f(x + c) = f(x), as for softmax.
 *
 * @example laws.shiftInvariant((x: Tensor) => softmax(x))(tensor([1, 2, 3], { dtype: 'f64' }))
 */
export function shiftInvariant<A extends readonly unknown[]>(
  f: Lawful<A>,
  { by = 3, args: chosen = [0], ...options }: ShiftOptions = {},
): Law<A> {
  const claim = { law: 'shiftInvariant', claim: `not change where ${listed(chosen)} + ${by}`, ...options }
  return (...args) => compare(f(...changed(args, chosen, (x) => x.add(by))), f(...args), claim)
}

export interface HomogeneousOptions extends ChosenOptions {
  /** @default 1 */
  readonly degree?: number
  /** Numbers to multiply by; norms and the like allow for positive ones only. @default [0.5, 3] */
  readonly factors?: readonly number[]
}

/**
 * A factor comes out with a power: f(c x) = c^degree f(x), as for norms with degree 1.
 *
 * @example laws.homogeneous((x: Tensor) => x.square(), { degree: 2 })(tensor([1, 2], { dtype: 'f64' }))
 */
export function homogeneous<A extends readonly unknown[]>(
  f: Lawful<A>,
  { degree = 1, factors = [0.5, 3], args: chosen = [0], ...options }: HomogeneousOptions = {},
): Law<A> {
  return (...args) => {
    for (const c of factors) {
      const claim = { law: 'homogeneous', claim: `be ${c}^${degree} times as large where ${listed(chosen)} · ${c}` }
      const apart = mapTree((y) => y.mul(c ** degree), f(...args))
      compare(f(...changed(args, chosen, (x) => x.mul(c))), apart, { ...claim, ...options })
    }
  }
}

export interface PermutationOptions extends LawOptions {
  /** The axis that is permuted. @default 0 */
  readonly axis?: number
  /** Numbers of the arguments that are permuted. @default all tensors with as many elements there as the first */
  readonly args?: readonly number[]
  /** Fixes the permutation. @default 0 */
  readonly seed?: number
}

/**
 * The order along an axis does not matter: f of permuted arguments is the same, as for sums over a batch.
 *
 * @example laws.permutationInvariant((x: Tensor) => sum(x.exp()))(tensor([1, 2, 3], { dtype: 'f64' }))
 */
export function permutationInvariant<A extends readonly unknown[]>(
  f: Lawful<A>,
  { axis = 0, args: chosen, seed = 0, ...options }: PermutationOptions = {},
): Law<A> {
  const claim = { law: 'permutationInvariant', claim: `not depend on the order along axis ${axis}`, ...options }
  return (...args) => {
    const permuted = changed(args, chosen ?? along(args, axis), permutation(args, axis, seed))
    compare(f(...permuted), f(...args), claim)
  }
}

/**
 * The order along an axis is kept: f of permuted arguments is the result in the same order, as for one value per example.
 *
 * @example laws.permutationEquivariant((x: Tensor) => softmax(x))(tensor([1, 2, 3], { dtype: 'f64' }))
 */
export function permutationEquivariant<A extends readonly unknown[]>(
  f: Lawful<A>,
  { axis = 0, args: chosen, seed = 0, ...options }: PermutationOptions = {},
): Law<A> {
  const claim = { law: 'permutationEquivariant', claim: `keep the order along axis ${axis}`, ...options }
  return (...args) => {
    const permute = permutation(args, axis, seed)
    compare(f(...changed(args, chosen ?? along(args, axis), permute)), mapTree(permute, f(...args)), claim)
  }
}

/**
 * The first two arguments may change places: f(a, b) = f(b, a).
 *
 * @example laws.symmetric((a: Tensor, b: Tensor) => a.sub(b).square())(tensor([1, 2]), tensor([3, 5]))
 */
export function symmetric<T, R extends readonly unknown[]>(
  f: (a: T, b: T, ...rest: R) => unknown,
  options: LawOptions = {},
): Law<[T, T, ...R]> {
  const claim = { law: 'symmetric', claim: 'be the same where its first two arguments change places', ...options }
  return (a, b, ...rest) => compare(f(b, a, ...rest), f(a, b, ...rest), claim)
}

export interface BoundedOptions {
  /** @default -∞ */
  readonly min?: number
  /** @default ∞ */
  readonly max?: number
  /** How far elements may lie outside, relative to the bound or to 1. @default 0 */
  readonly tolerance?: number
}

/**
 * Each element lies in a range; NaN lies in none.
 *
 * @example laws.bounded((x: Tensor) => softmax(x), { min: 0, max: 1 })(tensor([1, 2, 3]))
 */
export function bounded<A extends readonly unknown[]>(
  f: Lawful<A>,
  { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY, tolerance = 0 }: BoundedOptions = {},
): Law<A> {
  return (...args) => {
    const slack = (bound: number): number => (Number.isFinite(bound) ? tolerance * Math.max(1, Math.abs(bound)) : 0)
    for (const { values, placeOf } of resultsOf(f(...args))) {
      const at = values.findIndex((y) => !(y >= min - slack(min) && y <= max + slack(max)))
      if (at >= 0)
        throw new LawError(`laws.bounded: f must lie from ${min} to ${max}, got ${values[at]}${placeOf(at)}.`)
    }
  }
}

/**
 * The graph of each element lies below its chords: f((1 − t) a + t b) ≤ (1 − t) f(a) + t f(b). The law takes two first
 * arguments, a and b, and then the others.
 *
 * @example laws.convex((x: Tensor) => logSumExp(x))(tensor([1, 2]), tensor([3, -5]))
 */
export function convex<R extends readonly unknown[]>(
  f: (x: Tensor, ...rest: R) => Tensor,
  { tolerance = 1e-12 }: LawOptions = {},
): Law<[a: Tensor, b: Tensor, ...rest: R]> {
  return (a, b, ...rest) => {
    const [left = [], right = []] = resultsOf([f(a, ...rest), f(b, ...rest)]).map(({ values }) => values)
    for (const t of [1 / 4, 1 / 2, 3 / 4]) {
      const [between] = resultsOf(f(a.mul(1 - t).add(b.mul(t)), ...rest))
      between?.values.forEach((y, i) => {
        const chord = (1 - t) * (left[i] as number) + t * (right[i] as number)
        if (!(y - chord <= tolerance * Math.max(1, Math.abs(y), Math.abs(chord))))
          throw new LawError(
            `laws.convex: f must lie below its chords, got ${y} above ${chord}${between.placeOf(i)}, t = ${t}.`,
          )
      })
    }
  }
}

/**
 * A batch gives the values of its examples: element i of f(x) is f of element i of each argument. Arguments with as many
 * elements along axis 0 as the first are taken apart, or those chosen.
 *
 * @example laws.exampleWise((x: Tensor) => logSumExp(x, { axis: -1 }))(tensor([[1, 2], [3, 4]], { dtype: 'f64' }))
 */
export function exampleWise<A extends readonly unknown[]>(
  f: (...args: A) => Tensor,
  { args: chosen, ...options }: ChosenOptions = {},
): Law<A> {
  return (...args) => {
    const batch = f(...args)
    const apart = chosen ?? along(args, 0)
    for (let i = 0; i < (batch.shape[0] ?? 0); i++) {
      const alone = f(...changed(args, apart, (x) => exampleOf(x, i)))
      compare(exampleOf(batch, i), alone, { law: 'exampleWise', claim: `give example ${i} its own value`, ...options })
    }
  }
}

export interface LimitOptions {
  /** Values of the hyper-parameter, towards the limit. */
  readonly along: readonly number[]
  /** Largest difference accepted at the last of them, relative to the larger number or to 1. @default 1e-12 */
  readonly tolerance?: number
}

/**
 * A function with a hyper-parameter tends to another one: the largest difference does not grow along the values given, and
 * at the last it is at most `tolerance`.
 *
 * @example laws.tendsTo((t: number) => (x: Tensor) => logSumExp(x.div(t)).mul(t), (x: Tensor) => max(x), { along: [1, 0.1, 0.01], tolerance: 1e-6 })(tensor([1, 2, 4]))
 */
export function tendsTo<A extends readonly unknown[]>(
  family: (hyper: number) => Lawful<A>,
  limit: Lawful<A>,
  { along: values, tolerance = 1e-12 }: LimitOptions,
): Law<A> {
  return (...args) => {
    const target = limit(...args)
    let before = Number.POSITIVE_INFINITY
    values.forEach((hyper, i) => {
      const { difference, got } = largestDifference('tendsTo', family(hyper)(...args), target)
      // Round-off may make a small difference larger than none.
      const accepted = i === values.length - 1 ? tolerance : Math.max(before, tolerance)
      if (!(difference <= accepted))
        throw new LawError(
          `laws.tendsTo: f must come within ${show(accepted)} of its limit at ${hyper}, got ${show(difference)}: ${got}.`,
        )
      before = difference
    })
  }
}

/**
 * All of several laws.
 *
 * @example laws.allOf(laws.bounded((x: Tensor) => softmax(x), { min: 0 }), laws.shiftInvariant((x: Tensor) => softmax(x)))(tensor([1, 2]))
 */
export function allOf<A extends readonly unknown[]>(...list: readonly Law<A>[]): Law<A> {
  return (...args) => {
    for (const law of list) law(...args)
  }
}

function listed(args: readonly number[]): string {
  return args.length === 1 ? `argument ${args[0]} is` : `arguments ${args.join(', ')} are`
}

/** Arguments of which some are changed. */
function changed<A extends readonly unknown[]>(args: A, chosen: readonly number[], change: (x: Tensor) => Tensor): A {
  return args.map((arg, i) => (chosen.includes(i) ? mapTree(change, arg) : arg)) as unknown as A
}

/** The arguments with as many elements along an axis as the first. */
function along(args: readonly unknown[], axis: number): number[] {
  const size = sizeAlong(args[0], axis)
  return args.flatMap((arg, i) => (sizeAlong(arg, axis) === size ? [i] : []))
}

function sizeAlong(arg: unknown, axis: number): number | undefined {
  return typeof arg === 'object' && arg !== null && 'shape' in arg ? (arg as Tensor).shape.at(axis) : undefined
}

function permutation([first]: readonly unknown[], axis: number, seed: number): (x: Tensor) => Tensor {
  const random = randomNumbers(seed)
  const order = Array.from({ length: sizeAlong(first, axis) ?? 0 }, (_, i) => ({ i, at: random() }))
  const indices = tensor(Int32Array.from(order.sort((a, b) => a.at - b.at).map(({ i }) => i)))
  return (x) => take(x, indices, { axis })
}

function exampleOf(x: Tensor, i: number): Tensor {
  const rest = x.shape.slice(1)
  return x.slice([i, ...rest.map(() => 0)], [i + 1, ...rest]).reshape(rest)
}
