/** So small that its square is 0 beside any number, so that nothing but the first derivative is left. */
const step = 2 ** -700

/**
 * The gradient of an analytic function to all digits, by a step into the complex plane: ∂f/∂xᵢ = Im f(x + i h eᵢ) / h. As no
 * numbers are subtracted, h may be so small that nothing of a higher order is left.
 *
 * `imaginary` is the imaginary part of f at re + i im. f must be made of analytic functions: |x|, the maximum and comparisons
 * with complex numbers are none.
 *
 * Source: Squire and Trapp, Using complex variables to estimate derivatives of real functions (1998).
 *
 * @example
 * const imaginary = ([a = 0], [b = 0]) => Math.exp(a) * Math.sin(b) // of eˣ
 * complexStep(imaginary, [0])[0] // 1
 */
export function complexStep(
  imaginary: (re: Float64Array, im: Float64Array) => number,
  x: ArrayLike<number>,
): Float64Array {
  return Float64Array.from(x, (_, i) => {
    const im = new Float64Array(x.length)
    im[i] = step
    return imaginary(Float64Array.from(x), im) / step
  })
}
