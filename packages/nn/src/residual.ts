import { ShapeError, sameShape, showShape } from '@wengert/core'
import type { Layer } from './layer.ts'

/**
 * A layer with its input added to its output. Use it to make deep models trainable: the gradient also flows past the
 * layer.
 *
 *     y = x + f(x)
 *
 * Shapes: x [...S] → [...S]; the layer must keep the shape.
 * Source: He et al., Deep residual learning for image recognition (2016).
 *
 * @example const block = residual(sequential(dense({ in: 8, out: 8 }), relu))
 */
export function residual<P>(layer: Layer<P>): Layer<P> {
  return {
    init: (key) => layer.init(key),
    apply(params, x, context) {
      const y = layer.apply(params, x, context)
      // A layer that returns another shape could still broadcast, and nobody would notice.
      if (!sameShape(y.shape, x.shape))
        throw new ShapeError(
          `residual: layer must keep the shape of x, ${showShape(x.shape)}, got ${showShape(y.shape)}. ` +
            'Let its last layer have as many outputs as x has features.',
        )
      return x.add(y)
    },
  }
}
