import { mapTree, type Tree, zipTrees } from '@wengert/core'
import { checkDecay, checkMatching } from './check.ts'
import { movingMean } from './step.ts'
import type { Transform } from './transform.ts'

export interface ParameterAverageOptions {
  /** Share of the average that is kept from step to step, in [0, 1). @default 0.999 */
  readonly decay?: number
}

/** The type leaves the structure of the parameters open, so that it is the same for every model. */
export interface ParameterAverageState {
  /** Mean parameters, of their structure. */
  readonly average: Tree
}

/**
 * An exponential moving average (EMA) of the parameters beside training, to be used in their place for predictions: it is steadier, and often
 * better, than where the last batch has left them. Put it last in a chain; updates pass as they are.
 *
 *     averageₜ = decay · averageₜ₋₁ + (1 − decay) · (p + update),   average₀ = p
 *
 * It begins at the first parameters, so nothing has to be corrected, but they weigh as much as 1 / (1 − decay) later ones. PyTorch's
 * `AveragedModel` with `get_ema_multi_avg_fn` begins at the parameters after the first step; optax's `ema` averages updates, which is something else.
 *
 * Source: Polyak and Juditsky, Acceleration of stochastic approximation by averaging (1992), for averages; Tarvainen and Valpola, Mean teachers
 * are better role models (2017), for this one.
 *
 * @example
 * const optimizer = chain(adam({ lr: 1e-3 }), parameterAverage({ decay: 0.99 }))
 * const params = { w: tensor([1, 2]) }
 * const [, { average }] = optimizer.init(params)
 * const smooth = average as typeof params
 */
export function parameterAverage({ decay = 0.999 }: ParameterAverageOptions = {}): Transform<ParameterAverageState> {
  checkDecay('parameterAverage', 'decay', decay)
  return {
    init: (params) => ({ average: mapTree((p) => p, params, 'parameterAverage') as Tree }),
    update<P>(updates: P, { average }: ParameterAverageState, params: P): [P, ParameterAverageState] {
      checkMatching('parameterAverage', 'updates', updates, params)
      const after = zipTrees((p, u) => p.add(u), params, updates)
      return [updates, { average: movingMean('parameterAverage', average, after as Tree, decay) }]
    },
  }
}
