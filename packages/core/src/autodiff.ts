import { derivativeLines } from './callSites.ts'
import { checkOptions } from './check.ts'
import { totalOf } from './cotangents.ts'
import { isFloat } from './dtype.ts'
import { DTypeError, describe, ShapeError } from './errors.ts'
import { zerosLike } from './ops/create.ts'
import { sum } from './ops/reduce.ts'
import { where } from './ops/select.ts'
import { scalar } from './ops/source.ts'
import { aliasOp } from './ops/view.ts'
import { type Shape, sameShape, showShape } from './shape.ts'
import { record, type Tape } from './tape.ts'
import { line, Tensor } from './tensor.ts'
import { tracing } from './tracing.ts'
import { leaves, mapTree, showPath, zipTrees } from './tree.ts'

/**
 * Value of f and its pullback: the function that maps a cotangent of the output to cotangents of the inputs.
 * Inputs, output and cotangents are trees of tensors. The pullback is made of public ops and can be
 * differentiated like anything else.
 *
 * Each input gets a fresh line, and the walk goes from the output to these lines only, so nested derivatives cannot
 * be confused with one another.
 */
export function vjp<X extends readonly unknown[], Y>(
  f: (...xs: X) => Y,
  ...xs: X
): [Y, (cotangent: Y) => { -readonly [I in keyof X]: X[I] }] {
  return pullbackOf('vjp', f, xs)
}

function pullbackOf<X extends readonly unknown[], Y>(
  fn: string,
  f: (...xs: X) => Y,
  xs: X,
): [Y, (cotangent: Y) => { -readonly [I in keyof X]: X[I] }] {
  const fresh: Tensor[] = []
  const inputs = mapTree(
    (x, [argument, ...path]) => {
      if (!isFloat(x.dtype))
        throw new DTypeError(
          `${fn}: argument ${argument} must hold floats to differentiate by, got ${x.dtype} at ${showPath(path)}. ` +
            'Pass it as a later argument, or close over it.',
        )
      const start = line(aliasOp, [x], x.shape, x.dtype)
      fresh.push(start)
      return start
    },
    xs,
    fn,
  )
  const y = tracing(() => f(...inputs))
  const outputs = leaves(y, fn)
  const tape = record(outputs, { through: 'values', from: fresh[0]?.id ?? Number.POSITIVE_INFINITY })
  const starts = fresh.map((x) => (tape.lines[x.position] === x ? x.position : -1))
  const pullback = (cotangent: Y): { -readonly [I in keyof X]: X[I] } => {
    const seeds: Tensor[] = []
    zipTrees(
      (out, g, path) => {
        if (!sameShape(out.shape, g.shape) || out.dtype !== g.dtype)
          throw new ShapeError(
            `${fn}: cotangent must match the output, ${out.dtype} ${showShape(out.shape)}, ` +
              `got ${g.dtype} ${showShape(g.shape)} at ${showPath(path)}.`,
          )
        seeds.push(g)
        return g
      },
      y,
      cotangent,
      fn,
    )
    const cotangents = walk(tape, starts, seeds)
    let next = 0
    return mapTree(
      (x) => {
        const start = starts[next++] as number
        return (start >= 0 && cotangents[start]) || zerosLike(x)
      },
      xs,
      fn,
    ) as { -readonly [I in keyof X]: X[I] }
  }
  return [y, pullback]
}

/** Walks a tape backwards and returns the cotangent of each line on a path from `starts` to the outputs. */
function walk(tape: Tape, starts: readonly number[], seeds: readonly Tensor[]): (Tensor | undefined)[] {
  const { lines, wiring, outputs } = tape
  const n = lines.length
  const active = new Array<boolean>(n).fill(false)
  for (const start of starts) if (start >= 0) active[start] = true
  for (let i = 0; i < n; i++) {
    const { op, dtype } = lines[i] as Tensor
    if (op.vjp === null || active[i] || !isFloat(dtype)) continue
    const inputs = wiring[i] as readonly number[]
    for (let j = 0; j < inputs.length; j++) if (active[inputs[j] as number]) active[i] = true
  }
  const received = new Array<Tensor[] | undefined>(n)
  const reaches = new Array<Tensor | null | undefined>(n)
  const receive = (at: number, gradient: Tensor, reach: Tensor | null): void => {
    const known = received[at]
    if (known) known.push(gradient)
    else received[at] = [gradient]
    reaches[at] = known ? reach && (reaches[at]?.or(reach) ?? null) : reach
  }
  outputs.forEach((at, i) => {
    if (at >= 0 && active[at]) receive(at, seeds[i] as Tensor, null)
  })
  const isStart = new Set(starts)
  const pullBack = (i: number, g: Tensor): void => {
    const y = lines[i] as Tensor
    const from = wiring[i] as readonly number[]
    const needs = from.map((at) => active[at] === true)
    const inputs = tape.inputs[i] as readonly Tensor[]
    const gradients = (y.op.vjp as NonNullable<typeof y.op.vjp>)(g, y, inputs, needs)
    const masks = reachOfInputs(y, inputs, reaches[i] ?? null)
    for (let j = 0; j < from.length; j++) {
      const gradient = gradients[j]
      if (!needs[j] || !gradient) continue
      const { shape } = inputs[j] as Tensor
      const mask = masks?.[j] ?? null
      const kept = mask && y.op.lowering.kind === 'map' && gradient !== g ? where(mask, gradient, 0) : gradient
      receive(from[j] as number, unbroadcast(kept, shape), mask && anyOf(mask, shape))
    }
  }
  for (let i = n - 1; i >= 0; i--) {
    const gradients = received[i]
    if (gradients === undefined || isStart.has(i)) continue
    derivativeLines(lines[i] as Tensor, () => pullBack(i, totalOf(gradients)))
    received[i] = undefined
  }
  return received.map((gradients) => gradients && totalOf(gradients))
}

/**
 * Which elements of a line's inputs the output depends on at all, once a select has discarded some: elsewhere the
 * cotangent is exactly 0 and must stay so, although the derivative there may be infinite or NaN. Followed through elementwise lines
 * and views, which is as far as such a 0 belongs to one element.
 */
function reachOfInputs(y: Tensor, inputs: readonly Tensor[], reach: Tensor | null): readonly (Tensor | null)[] | null {
  const { op } = y
  if (op.reach)
    return op.reach(inputs).map((own) => {
      const whole = own?.broadcastTo(y.shape)
      return (reach && whole?.and(reach)) ?? whole ?? null
    })
  if (!reach) return null
  if (op.lowering.kind === 'map') return inputs.map(() => reach)
  if (op.lowering.kind !== 'view' || !op.vjp) return null
  const moved = op.vjp(reach.cast(y.dtype), y, inputs, [true])
  return inputs.map((_, j) => (j === 0 && moved[0] ? moved[0].notEqual(0) : null))
}

/** Narrows a mask to the shape of an operand that was repeated: true where any of the repetitions is. */
function anyOf(mask: Tensor, shape: Shape): Tensor {
  if (sameShape(mask.shape, shape)) return mask
  return unbroadcast(mask.cast('i32'), shape).greater(0)
}

/** Sums a cotangent over the axes along which an operand of this shape was repeated. */
function unbroadcast(g: Tensor, shape: Shape): Tensor {
  if (sameShape(g.shape, shape)) return g
  const lead = g.shape.length - shape.length
  const axes = g.shape.flatMap((n, i) => (i < lead || (shape[i - lead] === 1 && n !== 1) ? [i] : []))
  return sum(g, { axis: axes }).reshape(shape)
}

/** A function that returns a loss, or a loss and anything beside it. */
type Objective<P, A extends readonly unknown[], R> = (params: P, ...rest: A) => R

/**
 * Gradient of a scalar function with respect to its first argument, which may be any tree; the gradient has the
 * same structure. Apply it again for higher orders.
 *
 * @example grad((x) => sum(x.square()))(tensor([1, 2])) // [2, 4]
 */
export function grad<P, A extends readonly unknown[]>(f: Objective<P, A, Tensor>): (params: P, ...rest: A) => P {
  return (params, ...rest) => differentiate('grad', f, params, rest)[1]
}

/**
 * Value and gradient of a scalar function with respect to its first argument. With `{ aux: true }` the function
 * returns [loss, aux] and the result is [[loss, aux], gradient].
 */
export function valueAndGrad<P, A extends readonly unknown[]>(
  f: Objective<P, A, Tensor>,
): (params: P, ...rest: A) => [Tensor, P]
export function valueAndGrad<P, A extends readonly unknown[], Aux>(
  f: Objective<P, A, readonly [Tensor, Aux]>,
  options: { readonly aux: true },
): (params: P, ...rest: A) => [[Tensor, Aux], P]
export function valueAndGrad<P, A extends readonly unknown[]>(
  f: Objective<P, A, Tensor | readonly [Tensor, unknown]>,
  options: { readonly aux?: boolean } = {},
): (params: P, ...rest: A) => [unknown, P] {
  const { aux = false } = checkOptions('valueAndGrad', options, 'aux: true')
  return (params, ...rest) => {
    if (!aux) return differentiate('valueAndGrad', f as Objective<P, A, Tensor>, params, rest)
    let beside: unknown
    const loss: Objective<P, A, Tensor> = (p, ...r) => {
      const pair = f(p, ...r)
      if (!Array.isArray(pair))
        throw new ShapeError(
          `valueAndGrad: the function must return [loss, aux] with { aux: true }, got ${describe(pair)}.`,
        )
      const [value, rest] = pair as [Tensor, unknown]
      beside = rest
      return value
    }
    const [value, gradient] = differentiate('valueAndGrad', loss, params, rest)
    return [[value, beside], gradient]
  }
}

function differentiate<P, A extends readonly unknown[]>(
  fn: string,
  f: Objective<P, A, Tensor>,
  params: P,
  rest: A,
): [Tensor, P] {
  const scalarOf = (p: P): Tensor => {
    const y = f(p, ...rest)
    if (!(y instanceof Tensor))
      throw new ShapeError(
        `${fn}: the function must return a scalar tensor, got ${Array.isArray(y) ? 'an array' : typeof y}.`,
      )
    if (y.shape.length !== 0)
      throw new ShapeError(
        `${fn}: the function must return a scalar, got shape ${showShape(y.shape)}. Reduce it, e.g. mean(loss).`,
      )
    if (!isFloat(y.dtype))
      throw new DTypeError(`${fn}: the function must return f16, f32 or f64, got ${y.dtype}. Counts have no gradient.`)
    return y
  }
  const [y, pullback] = pullbackOf(fn, scalarOf, [params] as const)
  const [gradient] = pullback(scalar(1, y.dtype))
  return [y, gradient as P]
}

/**
 * Value of f and its derivative along tangents of the inputs (forward mode). It is the pullback of the pullback, which
 * is linear in its cotangent, so no second rule per op is needed.
 */
export function jvp<X extends readonly unknown[], Y>(f: (...xs: X) => Y, xs: X, tangents: X): [Y, Y] {
  const [y, pullback] = pullbackOf('jvp', f, xs)
  const anywhere = mapTree(zerosLike, y, 'jvp')
  const [, pushforward] = pullbackOf('jvp', (g: Y) => pullback(g), [anywhere] as const)
  const [tangent] = pushforward(tangents as { -readonly [I in keyof X]: X[I] })
  return [y, tangent as Y]
}
