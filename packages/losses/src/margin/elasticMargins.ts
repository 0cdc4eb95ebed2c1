import { argSort, checkOption, dims, sort, stopGradient, type Tensor, take } from '@wengert/core'
import { checkChoice } from '../check.ts'
import { type Draws, normalsOf } from '../stochastic/draws.ts'
import { type LabelCosines, labelCosines, type MarginHeadOptions } from './labelCosines.ts'

export interface ElasticFaceOptions extends MarginHeadOptions {
  /** Mean of the margins, finite. @default 0.5, in radians, for elasticArcFaceLoss and 0.35 for elasticCosFaceLoss */
  readonly margin?: number
  /** Their standard deviation, at least 0. @default 0.0125; the authors train with 0.0175 to 0.05 */
  readonly std?: number
  /**
   * Which example gets which margin: each the one drawn for it; or, of the margins of the batch, the r-th least for the r-th greatest
   * cosine of a label, so that those far from their class get a wide one. The authors' code mistakes this order for its inverse, which
   * is 'permutation'.
   * @default 'drawn'
   */
  readonly assignment?: ElasticAssignment
}

export type ElasticAssignment = 'drawn' | 'rank' | 'permutation'

const assignments: Readonly<Record<ElasticAssignment, (margins: Tensor, order: Tensor) => Tensor>> = {
  drawn: (margins) => margins,
  rank: (margins, order) => take(sort(margins), argSort(order)),
  permutation: (margins, order) => take(sort(margins), order),
}

/** What a head is made of whose margins [B, 1] are drawn for each example, without gradient. */
export function elasticMargins(
  fn: string,
  [embeddings, labels, prototypes]: readonly [Tensor, Tensor, Tensor],
  from: Draws,
  { margin, std = 0.0125, assignment = 'drawn', ...options }: ElasticFaceOptions & { readonly margin: number },
): { readonly ready: LabelCosines; readonly margins: Tensor } {
  dims(fn, { embeddings, labels }, 'B D, B')
  checkOption(fn, 'margin', margin, Number.isFinite(margin), 'finite')
  checkOption(fn, 'std', std, std >= 0 && Number.isFinite(std), 'a finite number of at least 0')
  checkChoice(fn, 'assignment', assignment, assignments)
  const ready = labelCosines(fn, embeddings, labels, prototypes, options)
  const own = stopGradient(ready.own).squeeze(-1)
  const drawn = stopGradient(normalsOf(fn, from, own.shape, own))
    .mul(std)
    .add(margin)
  return { ready, margins: assignments[assignment](drawn, argSort(own, { descending: true })).expandDims(-1) }
}
