import { norm, reciprocal, where, zipTrees } from '@wengert/core'
import type { AdamState, AdamWOptions } from './adam.ts'
import { byDType } from './byDType.ts'
import { checkDecay, checkMatching, checkNotNegative, checkPositive } from './check.ts'
import { complement, initMoments, nextMoments } from './moments.ts'
import { checkRate } from './schedule.ts'
import { stride } from './step.ts'
import type { Transform } from './transform.ts'

/**
 * LAMB: Adam whose step is as long, for each tensor of parameters, as the learning rate times the tensor's own norm. For very large
 * batches, which need large rates that some tensors would not bear.
 *
 *     r = m̂ / (√v̂ + eps) + weightDecay · p         m̂, v̂ as in adam
 *     update = −lr · (‖p‖ / ‖r‖) · r               norms over each leaf; the ratio is 1 where either is 0
 *
 * The function that the paper calls φ is the identity here, as in optax. Defaults are Adam's but eps, 1e-6, and weightDecay, 0.
 *
 * Source: You et al., Large batch optimization for deep learning: Training BERT in 76 minutes (2020), algorithm 2.
 *
 * @example const optimizer = lamb({ lr: warmup(0.01, { steps: 100 }), weightDecay: 0.01 })
 */
export function lamb({
  lr = 1e-3,
  beta1 = 0.9,
  beta2 = 0.999,
  eps = 1e-6,
  weightDecay = 0,
}: AdamWOptions = {}): Transform<AdamState> {
  checkRate('lamb', 'lr', lr)
  checkDecay('lamb', 'beta1', beta1)
  checkDecay('lamb', 'beta2', beta2)
  checkPositive('lamb', 'eps', eps)
  checkNotNegative('lamb', 'weightDecay', weightDecay)
  return {
    init: (params) => initMoments('lamb', params),
    update<P>(grads: P, state: AdamState, params: P): [P, AdamState] {
      checkMatching('lamb', 'grads', grads, params)
      const next = nextMoments('lamb', grads, state, { beta1, beta2 })
      const scalars = byDType((dtype) => {
        const t = next.step.cast(dtype)
        return { size: reciprocal(complement(beta1, t)), root: complement(beta2, t).sqrt() }
      })
      const steps = zipTrees(
        (m, v) => {
          const { size, root } = scalars(m.dtype)
          return m.mul(size).div(v.sqrt().div(root).add(eps))
        },
        next.m as P,
        next.v as P,
      )
      const directions = zipTrees(
        (step, p) => {
          const r = weightDecay === 0 ? step : step.add(p.mul(weightDecay))
          const [own, length] = [norm(p), norm(r)]
          return r.mul(where(own.greater(0).and(length.greater(0)), own.div(length), 1))
        },
        steps,
        params,
      )
      return [stride('lamb', directions, params, { lr, step: state.step }), next]
    },
  }
}
