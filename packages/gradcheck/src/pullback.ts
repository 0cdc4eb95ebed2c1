import { grad, isFloat, jvp, leaves, sameShape, showShape, sizeOf, sum, type Tensor, tensor, vjp } from '@wengert/core'
import { GradientCheckError } from './errors.ts'
import { concatenate, valuesOf } from './oracle.ts'
import { randomNumbers, randomWeights } from './random.ts'
import { floatsOf, placeOf, type Subject, showArgument, subjectOf } from './variables.ts'

export interface PullbackOptions {
  /** Largest accepted difference, relative to the numbers compared plus 1/1000 for each cotangent. @default 1e-9 */
  readonly tolerance?: number
  /** Fixes the random cotangents and tangents. @default 0 */
  readonly seed?: number
}

/** What a passed check found. */
export interface PullbackReport {
  /** The laws that hold. */
  readonly laws: readonly string[]
  /** Largest difference found, as a fraction of what was accepted. */
  readonly worst: number
}

/**
 * Checks what holds for the pullback P of any function at any point, without finite differences and so to nearly all
 * digits:
 *
 *     deterministic   f and P give the same bits twice
 *     typed           a gradient has the shape and dtype of its argument
 *     zero            P(0) = 0
 *     additive        P(u + w) = P(u) + P(w)
 *     homogeneous     P(c u) = c P(u)
 *     adjoint         ⟨u, J v⟩ = ⟨P(u), v⟩, J v by forward mode
 *     symmetric       ⟨w, H v⟩ = ⟨v, H w⟩ for the Hessian H of the outputs, weighted at random
 *
 * It does not know f's slopes: a pullback that keeps these laws may still be that of another function, so use it beside
 * `checkGradients`. It holds at kinks as well. Arguments are treated as there.
 *
 * Throws a GradientCheckError that names the law and the element.
 *
 * @example checkPullback((x: Tensor) => logSumExp(x), [tensor([1, 2, 3])])
 */
export function checkPullback<A extends readonly unknown[]>(
  f: (...args: A) => unknown,
  args: A,
  { tolerance = 1e-9, seed = 0 }: PullbackOptions = {},
): PullbackReport {
  const subject = subjectOf('checkPullback', f, args)
  const given = leaves(args, 'checkPullback').filter(({ dtype }) => isFloat(dtype))
  const random = randomNumbers(seed)
  const bench: Bench = { subject, given, tolerance, draw: (like) => like.map((x) => randomLike(x, random)) }
  let worst = 0
  for (const law of Object.values(laws)) worst = Math.max(worst, law(bench))
  return { laws: Object.keys(laws), worst }
}

interface Bench {
  readonly subject: Subject
  /** The float arguments as given, of any float dtype. */
  readonly given: readonly Tensor[]
  readonly tolerance: number
  /** Random tensors like others. */
  readonly draw: (like: readonly Tensor[]) => Tensor[]
}

/** Each law throws where it does not hold, and returns the largest difference as a fraction of what it accepts. */
const laws = {
  deterministic: ({ subject, draw }: Bench): number => {
    const { outputs } = pullbackAt(subject, subject.inputs)
    const us = draw(outputs)
    const runs = [0, 1].map(() => {
      const again = pullbackAt(subject, subject.inputs)
      return concatenate(valuesOf([...again.outputs, ...again.pull(us)]))
    })
    const [once, twice] = runs as [Float64Array, Float64Array]
    const at = once.findIndex((value, i) => !Object.is(value, twice[i]))
    if (at >= 0 || once.length !== twice.length) {
      const place = outputs.reduce((size, { shape }) => size + sizeOf(shape), 0) > at ? 'output' : 'gradient'
      throw failed(`f must be deterministic, got ${once[at]} and then ${twice[at]} in the ${place}`)
    }
    return 0
  },

  typed: ({ subject, given, draw }: Bench): number => {
    const { outputs, pull } = pullbackAt(subject, given)
    pull(draw(outputs)).forEach((gradient, i) => {
      const x = given[i] as Tensor
      if (gradient.dtype !== x.dtype || !sameShape(gradient.shape, x.shape))
        throw failed(
          `the gradient must be ${x.dtype} ${showShape(x.shape)} like ${showArgument(subject.variables[i]?.path ?? [i])}, ` +
            `got ${gradient.dtype} ${showShape(gradient.shape)}`,
        )
    })
    return 0
  },

  zero: ({ subject }: Bench): number => {
    const { outputs, pull } = pullbackAt(subject, subject.inputs)
    const gradient = numbers(pull(outputs.map((y) => tensor(new Float64Array(sizeOf(y.shape)), like(y)))))
    const at = gradient.findIndex((value) => value !== 0)
    if (at >= 0) throw failed(`the pullback must map 0 to 0, got ${gradient[at]} at ${placeOf(at, subject.variables)}`)
    return 0
  },

  additive: ({ subject, tolerance, draw }: Bench): number => {
    const { outputs, pull } = pullbackAt(subject, subject.inputs)
    const [us, ws] = [draw(outputs), draw(outputs)]
    const joint = numbers(pull(us.map((u, i) => u.add(ws[i] as Tensor))))
    const [a, b] = [numbers(pull(us)), numbers(pull(ws))]
    const apart = a.map((value, i) => value + (b[i] as number))
    const scale = Math.max(largest(a), largest(b))
    return compare('the pullback must be additive, P(u + w) = P(u) + P(w)', joint, apart, {
      scale,
      factor: 1,
      tolerance,
      subject,
    })
  },

  homogeneous: ({ subject, tolerance, draw }: Bench): number => {
    const { outputs, pull } = pullbackAt(subject, subject.inputs)
    const us = draw(outputs)
    let worst = 0
    for (const factor of [-3, 1e3]) {
      const inside = numbers(pull(us.map((u) => u.mul(factor))))
      const outside = numbers(pull(us)).map((value) => factor * value)
      const law = `the pullback must be homogeneous, P(${factor} u) = ${factor} P(u)`
      worst = Math.max(
        worst,
        compare(law, inside, outside, { scale: largest(outside), factor: Math.abs(factor), tolerance, subject }),
      )
    }
    return worst
  },

  adjoint: ({ subject, tolerance, draw }: Bench): number => {
    const { outputs, pull } = pullbackAt(subject, subject.inputs)
    const [us, vs] = [draw(outputs), draw(subject.inputs)]
    const [, tangents] = jvp((xs: readonly Tensor[]) => outputsOf(subject, xs), [subject.inputs], [vs])
    const forward = products(us, tangents)
    const backward = products(pull(us), vs)
    return comparePairs('⟨u, J v⟩ must equal ⟨P(u), v⟩', forward, backward, tolerance)
  },

  symmetric: ({ subject, tolerance, draw }: Bench): number => {
    const { inputs } = subject
    const weights = draw(outputsOf(subject, inputs))
    const objective = (xs: readonly Tensor[]): Tensor =>
      outputsOf(subject, xs)
        .map((y, i) => sum(y.mul(weights[i] as Tensor).cast('f64')))
        .reduce((total, term) => total.add(term))
    const hessianTimes = (vs: readonly Tensor[]): readonly Tensor[] => jvp(grad(objective), [inputs], [vs])[1]
    const [vs, ws] = [draw(inputs), draw(inputs)]
    const law = 'the second derivative must be symmetric, ⟨w, H v⟩ = ⟨v, H w⟩'
    return comparePairs(law, products(ws, hessianTimes(vs)), products(vs, hessianTimes(ws)), tolerance)
  },
} as const

function outputsOf({ f }: Subject, xs: readonly Tensor[]): Tensor[] {
  return floatsOf('checkPullback', f(xs))
}

function pullbackAt(
  subject: Subject,
  xs: readonly Tensor[],
): { outputs: readonly Tensor[]; pull: (us: Tensor[]) => readonly Tensor[] } {
  const [outputs, pullback] = vjp((inputs: readonly Tensor[]) => outputsOf(subject, inputs), xs)
  return { outputs, pull: (us) => pullback(us)[0] }
}

function like({ shape, dtype }: Tensor): Pick<Tensor, 'shape' | 'dtype'> {
  return { shape, dtype }
}

function randomLike(x: Tensor, random: () => number): Tensor {
  return tensor(randomWeights(sizeOf(x.shape), random), like(x))
}

function numbers(xs: readonly Tensor[]): Float64Array {
  return concatenate(valuesOf(xs))
}

function largest(xs: Float64Array): number {
  return xs.reduce((most, x) => Math.max(most, Math.abs(x)), 0)
}

/** Products of the elements of two lists of tensors of the same shapes. */
function products(as: readonly Tensor[], bs: readonly Tensor[]): Float64Array {
  const b = numbers(bs)
  return numbers(as).map((value, i) => value * (b[i] as number))
}

/** What small results may have cancelled from, for cotangents of size 1. */
const roundOff = 1e-3

function compare(
  law: string,
  a: Float64Array,
  b: Float64Array,
  { scale, factor, tolerance, subject }: { scale: number; factor: number; tolerance: number; subject: Subject },
): number {
  let worst = 0
  a.forEach((value, i) => {
    const ratio = ratioOf(value, b[i] as number, tolerance * (scale + factor * roundOff))
    if (ratio > 1) throw failed(`${law}, got ${value} and ${b[i]} at ${placeOf(i, subject.variables)}`)
    worst = Math.max(worst, ratio)
  })
  return worst
}

/** Compares the sums of two lists, relative to the sizes of their terms. */
function comparePairs(law: string, as: Float64Array, bs: Float64Array, tolerance: number): number {
  const total = (xs: Float64Array): number => xs.reduce((a, b) => a + b, 0)
  const size = Math.max(
    as.reduce((a, b) => a + Math.abs(b), 0),
    bs.reduce((a, b) => a + Math.abs(b), 0),
  )
  const ratio = ratioOf(total(as), total(bs), tolerance * (size + as.length * roundOff))
  if (ratio > 1) throw failed(`${law}, got ${total(as)} and ${total(bs)}`)
  return ratio
}

/** Difference as a fraction of what is accepted; infinite where it is no number. */
function ratioOf(a: number, b: number, accepted: number): number {
  if (a === b) return 0
  const ratio = Math.abs(a - b) / accepted
  return Number.isNaN(ratio) ? Number.POSITIVE_INFINITY : ratio
}

function failed(what: string): GradientCheckError {
  return new GradientCheckError(`checkPullback: ${what}.`)
}
