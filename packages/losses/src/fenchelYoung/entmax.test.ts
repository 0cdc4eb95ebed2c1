import { fc, test } from '@fast-check/vitest'
import { grad, jacobian, softmax, sum, type Tensor, tensor, zeros } from '@wengert/core'
import { checkGradients, laws, logits, tensors } from '@wengert/gradcheck'
import { describeErrors, expectClose, runs, value, values } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { entmax } from './entmax.ts'

const f64 = (...data: number[]): Tensor => tensor(data, { dtype: 'f64' })
const alphas = fc.constantFrom(1.1, 1.25, 1.5, 1.7, 2, 2.5, 4)
const anyAlphas = fc.oneof(alphas, fc.constantFrom(0.5, 1, 1 + 1e-9))
const row = fc.integer({ min: 1, max: 6 }).chain((K) => tensors([K], { min: -3, max: 3 }))
const rows = fc.integer({ min: 1, max: 6 }).chain((K) => logits([3, K]))
/** Away from where an element leaves the support. */
const smooth = fc.tuple(row, alphas).filter(([x, alpha]) => plainEntmax(values(x), alpha).margin > 1 / 64)

describe('entmax', () => {
  test.prop([row, alphas])('agrees with plain bisection', (x, alpha) => {
    expectClose(entmax(x, { alpha }), f64(...plainEntmax(values(x), alpha).probs), alpha > 2 ? 1e-6 : 1e-11)
  })

  test.prop([rows, anyAlphas], runs(0.5))('gives probabilities', (x, alpha) => {
    const p = entmax(x, { alpha })
    laws.bounded(() => p, { min: 0, max: 1, tolerance: 1e-14 })()
    expectClose(sum(p, { axis: -1 }), 1, 1e-13)
  })

  test.prop([rows, anyAlphas], runs(0.5))('does not change when a row is shifted', (x, alpha) => {
    laws.shiftInvariant((z: Tensor) => entmax(z, { alpha }), { by: 4, tolerance: 1e-9 })(x)
  })

  test.prop([rows, anyAlphas], runs(0.5))('keeps the order of the elements, and does not depend on it', (x, alpha) => {
    laws.permutationEquivariant((z: Tensor) => entmax(z, { alpha }), { axis: 1, tolerance: 1e-9 })(x)
    const [xs, ps] = [x, entmax(x, { alpha })].map((t) => values(t).slice(0, x.shape[1])) as [number[], number[]]
    xs.forEach((a, i) => {
      xs.forEach((b, j) => {
        if (a >= b) expect(ps[i]).toBeGreaterThanOrEqual((ps[j] as number) - 1e-15)
      })
    })
  })

  test.prop([row, fc.nat()])('is for alpha 2 the nearest point of the simplex', (x, seed) => {
    const p = entmax(x, { alpha: 2 })
    const K = x.shape[0] as number
    // No corner of the simplex lies in the direction of x from p: ⟨x − p, corner − p⟩ ≤ 0.
    const corner = f64(...Array.from({ length: K }, (_, k) => Number(k === seed % K)))
    expect(value(sum(x.sub(p).mul(corner.sub(p))))).toBeLessThanOrEqual(1e-12)
  })

  test.prop([row], runs(0.5))('tends to softmax as alpha tends to 1, from both sides', (x) => {
    for (const side of [1, -1])
      laws.tendsTo(
        (d) => (z: Tensor) => entmax(z, { alpha: 1 + side * d }),
        (z: Tensor) => softmax(z),
        {
          along: [1e-2, 1e-5, 1e-10],
          tolerance: 1e-8,
        },
      )(x)
  })

  test.prop([smooth], runs(0.25))('can be differentiated twice for each alpha', ([x, alpha]) => {
    checkGradients((z: Tensor) => entmax(z, { alpha }), [x])
  })

  test.prop([smooth], runs(0.5))(
    'has the Jacobian diag(s) − s sᵀ / Σ s with s = p^(2 − α) on the support',
    ([x, alpha]) => {
      const p = values(entmax(x, { alpha }))
      const s = p.map((q) => (q > 0 ? q ** (2 - alpha) : 0))
      const total = s.reduce((a, b) => a + b)
      const wanted = s.flatMap((a, i) => s.map((b, j) => (i === j ? a : 0) - (a * b) / total))
      expectClose(
        jacobian((z: Tensor) => entmax(z, { alpha }))(x) as Tensor,
        tensor(wanted, { shape: [p.length, p.length], dtype: 'f64' }),
        1e-9,
      )
    },
  )

  test.prop([smooth], runs(0.1))('can be differentiated by alpha, one for each row', ([x, alpha]) => {
    const two = x.expandDims(0).mul(tensor([[1], [0.5]], { dtype: 'f64' }))
    const margins = [1, 0.5].map((c) => plainEntmax(values(x.mul(c)), alpha).margin)
    fc.pre(Math.min(...margins) > 1 / 64)
    const each = f64(alpha, alpha)
    expectClose(entmax(two, { alpha: each }), entmax(two, { alpha }), alpha > 2 ? 1e-6 : 1e-9)
    checkGradients((a: Tensor) => entmax(two, { alpha: a }), [each])
  })

  test.prop(
    [
      fc
        .tuple(fc.integer({ min: 1, max: 4 }), fc.constantFrom(1, 1.3, 1.5, 2))
        .chain(([K, alpha]) => fc.tuple(logits([2, K, 3]), fc.constant(alpha))),
    ],
    runs(0.5),
  )('runs along any axis', ([x, alpha]) => {
    const turned = x.transpose([0, 2, 1])
    const wanted = entmax(turned, { alpha }).transpose([0, 2, 1])
    expectClose(entmax(x, { alpha, axis: 1 }), wanted, 0)
    expectClose(entmax(x, { alpha, axis: -2 }), wanted, 0)
  })

  it.each(['f32', 'f64'] as const)('is one-hot with gradient 0 for saturated rows in %s', (dtype) => {
    const x = tensor(
      [
        [1e4, -1e4, 0],
        [-1e4, -1e4, 1e4],
      ],
      { dtype },
    )
    for (const alpha of [1.2, 1.5, 2, 3]) {
      expect(values(entmax(x, { alpha }))).toEqual([1, 0, 0, 0, 0, 1])
      const g = grad((z: Tensor) => sum(entmax(z, { alpha }).mul(tensor([1, 2, 3], { dtype }))))(x)
      expect(values(g).map(Math.abs)).toEqual([0, 0, 0, 0, 0, 0])
    }
  })

  it('keeps its digits in f32 for alpha next to 1 and for large numbers of elements', () => {
    const x = tensor(Float32Array.from({ length: 1000 }, (_, i) => Math.sin(i)))
    for (const alpha of [1 + 1e-4, 1.5, 2])
      expectClose(entmax(x, { alpha }), entmax(x.cast('f64'), { alpha }).cast('f32'), 3e-7)
  })

  it('leaves out what is ruled out by −∞, and gives a row of −∞ alone zeros', () => {
    const low = Number.NEGATIVE_INFINITY
    for (const alpha of [0.5, 1, 1.3, 1.5, 2]) {
      const x = tensor(
        [
          [0, low, 0],
          [low, low, low],
        ],
        { dtype: 'f64' },
      )
      expectClose(
        entmax(x, { alpha }),
        tensor(
          [
            [0.5, 0, 0.5],
            [0, 0, 0],
          ],
          { dtype: 'f64' },
        ),
      )
      const g = grad((z: Tensor) => sum(entmax(z, { alpha }).square()))(x)
      expect(values(g).map(Math.abs)).toEqual([0, 0, 0, 0, 0, 0])
    }
  })
})

describeErrors('entmax', {
  'entmax: alpha must be a finite number greater than 0, got 0.': () => entmax(zeros([3]), { alpha: 0 }),
  'entmax: axis must be that of at least one element among the axes of [2, 0], got -1.': () => entmax(zeros([2, 0])),
  'entmax: axis must be that of at least one element among the axes of [3], got 1.': () =>
    entmax(zeros([3]), { axis: 1 }),
  'entmax: alpha must be a number or have shape [2], one for each row of x [2, 3] along axis -1, got [3].': () =>
    entmax(zeros([2, 3]), { alpha: zeros([3]) }),
  "entmax: x must be f32 or f64, got i32 [2]. Cast it, e.g. x.cast('f32').": () => entmax(zeros([2], { dtype: 'i32' })),
})

/** entmax of one row in plain numbers, by 200 bisections of τ in pᵢ = ((α − 1) xᵢ − τ)₊^(1 / (α − 1)). */
function plainEntmax(row: readonly number[], alpha: number): { probs: number[]; margin: number } {
  const scaled = row.map((x) => (alpha - 1) * x)
  const power = (u: number): number => (u > 0 ? u ** (1 / (alpha - 1)) : 0)
  const top = Math.max(...scaled)
  let [low, high] = [top - 1, top]
  for (let i = 0; i < 200; i++) {
    const tau = (low + high) / 2
    const total = scaled.reduce((sum, x) => sum + power(x - tau), 0)
    if (total >= 1) low = tau
    else high = tau
  }
  return { probs: scaled.map((x) => power(x - low)), margin: Math.min(...scaled.map((x) => Math.abs(x - low))) }
}
