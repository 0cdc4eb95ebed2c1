import { checkCount, fold, type Key, threefry } from '@wengert/core'

export interface EnsLossLambdaOptions {
  /** For how many epochs a draw holds, ≥ 1. @default 1 */
  readonly period?: number
}

/**
 * Box–Cox parameter for ensLoss in an epoch, drawn anew every few of them. Use it to have the shape of the slopes vary
 * too, and not only the slopes.
 *
 *     λ ~ U[−1, 1), one draw for the epochs [i · period, (i + 1) · period)
 *
 * Shapes: a number from numbers.
 * Gradient: none.
 * Source: Dai, EnsLoss, arXiv 2409.00908 (2025), form of the authors' code, whose shipped settings switch it off: λ =
 * 0.
 *
 * @example ensLossLambda(key(3), 12, { period: 10 }) === ensLossLambda(key(3), 19, { period: 10 })
 */
export function ensLossLambda(key: Key, epoch: number, { period = 1 }: EnsLossLambdaOptions = {}): number {
  const fn = 'ensLossLambda'
  checkCount(fn, 'epoch', epoch, 0)
  checkCount(fn, 'period', period, 1)
  const { k0, k1 } = fold(key, Math.floor(epoch / period))
  return threefry(k0, k1, 0, 0)[0] / 2 ** 31 - 1
}
