import { concat, fold, type Key, norm, normal, oneHot, randomInt, sum, type Tensor, zeros } from '@wengert/core'

/** Sequences of notes, and a question to each. */
export interface Questions {
  /** Notes [N, L, names + marks]: a name, which is a direction, beside one of the marks. */
  readonly notes: Tensor
  /** [N, 1, names + marks]: the name of one of the notes, blurred, and no mark. */
  readonly asked: Tensor
  /** 1 at the note that is asked for, [N, L, 1]. */
  readonly place: Tensor
  /** The mark of that note, i32 [N]. */
  readonly answers: Tensor
}

/** Numbers of a name. */
export const names = 16
/** Kinds of marks. */
export const marks = 8
const blur = 0.1

/** Draws questions to sequences of a length. */
export function draw(key: Key, count: number, length: number): Questions {
  const all = normal(fold(key, 0), [count, length, names])
  const directions = all.div(norm(all, { axis: -1, keepDims: true }))
  const kinds = randomInt(fold(key, 1), [count, length], { high: marks })
  const chosen = oneHot(randomInt(fold(key, 2), [count], { high: length }), length)
  const place = chosen.expandDims(-1)
  const name = sum(directions.mul(place), { axis: 1 }).add(normal(fold(key, 3), [count, names]).mul(blur))
  return {
    notes: concat([directions, oneHot(kinds, marks)], { axis: -1 }),
    asked: concat([name, zeros([count, marks])], { axis: -1 }).expandDims(1),
    place,
    answers: sum(kinds.mul(chosen.cast('i32')), { axis: 1 }),
  }
}
