import {
  type DrawOptions,
  full,
  type Key,
  normal,
  type Shape,
  ShapeError,
  showShape,
  type Tensor,
  uniform,
} from '@wengert/core'

/**
 * How a parameter starts: a function of a key, a shape and options that hold the dtype. Weights have shape [out, in]
 * for dense layers and [out, in, ...space] for convolutions; each position of a kernel counts as an input of its own,
 * so fan in = in · ∏ space and fan out = out · ∏ space.
 */
export type Initializer = (key: Key, shape: Shape, options?: DrawOptions) => Tensor

/**
 * Normal with variance 2 / fan in: keeps the scale of activations through relu layers.
 *
 * Source: He et al., Delving deep into rectifiers (2015).
 */
export const heNormal: Initializer = /* @__PURE__ */ scaledNormal('heNormal', (fanIn) => 2 / fanIn)

/**
 * Uniform with variance 2 / fan in, on ±√(6 / fan in): keeps the scale of activations through relu layers, and no
 * weight is ever far out.
 *
 * Source: He et al., Delving deep into rectifiers (2015).
 */
export const heUniform: Initializer = /* @__PURE__ */ scaledUniform('heUniform', (fanIn) => 2 / fanIn)

/**
 * Normal with variance 2 / (fan in + fan out): for tanh and the like, a compromise between the scale of activations and
 * that of gradients.
 *
 * Source: Glorot and Bengio, Understanding the difficulty of training deep feedforward neural networks (2010).
 */
export const glorotNormal: Initializer = /* @__PURE__ */ scaledNormal(
  'glorotNormal',
  (fanIn, fanOut) => 2 / (fanIn + fanOut),
)

/**
 * Uniform with variance 2 / (fan in + fan out), on ±√(6 / (fan in + fan out)): for tanh and the like.
 *
 * Source: Glorot and Bengio, Understanding the difficulty of training deep feedforward neural networks (2010).
 */
export const glorotUniform: Initializer = /* @__PURE__ */ scaledUniform(
  'glorotUniform',
  (fanIn, fanOut) => 2 / (fanIn + fanOut),
)

/**
 * Normal with variance 1 / fan in: keeps the scale of activations through linear layers, and through selu.
 *
 * Source: LeCun et al., Efficient BackProp (1998).
 */
export const lecunNormal: Initializer = /* @__PURE__ */ scaledNormal('lecunNormal', (fanIn) => 1 / fanIn)

/**
 * Uniform with variance 1 / fan in, on ±√(3 / fan in): keeps the scale of activations through linear layers.
 *
 * Source: LeCun et al., Efficient BackProp (1998).
 */
export const lecunUniform: Initializer = /* @__PURE__ */ scaledUniform('lecunUniform', (fanIn) => 1 / fanIn)

/** Every element the same number; `constant(0)` is how biases start. */
export function constant(value: number): Initializer {
  return (_, shape, options) => full(shape, value, options)
}

type VarianceOfFans = (fanIn: number, fanOut: number) => number

function scaledNormal(name: string, variance: VarianceOfFans): Initializer {
  return (key, shape, options) => normal(key, shape, options).mul(Math.sqrt(variance(...fans(name, shape))))
}

function scaledUniform(name: string, variance: VarianceOfFans): Initializer {
  return (key, shape, options) => {
    const bound = Math.sqrt(3 * variance(...fans(name, shape)))
    return uniform(key, shape, { ...options, low: -bound, high: bound })
  }
}

function fans(name: string, shape: Shape): [fanIn: number, fanOut: number] {
  const [outputs, inputs, ...space] = shape
  if (outputs === undefined || inputs === undefined || shape.includes(0))
    throw new ShapeError(
      `${name}: shape must be [out, in, ...space] with sizes of at least 1, got ${showShape(shape)}. ` +
        'Start vectors such as biases with constant(…).',
    )
  const positions = space.reduce((size, n) => size * n, 1)
  return [inputs * positions, outputs * positions]
}
