import { checkOption, customVjp, dims, matmul, sign, stopGradient, sum, type Tensor, where } from '@wengert/core'
import { checkFloats } from '../check.ts'

/**
 * Dot products of all rows of x with all rows of y. Use it as a similarity where lengths count too; cosineLogits is that of
 * angles alone.
 *
 *     sᵢⱼ = xᵢ · yⱼ
 *
 * Shapes: x [M, D], y [N, D] → [M, N].
 * Gradient: the other vectors, weighted.
 * Source: textbook linear algebra.
 *
 * @example dotProduct(tensor([[1, 2]]), tensor([[3, 4], [5, 6]])).dataSync() // 11, 17
 */
export function dotProduct(x: Tensor, y: Tensor): Tensor {
  checkRows('dotProduct', x, y)
  return matmul(x, y.transpose())
}

/**
 * Squared Euclidean distances of all rows of x to all rows of y, in the time and memory of a matrix product. Use it where batches
 * are large; differences of their own, as cdist of core forms them, keep more digits and take D times the memory.
 *
 *     dᵢⱼ = ‖xᵢ‖² + ‖yⱼ‖² − 2 xᵢ · yⱼ,   of x and y less the mean of y
 *
 * What is at most 2⁻²¹ (‖xᵢ‖² + ‖yⱼ‖²) in f32, or 2⁻⁵⁰ of it in f64, is rounding, and counts as 0: vectors of length 1 that are nearer
 * than 1e-3, or 4e-8, are as if equal.
 *
 * Shapes: x [M, D], y [N, D] → [M, N].
 * Gradient: 2 (xᵢ − yⱼ); 0 where they are equal.
 * Source: textbook linear algebra.
 *
 * @example squaredDistance(tensor([[1, 2]]), tensor([[1, 2], [4, 6]])).dataSync() // 0, 25
 */
export function squaredDistance(x: Tensor, y: Tensor): Tensor {
  checkRows('squaredDistance', x, y)
  // Distances are those of any origin, and digits are lost with the distance from it.
  const centre = stopGradient(sum(y, { axis: 0 }).div(Math.max(1, y.shape[0] as number)))
  const [a, b] = [x.sub(centre), y.sub(centre)]
  const lengths = sum(a.square(), { axis: 1 })
    .expandDims(1)
    .add(sum(b.square(), { axis: 1 }))
  const squares = lengths.sub(dotProduct(a, b).mul(2))
  return where(squares.lessEqual(lengths.mul(x.dtype === 'f64' ? 2 ** -50 : 2 ** -21)), 0, squares)
}

export interface LpDistanceOptions {
  /** From 1 on, finite. @default 2 */
  readonly p?: number
}

/**
 * Distances of all rows of x to all rows of y by a p-norm, in no more memory than they take themselves. Use it with p = 1 for
 * distances that sum over features; with p = 2 it is the root of squaredDistance, with its digits.
 *
 *     dᵢⱼ = (Σₖ |xᵢₖ − yⱼₖ|ᵖ)^(1/p)
 *
 * The powers must not overflow.
 *
 * Shapes: x [M, D], y [N, D] → [M, N].
 * Gradient: of length 1 by the dual norm; 0 where the rows are equal, and along features that are.
 * Source: textbook analysis.
 *
 * @example lpDistance(tensor([[1, 2]]), tensor([[1, 2], [4, 6]]), { p: 1 }).dataSync() // 0, 7
 */
export function lpDistance(x: Tensor, y: Tensor, { p = 2 }: LpDistanceOptions = {}): Tensor {
  checkRows('lpDistance', x, y)
  checkOption('lpDistance', 'p', p, p >= 1 && Number.isFinite(p), 'finite and at least 1')
  return p === 2 ? euclideanDistance(x, y) : minkowskiDistance(x, y, p)
}

/** lpDistance with p = 2. */
export function euclideanDistance(x: Tensor, y: Tensor): Tensor {
  const squares = squaredDistance(x, y)
  return where(squares.equal(0), 0, squares.sqrt())
}

function minkowskiDistance(x: Tensor, y: Tensor, p: number): Tensor {
  const difference = (a: Tensor, b: Tensor): Tensor => a.expandDims(1).sub(b.expandDims(0))
  // For memory: each kernel forms the M · N · D differences anew, so that none are stored.
  return customVjp(
    (a: Tensor, b: Tensor) => {
      const total = sum(difference(a, b).abs().pow(p), { axis: 2 })
      return where(total.equal(0), 0, total.pow(1 / p))
    },
    (g, d, a, b) => {
      const weights = where(d.equal(0), 0, g.mul(where(d.equal(0), 1, d).pow(1 - p))).expandDims(2)
      const slopes = (): Tensor =>
        weights
          .mul(
            difference(a, b)
              .abs()
              .pow(p - 1),
          )
          .mul(sign(difference(a, b)))
      return [sum(slopes(), { axis: 1 }), sum(slopes(), { axis: 0 }).neg()]
    },
  )(x, y)
}

function checkRows(fn: string, x: Tensor, y: Tensor): void {
  dims(fn, { x, y }, 'M D, N D')
  checkFloats(fn, { x, y })
}
