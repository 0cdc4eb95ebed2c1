/** A matrix algorithm in WGSL: works on `out` from `base` on, for matrix number `matrix`, and may return early. */
export interface AlgorithmCode {
  readonly code: string
  /** Invocations for each matrix, told apart by `column`. @default 1 */
  readonly threads?: number
  /** Elements that a matrix needs where its result, which comes first, does not do. */
  readonly workspace?: number
}

/** m × n is the shape of the last input. */
export type Algorithm = (m: number, n: number, attrs: readonly number[]) => AlgorithmCode

/** Row by row: L[i, j] = (A[i, j] − Σ_{k<j} L[i, k] L[j, k]) / L[j, j]. */
export const cholesky: Algorithm = (n) => ({
  code: `
for (var e = 0u; e < ${n * n}u; e++) { out[base + e] = 0f; }
for (var r = 0u; r < ${n}u; r++) {
  for (var c = 0u; c <= r; c++) {
    var rest = a0[base + r * ${n}u + c];
    for (var k = 0u; k < c; k++) { rest -= out[base + r * ${n}u + k] * out[base + c * ${n}u + k]; }
    if (c < r) {
      out[base + r * ${n}u + c] = rest / out[base + c * ${n}u + c];
    } else if (rest > 0f && isFiniteF32(rest)) {
      out[base + r * ${n}u + r] = sqrt(rest);
    } else {
      for (var e = 0u; e < ${n * n}u; e++) { out[base + e] = nan(); }
      return;
    }
  }
}`,
})

/** Substitution, each column of the right-hand side by itself. */
export const triangularSolve: Algorithm = (n, width, [lower, transposed, unit]) => {
  const place = transposed ? `k * ${n}u + r` : `r * ${n}u + k`
  const nth = (step: string): string => (lower !== transposed ? step : `${n - 1}u - ${step}`)
  return {
    threads: width,
    code: `
let start = matrix * ${n * n}u;
${
  unit
    ? ''
    : `for (var r = 0u; r < ${n}u; r++) {
  if (a0[start + r * ${n + 1}u] == 0f) {
    for (var e = 0u; e < ${n}u; e++) { out[base + e * ${width}u + column] = nan(); }
    return;
  }
}`
}
for (var step = 0u; step < ${n}u; step++) {
  let r = ${nth('step')};
  var rest = a1[base + r * ${width}u + column];
  for (var before = 0u; before < step; before++) {
    let k = ${nth('before')};
    rest -= a0[start + ${place}] * out[base + k * ${width}u + column];
  }
  out[base + r * ${width}u + column] = rest${unit ? '' : ` / a0[start + r * ${n + 1}u]`};
}`,
  }
}

/** Gaussian elimination; the largest element left in a column becomes the pivot. A column of zeros is passed over. */
export const lu: Algorithm = (n) => {
  const width = n + 1
  return {
    code: `
for (var r = 0u; r < ${n}u; r++) {
  for (var c = 0u; c < ${n}u; c++) { out[base + r * ${width}u + c] = a0[matrix * ${n * n}u + r * ${n}u + c]; }
  out[base + r * ${width}u + ${n}u] = f32(r);
}
for (var k = 0u; k < ${n}u; k++) {
  var best = k;
  for (var r = k + 1u; r < ${n}u; r++) {
    if (abs(out[base + r * ${width}u + k]) > abs(out[base + best * ${width}u + k])) { best = r; }
  }
  if (best != k) {
    for (var c = 0u; c < ${width}u; c++) {
      let held = out[base + k * ${width}u + c];
      out[base + k * ${width}u + c] = out[base + best * ${width}u + c];
      out[base + best * ${width}u + c] = held;
    }
  }
  let pivot = out[base + k * ${width}u + k];
  if (pivot != 0f) {
    for (var r = k + 1u; r < ${n}u; r++) {
      let factor = out[base + r * ${width}u + k] / pivot;
      out[base + r * ${width}u + k] = factor;
      for (var c = k + 1u; c < ${n}u; c++) {
        out[base + r * ${width}u + c] -= factor * out[base + k * ${width}u + c];
      }
    }
  }
}`,
  }
}

/** Householder reflections bring A to R; applied to the identity in reverse order they make Q. Workspace: Q, A, scales, signs. */
export const qr: Algorithm = (m, n) => {
  const size = m * n
  /** Column c of the matrix at `into` ← itself − scale · v vᵀ itself, where v is column j of A, from the diagonal down. */
  const reflect = (into: string, c: string): string => `
    var dot = 0f;
    for (var r = j; r < ${m}u; r++) { dot += out[x + r * ${n}u + j] * out[${into} + r * ${n}u + ${c}]; }
    dot *= out[scales + j];
    for (var r = j; r < ${m}u; r++) { out[${into} + r * ${n}u + ${c}] -= dot * out[x + r * ${n}u + j]; }`
  return {
    workspace: 2 * size + 2 * n,
    code: `
let x = base + ${size}u;
let scales = x + ${size}u;
let signs = scales + ${n}u;
for (var e = 0u; e < ${size}u; e++) { out[x + e] = a0[matrix * ${size}u + e]; out[base + e] = 0f; }
for (var j = 0u; j < ${n}u; j++) {
  var squares = 0f;
  for (var r = j; r < ${m}u; r++) { squares += out[x + r * ${n}u + j] * out[x + r * ${n}u + j]; }
  let top = out[x + j * ${n}u + j];
  let sign = select(1f, -1f, top > 0f);
  let norm = sqrt(squares);
  out[signs + j] = sign;
  out[x + j * ${n}u + j] = top - sign * norm;
  let length = 2f * (squares + abs(top) * norm);
  out[scales + j] = select(2f / length, 0f, length == 0f);
  for (var c = j + 1u; c < ${n}u; c++) {${reflect('x', 'c')}
  }
}
for (var c = 0u; c < ${n}u; c++) { out[base + c * ${n}u + c] = out[signs + c]; }
for (var back = 1u; back <= ${n}u; back++) {
  let j = ${n}u - back;
  for (var c = j; c < ${n}u; c++) {${reflect('base', 'c')}
  }
}`,
  }
}

/** Sweeps over all pairs of rows; six to eight are the rule for f32. */
const maxSweeps = 24

/**
 * Jacobi's method: rotations of rows and columns p and q bring the element between them to 0, pair after pair, until those beside
 * the diagonal are nothing beside it. Workspace: the packed result, A, eigenvectors as rows. Source: Golub and Van
 * Loan, Matrix computations, section 8.5.
 */
export const eigh: Algorithm = (n) => {
  const size = n * n
  const rotate = (first: string, second: string): string => `{
        let u = out[${first}];
        let v = out[${second}];
        out[${first}] = cosine * u - sine * v;
        out[${second}] = sine * u + cosine * v;
      }`
  return {
    workspace: size + n + 2 * size,
    code: `
let x = base + ${size + n}u;
let vectors = x + ${size}u;
var finite = true;
for (var e = 0u; e < ${size}u; e++) {
  let value = a0[matrix * ${size}u + e];
  finite = finite && isFiniteF32(value);
  out[x + e] = value;
  out[vectors + e] = select(0f, 1f, e % ${n + 1}u == 0u);
}
if (!finite) {
  for (var e = 0u; e < ${size + n}u; e++) { out[base + e] = nan(); }
  return;
}
for (var sweep = 0u; sweep < ${maxSweeps}u; sweep++) {
  var beside = 0f;
  var whole = 0f;
  for (var r = 0u; r < ${n}u; r++) {
    for (var c = 0u; c < ${n}u; c++) {
      let square = out[x + r * ${n}u + c] * out[x + r * ${n}u + c];
      whole += square;
      beside += select(square, 0f, r == c);
    }
  }
  if (beside <= whole * 1e-16f) { break; }
  for (var p = 0u; p + 1u < ${n}u; p++) {
    for (var q = p + 1u; q < ${n}u; q++) {
      let between = out[x + p * ${n}u + q];
      if (between == 0f) { continue; }
      let half = (out[x + q * ${n}u + q] - out[x + p * ${n}u + p]) / (2f * between);
      // The smaller root of t² + 2 half t − 1; where half² would overflow it is 1 / (2 half).
      let large = abs(half) > 1e15f;
      let safe = select(half, 0f, large);
      let root = select(1f, -1f, half < 0f) / (abs(safe) + sqrt(safe * safe + 1f));
      let tangent = select(root, 0.5f / half, large);
      let cosine = 1f / sqrt(tangent * tangent + 1f);
      let sine = tangent * cosine;
      for (var k = 0u; k < ${n}u; k++) ${rotate(`x + k * ${n}u + p`, `x + k * ${n}u + q`)}
      for (var k = 0u; k < ${n}u; k++) ${rotate(`x + p * ${n}u + k`, `x + q * ${n}u + k`)}
      for (var k = 0u; k < ${n}u; k++) ${rotate(`vectors + p * ${n}u + k`, `vectors + q * ${n}u + k`)}
    }
  }
}
for (var vector = 0u; vector < ${n}u; vector++) {
  let value = out[x + vector * ${n + 1}u];
  var place = 0u;
  var most = 0f;
  for (var k = 0u; k < ${n}u; k++) {
    let other = out[x + k * ${n + 1}u];
    if (other < value || (other == value && k < vector)) { place++; }
    most = max(most, abs(out[vectors + vector * ${n}u + k]));
  }
  var sign = 1f;
  for (var k = 0u; k < ${n}u; k++) {
    let component = out[vectors + vector * ${n}u + k];
    if (abs(component) >= most / 2f) { sign = select(1f, -1f, component < 0f); break; }
  }
  out[base + place] = value;
  for (var k = 0u; k < ${n}u; k++) { out[base + (k + 1u) * ${n}u + place] = sign * out[vectors + vector * ${n}u + k]; }
}`,
  }
}
