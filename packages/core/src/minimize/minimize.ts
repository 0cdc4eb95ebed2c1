import { valueAndGrad } from '../autodiff.ts'
import { checkCount, checkOption } from '../check.ts'
import { compile } from '../compile.ts'
import { DTypeError, ValueError } from '../errors.ts'
import { flat, unflat } from '../flat.ts'
import { tensor, zerosLike } from '../ops/create.ts'
import { checkDType } from '../ops/define.ts'
import { stack } from '../ops/join.ts'
import { max, sum } from '../ops/reduce.ts'
import type { BackendOptions, Tensor } from '../tensor.ts'
import { leaves, mapTree, showPath } from '../tree.ts'
import { lineSearch, type Trial } from './lineSearch.ts'
import { type Pair, twoLoop } from './twoLoop.ts'

export interface MinimizeOptions extends BackendOptions {
  /** Stops where no component of the gradient is greater than this, at least 0. @default 1e-5 */
  readonly gradientTolerance?: number
  /** Stops after this many steps. @default 1000 */
  readonly maxIterations?: number
  /** How many steps are remembered, each with the change of the gradient along it. @default 10 */
  readonly memory?: number
  /**
   * Share of the slope along a direction that a step may leave, between 0 and 1: the smaller, the more evaluations a step takes, and the
   * farther it gets. @default 0.9
   */
  readonly curvature?: number
}

/** Where a search for a minimum has ended. */
export interface Minimum<P> {
  readonly params: P
  /** Of the objective. */
  readonly value: number
  /** The greatest component of the gradient, in absolute value. */
  readonly gradientNorm: number
  /** Steps taken. */
  readonly iterations: number
  /** How often the objective and its gradient were computed. */
  readonly evaluations: number
  /** Why it ended: the option that says so, or because no step leads farther down, as where differences are round-off. */
  readonly reason: 'gradientTolerance' | 'maxIterations' | 'noDescent'
}

/** A point, with what is known there. */
interface Point extends Trial {
  readonly x: Tensor
  readonly gradient: Tensor
  readonly norm: number
}

type Place = Pick<Point, 'x' | 'gradient'>

/** Steps without gain after which what is left is taken for round-off. */
const mostIdle = 10

/**
 * Finds a local minimum of a smooth function of parameters, any tree of f32 or f64, by L-BFGS with a line search. Take it where the whole
 * objective can be computed again and again and has to be solved well, such as a convex fit, with no learning rate to choose; for
 * batches that change, take an optimizer. f64 gets to more digits; where f32 has none left it ends with 'noDescent'.
 *
 *     direction −H g, where H agrees with the last `memory` steps and changes of the gradient; the step fulfils the strong Wolfe conditions
 *
 * The objective is traced once, as by compile: what it closes over is taken as it is then. Have data read before: lines that
 * are not computed yet would be computed in each evaluation. Three numbers are read in each evaluation, so this is asynchronous, and works on every
 * backend. The promise rejects where the objective or its gradient is not finite at the start; later such points are stepped back from. The
 * minimum has no derivative of its own: for that with respect to anything else, give it to root, with the gradient as its function.
 *
 * Source: Nocedal and Wright, Numerical Optimization (2nd ed. 2006), algorithms 3.5, 3.6, 7.4 and 7.5.
 *
 * @example (await minimize((x: Tensor) => sum(x.sub(3).square()), zeros([2]))).params // 3, 3
 */
export async function minimize<P>(
  objective: (params: P) => Tensor,
  start: P,
  { gradientTolerance = 1e-5, maxIterations = 1000, memory = 10, curvature = 0.9, ...on }: MinimizeOptions = {},
): Promise<Minimum<P>> {
  const fn = 'minimize'
  checkCount(fn, 'memory', memory, 1)
  checkCount(fn, 'maxIterations', maxIterations, 0)
  checkOption(fn, 'gradientTolerance', gradientTolerance, gradientTolerance >= 0, 'at least 0')
  checkOption(fn, 'curvature', curvature, curvature > 0 && curvature < 1, 'between 0 and 1')
  const dtype = dtypeOf(fn, start)
  const rounding = dtype === 'f64' ? 2 ** -48 : 2 ** -19

  const { move, aim, remember } = programs(objective, start, dtype, on)

  let evaluations = 0
  const probe = async (from: Tensor, direction: Tensor, step: number): Promise<Point> => {
    evaluations++
    const { x, gradient, figures } = move(from, direction, tensor(step, { dtype }))
    const [value, slope, norm] = (await figures.data(on)) as unknown as [number, number, number]
    return { x, gradient, step, value, slope, norm }
  }

  const first = flat(start)
  let point = await probe(first, zerosLike(first), 0)
  for (const [name, figure] of [
    ['objective', point.value],
    ['gradient of the objective', point.norm],
  ] as const)
    if (!Number.isFinite(figure))
      throw new ValueError(
        `${fn}: ${name} must be finite at the start, got ${figure}. ` +
          "Start elsewhere; reading it with check: 'finite' tells where this begins.",
      )

  let pairs: readonly Pair[] = []
  const search = async (): Promise<{ readonly found: Point | null; readonly slope: number }> => {
    const { direction, slope: figure } = aim(point.gradient, pairs)
    const [slope = Number.NaN] = await figure.data(on)
    if (!(slope < 0)) return { found: null, slope }
    // Nothing is known yet of the scale: about 1 then.
    const firstStep = pairs.length > 0 ? 1 : Math.min(1, 1 / Math.sqrt(-slope))
    const options = { first: firstStep, curvature, rounding }
    const here = { step: 0, value: point.value, slope }
    return { found: await lineSearch((step) => probe(point.x, direction, step), here, options), slope }
  }

  let [iterations, idle, leastValue, leastNorm] = [0, 0, point.value, point.norm]
  const ended = (reason: Minimum<P>['reason']): Minimum<P> => {
    const { x, value, norm } = point
    return { params: unflat(x, start), value, gradientNorm: norm, iterations, evaluations, reason }
  }
  for (;;) {
    if (point.norm <= gradientTolerance) return ended('gradientTolerance')
    if (iterations >= maxIterations) return ended('maxIterations')
    if (idle >= mostIdle) return ended('noDescent')
    const { found, slope } = await search()
    if (!found) {
      if (pairs.length === 0) return ended('noDescent')
      // What is remembered may mislead.
      pairs = []
      continue
    }
    iterations++
    const pair = remember(placeOf(point), placeOf(found))
    if (found.slope > slope) pairs = [...pairs, pair].slice(-memory)
    point = found
    const gains = point.value < leastValue - rounding * Math.abs(leastValue) || point.norm < leastNorm / 2
    idle = gains ? 0 : idle + 1
    leastValue = Math.min(leastValue, point.value)
    leastNorm = Math.min(leastNorm, point.norm)
  }
}

/** What is computed again and again, on vectors of all parameters. */
function programs<P>(objective: (params: P) => Tensor, start: P, dtype: 'f32' | 'f64', on: BackendOptions) {
  return {
    /** A step along a direction, and the figures there: value, slope along the direction, greatest component of the gradient. */
    move: compile((from: Tensor, direction: Tensor, step: Tensor) => {
      const x = from.add(direction.mul(step))
      const [value, gradient] = valueAndGrad((v: Tensor) => objective(unflat(v, start)))(x)
      const figures = stack([value.cast(dtype), sum(gradient.mul(direction)), max(gradient.abs())])
      return { x, gradient, figures }
    }, on),
    aim: compile((gradient: Tensor, pairs: readonly Pair[]) => {
      const direction = twoLoop(gradient, pairs)
      return { direction, slope: sum(gradient.mul(direction)) }
    }, on),
    remember: compile(
      (from: Place, to: Place): Pair => ({ step: to.x.sub(from.x), change: to.gradient.sub(from.gradient) }),
      on,
    ),
  }
}

const placeOf = ({ x, gradient }: Place): Place => ({ x, gradient })

/** The one dtype of all parameters. */
function dtypeOf<P>(fn: string, start: P): 'f32' | 'f64' {
  const [first] = leaves(start, fn)
  if (!first) throw new ValueError(`${fn}: start must hold at least one tensor, got none.`)
  checkDType(fn, 'start', first, 'precise')
  const { dtype } = first
  mapTree((leaf, path) => {
    if (leaf.dtype !== dtype)
      throw new DTypeError(
        `${fn}: start must be of one dtype, got ${dtype} and ${leaf.dtype} at ${showPath(path)}. Cast it.`,
      )
    return leaf
  }, start)
  return dtype as 'f32' | 'f64'
}
