import { argMin, cdist, ones, sum, type Tensor, take } from '@wengert/core'
import { hilbertKernelClassifier, infiniteNetworkClassifier } from '@wengert/estimators'
import { dualActivation, type WideDeepName } from '@wengert/nn'
import type { Points } from './sphere.ts'

/** Scores of inputs after examples were seen: the sign is the class. */
export type Rule = (seen: Points, at: Tensor) => Tensor

export interface Deep {
  readonly name: string
  readonly rule: Rule
  /** The rule that it comes to as layers are added. */
  readonly limit: string
  readonly limitRule: Rule
}

/** Infinitely wide networks of three kinds, the last with as many layers as wanted. */
export function deepNetworks(layers: number): readonly [nearest: Deep, hilbert: Deep, majority: Deep] {
  return [
    {
      name: 'hermite:2, 10 layers',
      rule: network('hermite:2', 10, 'nngp'),
      limit: 'nearest neighbour',
      limitRule: ({ x, y }, at) => take(y, argMin(cdist(at, x), { axis: -1 })),
    },
    {
      name: 'opt3d, 40 layers',
      rule: network('opt3d', 40, 'nngp'),
      limit: 'Hilbert kernel',
      limitRule: ({ x, y }, at) => hilbertKernelClassifier(x, y, at, { exponent: 2 }),
    },
    {
      name: `relu, ${layers} layers`,
      rule: network('relu', layers, 'ntk'),
      limit: 'majority vote',
      limitRule: ({ y }, at) => ones([at.shape[0] as number, 1], { dtype: 'f64' }).mul(sum(y)),
    },
  ]
}

function network(activation: WideDeepName, depth: number, kernel: 'nngp' | 'ntk'): Rule {
  const dual = (cosine: Tensor): Tensor => dualActivation(cosine, activation)
  return ({ x, y }, at) => infiniteNetworkClassifier(x, y, at, { dual, depth, kernel })
}
