import { dims, type Tensor } from '@wengert/core'
import { checkFloats } from '../check.ts'

export interface ListOptions {
  /** Items that take part, bool [...B, N], where lists are padded to one length. @default all */
  readonly mask?: Tensor
}

/** Scores and relevance [...B, N] of lists, checked in the name of a function. Relevance in the dtype of the scores. */
export function relevanceOf(fn: string, scores: Tensor, relevance: Tensor, mask: Tensor | undefined): Tensor {
  if (mask) dims(fn, { scores, relevance, mask }, '...B N, ...B N, ...B N')
  else dims(fn, { scores, relevance }, '...B N, ...B N')
  checkFloats(fn, { scores })
  return relevance.cast(scores.dtype)
}

/** Pairs of a list's items: whether the first has the greater grade, bool [...B, N, N], and by how much its score is behind. */
export function orderedPairs(scores: Tensor, grades: Tensor): { readonly better: Tensor; readonly behind: Tensor } {
  return {
    better: grades.expandDims(-1).greater(grades.expandDims(-2)),
    behind: scores.expandDims(-2).sub(scores.expandDims(-1)),
  }
}
