import {
  type DrawOptions,
  type Key,
  normal,
  qr,
  type Shape,
  ShapeError,
  showShape,
  sizeOf,
  type Tensor,
} from '@wengert/core'

export interface OrthogonalOptions extends DrawOptions {
  /** Factor on the orthogonal matrix, e.g. √2 before relu. @default 1 */
  readonly gain?: number
}

/**
 * Random orthogonal matrix, uniform over all of them (Haar measure): keeps the length of every signal exactly, so it
 * suits deep and recurrent models. It is the Q of a normal matrix's QR decomposition whose R has no negative diagonal.
 *
 * The shape counts as the matrix [out, in · ∏ space]. The shorter of its sides is orthonormal: columns where it is
 * taller than wide, rows where it is wider than tall, both where it is square.
 *
 * Source: Mezzadri, How to generate random matrices from the classical compact groups (2007), for the signs; Saxe et
 * al., Exact solutions to the nonlinear dynamics of learning in deep linear neural networks (2014), for its use.
 *
 * @example const weight = orthogonal(key(0), [64, 128], { gain: Math.SQRT2 })
 */
export function orthogonal(key: Key, shape: Shape, { gain = 1, dtype = 'f32' }: OrthogonalOptions = {}): Tensor {
  const [rows, ...rest] = shape
  if (rows === undefined || rest.length === 0 || shape.includes(0))
    throw new ShapeError(
      `orthogonal: shape must be [out, in, ...space] with sizes of at least 1, got ${showShape(shape)}. ` +
        'Start vectors such as biases with constant(…).',
    )
  const columns = sizeOf(rest)
  const { q } = qr(normal(key, [Math.max(rows, columns), Math.min(rows, columns)], { dtype }))
  return (rows >= columns ? q : q.transpose()).mul(gain).reshape(shape)
}
