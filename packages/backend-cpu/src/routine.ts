import { type Program, type Routine, type RoutineKernel, sizeOf } from '@wengert/core'
import type { CpuBuffer } from './cpu.ts'

/** Writes the result for one matrix. The inputs are copies, row-major, to be used up; m × n is the shape of the last. */
type Algorithm = (
  out: Float64Array,
  inputs: readonly Float64Array[],
  m: number,
  n: number,
  attrs: readonly number[],
) => void

/** Matrix algorithms, one matrix at a time. All is computed in f64 and rounded to the dtype at the end. */
export function prepareRoutine({ routine, shape, inputs, attrs }: RoutineKernel): Program<CpuBuffer> {
  const batch = sizeOf(shape.slice(0, -2))
  const result = new Float64Array(sizeOf(shape.slice(-2)))
  const matrices = inputs.map((input) => new Float64Array(sizeOf(input.shape.slice(-2))))
  const [m = 0, n = 0] = inputs.at(-1)?.shape.slice(-2) ?? []
  const compute = algorithms[routine]
  const run: Program<CpuBuffer>['run'] = (buffers, _, [output]) => {
    for (let b = 0; b < batch; b++) {
      matrices.forEach((matrix, i) => {
        const { data } = buffers[i] as CpuBuffer
        for (let k = 0, from = b * matrix.length; k < matrix.length; k++) matrix[k] = data[from + k] as number
      })
      compute(result, matrices, m, n, attrs)
      output?.data.set(result, b * result.length)
    }
  }
  return { run }
}

/** Row by row: L[i, j] = (A[i, j] − Σ_{k<j} L[i, k] L[j, k]) / L[j, j]. */
const cholesky: Algorithm = (l, [a], n) => {
  const x = a as Float64Array
  l.fill(0)
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let rest = x[i * n + j] as number
      for (let k = 0; k < j; k++) rest -= (l[i * n + k] as number) * (l[j * n + k] as number)
      if (j < i) l[i * n + j] = rest / (l[j * n + j] as number)
      else if (rest > 0 && rest < Number.POSITIVE_INFINITY) l[i * n + i] = Math.sqrt(rest)
      else {
        l.fill(Number.NaN)
        return
      }
    }
  }
}

/** Substitution: each row of X is that of B without the rows found before, divided by the diagonal. */
const triangularSolve: Algorithm = (x, [a, b], n, width, [lower, transposed, unit]) => {
  const matrix = a as Float64Array
  x.set(b as Float64Array)
  const row = transposed ? 1 : n
  const column = transposed ? n : 1
  const forward = lower !== transposed
  for (let step = 0; step < n; step++) {
    const i = forward ? step : n - 1 - step
    for (let before = 0; before < step; before++) {
      const k = forward ? before : n - 1 - before
      const factor = matrix[i * row + k * column] as number
      for (let c = 0; c < width; c++)
        x[i * width + c] = (x[i * width + c] as number) - factor * (x[k * width + c] as number)
    }
    if (unit) continue
    const pivot = matrix[i * n + i] as number
    if (pivot === 0) {
      x.fill(Number.NaN)
      return
    }
    for (let c = 0; c < width; c++) x[i * width + c] = (x[i * width + c] as number) / pivot
  }
}

/** Gaussian elimination; the largest element left in a column becomes the pivot. A column of zeros is passed over. */
const lu: Algorithm = (out, [a], n) => {
  const x = a as Float64Array
  const width = n + 1
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) out[i * width + j] = x[i * n + j] as number
    out[i * width + n] = i
  }
  for (let k = 0; k < n; k++) {
    let best = k
    for (let i = k + 1; i < n; i++)
      if (Math.abs(out[i * width + k] as number) > Math.abs(out[best * width + k] as number)) best = i
    if (best !== k)
      for (let j = 0; j < width; j++) {
        const held = out[k * width + j] as number
        out[k * width + j] = out[best * width + j] as number
        out[best * width + j] = held
      }
    const pivot = out[k * width + k] as number
    if (pivot === 0) continue
    for (let i = k + 1; i < n; i++) {
      const factor = (out[i * width + k] as number) / pivot
      out[i * width + k] = factor
      for (let j = k + 1; j < n; j++)
        out[i * width + j] = (out[i * width + j] as number) - factor * (out[k * width + j] as number)
    }
  }
}

/** Householder reflections H₁ … Hₙ bring A to R; applied to the identity in reverse order they make Q. */
const qr: Algorithm = (q, [a], m, n) => {
  const x = a as Float64Array
  const scales = new Float64Array(n)
  const signs = new Float64Array(n)
  for (let j = 0; j < n; j++) {
    let squares = 0
    for (let i = j; i < m; i++) squares += (x[i * n + j] as number) ** 2
    const top = x[j * n + j] as number
    // Reflected to the far end of the axis, so that no digits cancel; the sign of the column turns it back.
    signs[j] = top > 0 ? -1 : 1
    x[j * n + j] = top - (signs[j] as number) * Math.sqrt(squares)
    const length = 2 * (squares + Math.abs(top) * Math.sqrt(squares))
    scales[j] = length === 0 ? 0 : 2 / length
    for (let c = j + 1; c < n; c++) reflect(x, c, x, j, scales[j] as number, m, n)
  }
  q.fill(0)
  for (let c = 0; c < n; c++) q[c * n + c] = signs[c] as number
  for (let j = n - 1; j >= 0; j--) for (let c = j; c < n; c++) reflect(q, c, x, j, scales[j] as number, m, n)
}

/** Column c of `into` ← itself − scale · v vᵀ itself, where v is column j of `from`, from the diagonal down. */
function reflect(
  into: Float64Array,
  c: number,
  from: Float64Array,
  j: number,
  scale: number,
  m: number,
  n: number,
): void {
  let dot = 0
  for (let i = j; i < m; i++) dot += (from[i * n + j] as number) * (into[i * n + c] as number)
  for (let i = j; i < m; i++) into[i * n + c] = (into[i * n + c] as number) - scale * dot * (from[i * n + j] as number)
}

/** A symmetric matrix becomes tridiagonal by reflections, then diagonal by rotations; both together make its vectors. */
const eigh: Algorithm = (out, [a], n) => {
  const x = a as Float64Array
  if (!x.every(Number.isFinite)) {
    out.fill(Number.NaN)
    return
  }
  const beside = new Float64Array(n)
  const scales = tridiagonalise(x, beside, n)
  const values = Float64Array.from({ length: n }, (_, i) => x[i * n + i] as number)
  const vectors = reflections(x, scales, n)
  diagonalise(values, beside, vectors, n)
  const order = Array.from(values.keys()).sort((i, j) => (values[i] as number) - (values[j] as number))
  order.forEach((from, column) => {
    out[column] = values[from] as number
    const vector = vectors.subarray(from * n, from * n + n)
    const half = vector.reduce((most, v) => Math.max(most, Math.abs(v)), 0) / 2
    const sign = (vector.find((v) => Math.abs(v) >= half) as number) < 0 ? -1 : 1
    for (let i = 0; i < n; i++) out[(i + 1) * n + column] = sign * (vector[i] as number)
  })
}

/**
 * A ← H A H for one reflection H = I − scale v vᵀ after another, which leaves of each row only the elements on and beside the
 * diagonal. The latter go to `beside`; row k of A keeps v, from position k + 1 on. Returns the scales.
 */
function tridiagonalise(x: Float64Array, beside: Float64Array, n: number): Float64Array {
  const scales = new Float64Array(n)
  const w = new Float64Array(n)
  for (let k = 0; k < n - 1; k++) {
    const v = x.subarray(k * n, k * n + n)
    let squares = 0
    for (let i = k + 1; i < n; i++) squares += (v[i] as number) ** 2
    const top = v[k + 1] as number
    const norm = Math.sqrt(squares)
    beside[k] = top > 0 ? -norm : norm
    v[k + 1] = top - (beside[k] as number)
    const length = 2 * (squares + Math.abs(top) * norm)
    if (length === 0) continue
    const scale = 2 / length
    scales[k] = scale
    // With w = scale A v − ½ scale² (vᵀ A v) v, the product H A H is A − v wᵀ − w vᵀ.
    let dot = 0
    for (let i = k + 1; i < n; i++) {
      let sum = 0
      for (let j = k + 1; j < n; j++) sum += (x[i * n + j] as number) * (v[j] as number)
      w[i] = scale * sum
      dot += (w[i] as number) * (v[i] as number)
    }
    for (let i = k + 1; i < n; i++) w[i] = (w[i] as number) - 0.5 * scale * dot * (v[i] as number)
    for (let i = k + 1; i < n; i++) {
      const [vi, wi] = [v[i] as number, w[i] as number]
      for (let j = k + 1; j < n; j++)
        x[i * n + j] = (x[i * n + j] as number) - vi * (w[j] as number) - wi * (v[j] as number)
    }
  }
  return scales
}

/** The transposed product of the reflections that `tridiagonalise` left in the rows of x. */
function reflections(x: Float64Array, scales: Float64Array, n: number): Float64Array {
  const product = new Float64Array(n * n)
  for (let i = 0; i < n; i++) product[i * n + i] = 1
  for (let k = n - 2; k >= 0; k--)
    for (let i = k + 1; i < n; i++) {
      let dot = 0
      for (let j = k + 1; j < n; j++) dot += (product[i * n + j] as number) * (x[k * n + j] as number)
      dot *= scales[k] as number
      for (let j = k + 1; j < n; j++)
        product[i * n + j] = (product[i * n + j] as number) - dot * (x[k * n + j] as number)
    }
  return product
}

/** Steps for one eigenvalue; two or three are the rule. */
const maxSteps = 64

/**
 * Implicit QL iteration: rotations bring the elements beside the diagonal to 0, from the first on. The rows of `vectors`
 * turn with them. Source: Bowdler, Martin, Reinsch and Wilkinson, The QR and QL algorithms for symmetric matrices (1968).
 */
function diagonalise(d: Float64Array, e: Float64Array, vectors: Float64Array, n: number): void {
  for (let first = 0; first < n; first++)
    for (let step = 0; step < maxSteps; step++) {
      // Up to the next element beside the diagonal that is 0 in comparison.
      let last = first
      while (last < n - 1) {
        const size = Math.abs(d[last] as number) + Math.abs(d[last + 1] as number)
        if (Math.abs(e[last] as number) <= Number.EPSILON * size) break
        last++
      }
      if (last === first) break
      // Wilkinson's shift: the eigenvalue of the first 2 × 2 block that is nearer to its corner.
      const half = ((d[first + 1] as number) - (d[first] as number)) / (2 * (e[first] as number))
      const root = Math.hypot(half, 1)
      let g = (d[last] as number) - (d[first] as number) + (e[first] as number) / (half + (half < 0 ? -root : root))
      let [sine, cosine, shift] = [1, 1, 0]
      let i = last - 1
      for (; i >= first; i--) {
        const f = sine * (e[i] as number)
        const b = cosine * (e[i] as number)
        const r = Math.hypot(f, g)
        e[i + 1] = r
        if (r === 0) {
          d[i + 1] = (d[i + 1] as number) - shift
          break
        }
        sine = f / r
        cosine = g / r
        g = (d[i + 1] as number) - shift
        const turn = ((d[i] as number) - g) * sine + 2 * cosine * b
        shift = sine * turn
        d[i + 1] = g + shift
        g = cosine * turn - b
        rotateRows(vectors, i, sine, cosine, n)
      }
      e[last] = 0
      if (i >= first) continue
      d[first] = (d[first] as number) - shift
      e[first] = g
    }
}

/** Rotates rows i and i + 1. */
function rotateRows(x: Float64Array, i: number, sine: number, cosine: number, n: number): void {
  for (let k = i * n; k < (i + 1) * n; k++) {
    const [upper, lower] = [x[k] as number, x[k + n] as number]
    x[k] = cosine * upper - sine * lower
    x[k + n] = sine * upper + cosine * lower
  }
}

const algorithms: Readonly<Record<Routine, Algorithm>> = { cholesky, triangularSolve, lu, qr, eigh }
