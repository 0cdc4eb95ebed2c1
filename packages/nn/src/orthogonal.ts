import {
  arange,
  type DrawOptions,
  eye,
  full,
  type Key,
  matmul,
  normal,
  type Shape,
  ShapeError,
  showShape,
  sizeOf,
  sum,
  type Tensor,
  where,
} from '@wengert/core'

export interface OrthogonalOptions extends DrawOptions {
  /** Factor on the orthogonal matrix, e.g. √2 before relu. @default 1 */
  readonly gain?: number
}

/**
 * Random orthogonal matrix, uniform over all of them (Haar measure): keeps the length of every signal exactly, so it
 * suits deep and recurrent models.
 *
 * The shape counts as the matrix [out, in · ∏ space]. The shorter of its sides is orthonormal: columns where it is
 * taller than wide, rows where it is wider than tall, both where it is square.
 *
 *     Q = H₁ H₂ … Hₙ D,  Hⱼ = I − 2 vⱼ vⱼᵀ
 *
 * Hⱼ reflects a normal vector of the last m − j + 1 axes to its first axis, and D holds signs. This is the Q of a
 * normal matrix's QR decomposition with a positive diagonal of R, without the decomposition.
 *
 * Source: Stewart, The efficient generation of random orthogonal matrices (1980); Mezzadri, How to generate random
 * matrices from the classical compact groups (2007), for the signs; Saxe et al., Exact solutions to the nonlinear
 * dynamics of learning in deep linear neural networks (2014), for its use.
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
  const tall = orthonormalColumns(key, Math.max(rows, columns), Math.min(rows, columns), { dtype })
  return (rows >= columns ? tall : tall.transpose()).mul(gain).reshape(shape)
}

/** The first n columns of a random orthogonal m × m matrix, m ≥ n. */
function orthonormalColumns(key: Key, m: number, n: number, options: DrawOptions): Tensor {
  // Rows beyond n stay zero, and a reflection by zero is the identity: they only bring the number to a power of two.
  const count = 2 ** Math.ceil(Math.log2(n))
  const row = arange(count, { dtype: 'i32' }).expandDims(1)
  const used = arange(m, { dtype: 'i32' }).greaterEqual(row).and(row.less(n))
  const x = where(used, normal(key, [count, m], options), 0)

  const diagonal = eye(count, { columns: m, ...options })
  const lead = sum(x.mul(diagonal), { axis: 1, keepDims: true })
  const sign = where(lead.less(0), full([], -1, options), 1)
  // Reflected to the far end of the axis, so that no digits cancel; D turns it back.
  const v = x.add(diagonal.mul(sign).mul(lengths(x)))
  const length = lengths(v)
  const vectors = v.div(where(length.equal(0), 1, length))

  const columns = vectors.slice([0, 0], [count, n])
  const product = eye(m, { columns: n, ...options }).sub(
    matmul(vectors.transpose(), matmul(triangle(vectors, options), columns)),
  )
  return product.mul(sign.slice([0, 0], [n, 1]).reshape([n]).neg())
}

/** Length of each row, with the axis kept. */
function lengths(x: Tensor): Tensor {
  return sum(x.square(), { axis: 1, keepDims: true }).sqrt()
}

/**
 * The triangular T with H₁ … Hₙ = I − Vᵀ T V, where the rows of V are the unit vectors of the reflections: matrix
 * products do the work of n dependent steps. Two neighbouring blocks of reflections make one of twice the size:
 *
 *     T = [ T₁  −T₁ V₁ V₂ᵀ T₂ ]
 *         [ 0         T₂      ]
 *
 * Source: Schreiber and Van Loan, A storage-efficient WY representation for products of Householder transformations
 * (1989).
 */
function triangle(vectors: Tensor, options: DrawOptions): Tensor {
  const [count, m] = vectors.shape as [number, number]
  const i = arange(2, { dtype: 'i32' }).reshape([2, 1, 1, 1])
  const j = arange(2, { dtype: 'i32' }).reshape([1, 1, 2, 1])
  let t = full([count, 1, 1], 2, options)
  for (let size = 1; size < count; size *= 2) {
    const pairs = count / 2 / size
    const half = (x: Tensor, which: 0 | 1, width: number): Tensor =>
      x
        .reshape([pairs, 2, size, width])
        .slice([0, which, 0, 0], [pairs, which + 1, size, width])
        .reshape([pairs, size, width])
    const overlap = matmul(half(vectors, 0, m), half(vectors, 1, m).transpose())
    const corner = matmul(matmul(half(t, 0, size), overlap), half(t, 1, size)).neg()
    const beside = where(i.less(j), corner.reshape([pairs, 1, size, 1, size]), 0)
    t = where(i.equal(j), t.reshape([pairs, 2, size, 1, size]), beside).reshape([pairs, 2 * size, 2 * size])
  }
  return t.reshape([count, count])
}
