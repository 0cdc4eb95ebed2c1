import { isFloat, type Key, key, leaves, mapTree, sizeOf, type Tensor, tensor, vjp } from '@wengert/core'
import { type BatchReport, checkBatch } from './batch.ts'
import { type CheckOptions, checkGradients } from './check.ts'
import { GradientCheckError } from './errors.ts'
import type { GradientReport } from './gradientReport.ts'
import { valuesOf } from './oracle.ts'
import { checkPullback, type PullbackReport } from './pullback.ts'
import { randomNumbers, randomWeights } from './random.ts'
import { showSteps } from './variables.ts'

/** A layer as `@wengert/nn` makes them: parameters from a key, and a function that uses them. */
export interface CheckableLayer<P, C> {
  init(key: Key): P
  apply(params: P, x: Tensor, context?: C): Tensor
}

export interface LayerCheckOptions<C> extends CheckOptions {
  /** What `apply` gets beside its input. @default none */
  readonly context?: C
  /** Whether axis 0 of x is a batch, of which each row is to be treated by itself. @default true without a context */
  readonly batch?: boolean
}

/** What a passed check found. */
export interface LayerReport {
  /** Numbers in the parameters that are differentiated by. */
  readonly parameters: number
  /** Where there are parameters without any effect on the output: their gradient is 0. */
  readonly idle: readonly string[]
  readonly gradients: GradientReport
  readonly pullback: PullbackReport
  /** null where the input is no batch. */
  readonly batch: BatchReport | null
}

/**
 * Checks a layer in every way there is: the same key gives the same finite parameters; its derivatives by parameters and
 * input agree with differences (`checkGradients`) and obey the laws of pullbacks (`checkPullback`); and each row of a batch is
 * treated by itself (`checkBatch`).
 *
 * Throws the GradientCheckError of the check that fails. Parameters without effect are no error, since relu may hide some,
 * but `idle` lists them.
 *
 * @example
 * const scale = { init: () => [tensor(2)], apply: ([s]: Tensor[], x: Tensor) => x.mul(s as Tensor) }
 * checkLayer(scale, tensor([[1, 2], [3, 4]]))
 */
export function checkLayer<P, C>(
  layer: CheckableLayer<P, C>,
  x: Tensor,
  { context, batch = context === undefined, seed = 0, ...options }: LayerCheckOptions<C> = {},
): LayerReport {
  const params = layer.init(key(seed))
  expectSound(params, layer.init(key(seed)))
  const f = (p: P, input: Tensor): Tensor => layer.apply(p, input, context)
  return {
    gradients: checkGradients(f, [params, x], { ...options, seed }),
    pullback: checkPullback(f, [params, x], { seed }),
    batch: batch && x.shape.length > 0 ? checkBatch(f, [params, x], { batched: [1], seed }) : null,
    ...usesOf(f, params, x, seed),
  }
}

/** Throws unless parameters made twice are the same, and numbers. */
function expectSound(params: unknown, again: unknown): void {
  const [once, twice] = [params, again].map((tree) => valuesOf(leaves(tree, 'checkLayer')))
  once?.forEach((data, i) => {
    data.forEach((value: number, at: number) => {
      if (!Number.isFinite(value)) throw failed(`init must make finite parameters, got ${value} in leaf ${i}`)
      if (!Object.is(value, twice?.[i]?.[at]))
        throw failed(`init must make the same of the same key, got ${value} and then ${twice?.[i]?.[at]} in leaf ${i}`)
    })
  })
}

function usesOf<P>(
  f: (params: P, x: Tensor) => Tensor,
  params: P,
  x: Tensor,
  seed: number,
): Pick<LayerReport, 'parameters' | 'idle'> {
  const [y, pullback] = vjp((p: P) => f(p, x), params)
  const u = tensor(randomWeights(sizeOf(y.shape), randomNumbers(seed)), { shape: y.shape, dtype: y.dtype })
  const names: string[] = []
  const gradients: Tensor[] = []
  mapTree(
    (gradient, path) => {
      if (isFloat(gradient.dtype)) {
        names.push(`params${showSteps(path)}`)
        gradients.push(gradient)
      }
      return gradient
    },
    pullback(u)[0],
    'checkLayer',
  )
  const still = valuesOf(gradients).map((data) => data.every((g: number) => g === 0))
  return {
    parameters: gradients.reduce((total, { shape }) => total + sizeOf(shape), 0),
    idle: names.filter((_, i) => still[i]),
  }
}

function failed(what: string): GradientCheckError {
  return new GradientCheckError(`checkLayer: ${what}.`)
}
