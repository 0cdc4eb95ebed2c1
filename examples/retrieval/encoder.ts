import { type Key, matmul, maximum, norm, normal, split, sum, type Tensor, take } from '@wengert/core'
import { dense, type Params } from '@wengert/nn'
import { rows } from './words.ts'

const width = 64
const tower = dense({ in: width, out: width })

export interface EncoderParams {
  readonly words: Tensor
  readonly ask: Params<typeof tower>
  readonly find: Params<typeof tower>
}

/** Two encoders with word vectors in common: one of what is asked, one of what is found. */
export const dualEncoder = {
  init: (key: Key): EncoderParams => {
    const [table, ask, find] = split(key, 3) as [Key, Key, Key]
    return { words: normal(table, [rows, width]).mul(0.1), ask: tower.init(ask), find: tower.init(find) }
  },
  /** Unit vectors [texts, width] of texts given by their words. */
  ask: (params: EncoderParams, ids: Tensor): Tensor => unit(tower.apply(params.ask, bag(params.words, ids))),
  find: (params: EncoderParams, ids: Tensor): Tensor => unit(tower.apply(params.find, bag(params.words, ids))),
}

/** Cosines of all asked with all found. */
export function cosines(asked: Tensor, found: Tensor): Tensor {
  return matmul(asked, found.transpose())
}

/** The mean vector of the words of each text. */
function bag(words: Tensor, ids: Tensor): Tensor {
  const isWord = ids.greater(0).cast('f32').expandDims(-1)
  return sum(take(words, ids).mul(isWord), { axis: 1 }).div(maximum(sum(isWord, { axis: 1 }), 1))
}

function unit(x: Tensor): Tensor {
  return x.div(maximum(norm(x, { axis: -1, keepDims: true }), 1e-6))
}
