import { relu } from '@wengert/core'
import { dense, type Params, sequential } from '@wengert/nn'
import type { Prepared } from './prepare.ts'

/** Units of the hidden layer. */
export const hidden = 128

/** The network: pixels in, one logit per class out. */
export function network({ height, width, classes }: Pick<Prepared, 'height' | 'width' | 'classes'>) {
  return sequential(dense({ in: height * width, out: hidden }), relu, dense({ in: hidden, out: classes }))
}

export type Network = ReturnType<typeof network>

/** What the network learns. */
export type NetworkParams = Params<Network>
