import {
  arange,
  checkCount,
  checkDType,
  checkOption,
  checkValues,
  type DrawOptions,
  dims,
  normal,
  stopGradient,
  type Tensor,
  take,
  where,
} from '@wengert/core'
import type { Initializer } from './initializers.ts'
import type { Layer } from './layer.ts'

export interface EmbeddingOptions extends DrawOptions {
  /** Number of ids: those from 0 to in − 1. */
  readonly in: number
  /** Number of features of each. */
  readonly out: number
  /** An id whose row starts at 0 and never gets a gradient, to fill up short sequences with. @default none */
  readonly paddingId?: number
  /** How the weight starts. @default normal */
  readonly weightInit?: Initializer
}

/** Parameters of `embedding`, named and laid out as in PyTorch's Embedding: weight [in, out]. */
export interface EmbeddingParams {
  readonly weight: Tensor
}

/**
 * Embedding: a row of features for each of a number of ids. Use it as the first layer of models of words, characters,
 * users or products.
 *
 *     y = weight[x]
 *
 * Shapes: x i32 [...B] → [...B, out]. An id outside [0, in) throws if it is known on the host, and otherwise gives NaN.
 * Gradient: each id adds its cotangent to its row, which for the padding id is 0.
 * Source: Bengio, Ducharme, Vincent, Jauvin, A neural probabilistic language model (2003).
 *
 * @example embedding({ in: 3, out: 2 }).apply({ weight: tensor([[0, 1], [2, 3], [4, 5]]) }, tensor([2, 0], { dtype: 'i32' })) // [4, 5, 0, 1]
 */
export function embedding({
  in: count,
  out: features,
  paddingId,
  weightInit = normal,
  dtype = 'f32',
}: EmbeddingOptions): Layer<EmbeddingParams> {
  checkTable('embedding', count, features, paddingId)
  return {
    init: (key) => ({ weight: withoutPadding(weightInit(key, [count, features], { dtype }), paddingId) }),
    apply({ weight }, x) {
      dims('embedding', { x, weight }, `...B, ${count} ${features}`)
      checkIds('embedding', x, count)
      const y = take(weight, x)
      return paddingId === undefined ? y : where(x.equal(paddingId).expandDims(-1), stopGradient(y), y)
    },
  }
}

/** Checks the sizes of a table of embeddings and its padding id. */
export function checkTable(fn: string, count: number, features: number, paddingId: number | undefined): void {
  checkCount(fn, 'in', count, 1)
  checkCount(fn, 'out', features, 1)
  if (paddingId === undefined) return
  const held = Number.isSafeInteger(paddingId) && paddingId >= 0 && paddingId < count
  checkOption(fn, 'paddingId', paddingId, held, `an integer from 0 to ${count - 1}`)
}

/** Checks that ids point into a table. */
export function checkIds(fn: string, x: Tensor, count: number): void {
  checkDType(fn, 'x', x, 'index')
  checkValues(fn, 'x', x, (id) => id >= 0 && id < count, `ids from 0 to ${count - 1}`, 'The table has no other rows.')
}

/** A table whose row of the padding id is 0. */
export function withoutPadding(weight: Tensor, paddingId: number | undefined): Tensor {
  if (paddingId === undefined) return weight
  const [count = 0] = weight.shape
  return where(arange(count, { dtype: 'i32' }).equal(paddingId).expandDims(-1), 0, weight)
}
