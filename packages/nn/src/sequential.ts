import { fold, type Tensor, TreeError } from '@wengert/core'
import type { Activation, Context, Layer, Params } from './layer.ts'

/** The parameters of layers in a row, one entry each. */
export type SequentialParams<L extends readonly unknown[]> = { readonly [I in keyof L]: Params<L[I]> }

/**
 * Layers one after another. A bare function such as `relu` counts as a layer without parameters; its entry in the
 * parameters is an empty list, so entry i always belongs to layer i.
 *
 *     y = fₙ(… f₂(f₁(x)))
 *
 * Each layer gets a key of its own, for its parameters and for its randomness while training.
 * Shapes: those of the layers, each of which takes what the one before returns.
 *
 * @example const model = sequential(dense({ in: 4, out: 8 }), relu, dense({ in: 8, out: 1 }))
 */
export function sequential<L extends readonly (Layer<unknown> | Activation)[]>(
  ...layers: L
): Layer<SequentialParams<L>> {
  return {
    init: (key) =>
      layers.map((layer, i) => (typeof layer === 'function' ? [] : layer.init(fold(key, i)))) as SequentialParams<L>,
    apply(params, x, context) {
      if (!Array.isArray(params) || params.length !== layers.length)
        throw new TreeError(
          `sequential: params must be a list of ${layers.length}, one entry per layer, ` +
            `got ${Array.isArray(params) ? `a list of ${params.length}` : typeof params}. Use those from init(key).`,
        )
      return layers.reduce<Tensor>(
        (y, layer, i) => (typeof layer === 'function' ? layer(y) : layer.apply(params[i], y, contextOf(context, i))),
        x,
      )
    },
  }
}

function contextOf(context: Context | undefined, i: number): Context | undefined {
  return context?.key ? { ...context, key: fold(context.key, i) } : context
}
