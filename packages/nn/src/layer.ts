import type { Key, Tensor } from '@wengert/core'

/** What a model is told beside its input. Layers that compose others hand it on. */
export interface Context {
  /** Source of randomness, given while training. Without one, layers such as dropout are the identity. */
  readonly key?: Key
}

/**
 * A layer is a pair of pure functions: one makes parameters, the other uses them. It holds no parameters itself, so the
 * same layer may be applied with any number of parameter trees.
 *
 * `P` is the tree of its parameters: nested arrays and plain objects of tensors.
 */
export interface Layer<P> {
  /** Parameters to start from; the same key gives the same ones. */
  init(key: Key): P
  /** The output for an input. Leading axes of x are batch axes. */
  apply(params: P, x: Tensor, context?: Context): Tensor
}

/** A function of one tensor, such as `relu`: a layer without parameters. */
export type Activation = (x: Tensor) => Tensor

/** The type of a layer's parameter tree, as in `Params<typeof model>`; an empty tree for a bare function. */
export type Params<L> = L extends Layer<infer P> ? P : readonly []
