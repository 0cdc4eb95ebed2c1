import { argSort, checkCount, checkOption, dims, sum, type Tensor, takeAlong } from '@wengert/core'
import { checkTensors } from '../check.ts'

/** Checks scores [...B, N] and relevances [...B, N]; a bool or a number greater than 0 is relevant. */
export function checkRanking(fn: string, scores: Tensor, relevance: Tensor): void {
  checkTensors(fn, { scores, relevance })
  const { N } = dims(fn, { scores, relevance }, '...B N, ...B N')
  checkCount(fn, 'number of candidates', N as number, 1)
}

/** Checks how many candidates from the top count. */
export function checkTop(fn: string, k: number, N: number): void {
  checkOption(fn, 'k', k, Number.isSafeInteger(k) && k >= 1 && k <= N, `an integer from 1 to ${N}`)
}

/** Relevances in the order of falling scores; equal scores in the order given. */
export function ranked(scores: Tensor, relevance: Tensor): Tensor {
  return takeAlong(relevance, argSort(scores, { descending: true }))
}

/** Whether candidates are relevant, as 0 and 1 in f32. */
export function relevant(relevance: Tensor): Tensor {
  return (relevance.dtype === 'bool' ? relevance : relevance.greater(0)).cast('f32')
}

/** The first k along the last axis. */
export function top(x: Tensor, k: number): Tensor {
  return x.slice(
    x.shape.map(() => 0),
    [...x.shape.slice(0, -1), k],
  )
}

/** How many of the k greatest scores are relevant, [...B]. */
export function hitsAtK(fn: string, scores: Tensor, relevance: Tensor, k: number): Tensor {
  checkRanking(fn, scores, relevance)
  checkTop(fn, k, scores.shape.at(-1) as number)
  return sum(top(ranked(scores, relevant(relevance)), k), { axis: -1 })
}
