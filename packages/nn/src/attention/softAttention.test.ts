import { fc, test } from '@fast-check/vitest'
import { cpu } from '@wengert/backend-cpu'
import {
  cdist,
  diag,
  eye,
  inverse,
  key,
  matmul,
  normal,
  ones,
  split,
  sum,
  type Tensor,
  take,
  tensor,
  useBackend,
  zeros,
} from '@wengert/core'
import { checkGradients, checkPullback, laws, permutations, tensors } from '@wengert/gradcheck'
import { describeErrors, expectClose, runs, values } from '@wengert/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import { type SoftAttentionOptions, softAttention } from '../index.ts'

beforeAll(() => useBackend(cpu()))

const quarter = 3 ** 0.25
const kernel = (a: Tensor, b: Tensor): Tensor => cdist(a, b).square().mul(-0.5).exp()

/** Four tokens of three features, two landmarks and values. */
const drawn = fc.tuple(
  tensors([2, 4, 3], { min: -2, max: 2 }),
  tensors([2, 2, 3], { min: -2, max: 2 }),
  tensors([2, 4, 2]),
)
const [q0, l0, v0] = split(key(3), 3).map((k, i) => normal(k, [2, [5, 3, 5][i] as number, 3], { dtype: 'f64' })) as [
  Tensor,
  Tensor,
  Tensor,
]
/** The first example. */
const first = (x: Tensor): Tensor => x.slice([0, 0, 0], [1, ...x.shape.slice(1)]).squeeze(0)

const choices: SoftAttentionOptions[] = [{ iterations: 30 }, { normalize: true }]

describe('softAttention', () => {
  test.prop([drawn], runs(0.2))('is the kernel through the landmarks, by its formula', ([q, l, v]) => {
    const near = kernel(q.div(quarter), l)
    const middle = inverse(kernel(l, l).add(eye(2, { dtype: 'f64' }).mul(0.01)))
    const wanted = matmul(matmul(matmul(near, middle), near.transpose()), v)
    expectClose(softAttention(q, l, v, { iterations: 40 }), wanted, 1e-8)
  })

  it('scales by the degrees of the landmarks if it normalizes, without a ridge', () => {
    const near = kernel(q0.div(quarter), l0)
    const among = kernel(l0, l0)
    const degrees = diag(sum(among, { axis: -1 }).pow(-0.5).slice([0, 0], [1, 3]).squeeze(0))
    const middle = matmul(matmul(degrees, inverse(among).slice([0, 0, 0], [1, 3, 3]).squeeze(0)), degrees)
    const wanted = matmul(matmul(matmul(first(near), middle), first(near).transpose()), first(v0))
    expectClose(first(softAttention(q0, l0, v0, { normalize: true, iterations: 30 })), wanted, 1e-8)
  })

  it.each(choices)('has right derivatives to order 2 with %j', (options) => {
    const f = (q: Tensor, l: Tensor, v: Tensor): Tensor => softAttention(q, l, v, options)
    const args = [first(q0), first(l0), first(v0)] as const
    checkGradients(f, [...args])
    checkPullback(f, [...args])
  })

  test.prop([drawn, fc.constantFrom(...choices)], runs(0.1))('treats each example by itself', ([q, l, v], options) => {
    laws.exampleWise((q: Tensor, l: Tensor, v: Tensor) => softAttention(q, l, v, options), { tolerance: 1e-8 })(q, l, v)
  })

  test.prop([drawn, permutations(4), permutations(2), fc.constantFrom(...choices)], runs(0.1))(
    'follows the order of tokens, and does not depend on that of landmarks',
    ([q, l, v], order, other, options) => {
      const moved = (x: Tensor): Tensor => take(x, order, { axis: 1 })
      const y = softAttention(q, l, v, options)
      expectClose(softAttention(moved(q), l, moved(v), options), moved(y), 1e-8)
      expectClose(softAttention(q, take(l, other, { axis: 1 }), v, options), y, 1e-8)
    },
  )

  test.prop([drawn, tensors([3]), fc.constantFrom(...choices)], runs(0.1))(
    'does not change where queries and landmarks move together',
    ([q, l, v], shift, options) => {
      const y = softAttention(q.add(shift.mul(quarter)), l.add(shift), v, options)
      expectClose(y, softAttention(q, l, v, options), 1e-8)
    },
  )

  test.prop([drawn, tensors([2, 4, 2])], runs(0.1))('is linear in the values', ([q, l, v], w) => {
    const y = softAttention(q, l, v.mul(2).sub(w))
    expectClose(
      y,
      softAttention(q, l, v)
        .mul(2)
        .sub(softAttention(q, l, w)),
      1e-8,
    )
  })

  it('is the whole kernel where all tokens are landmarks, but for the ridge', () => {
    const q = tensor([0, 1, 2, 4, 6], { shape: [5, 1], dtype: 'f64' }).mul(2)
    const v = eye(5, { dtype: 'f64' })
    const y = softAttention(q, q, v, { iterations: 60 })
    expectClose(y, kernel(q, q), 0.02)
  })

  it('is finite where all landmarks are the same, and where there is one', () => {
    expect(values(softAttention(q0, zeros([2, 3, 3], { dtype: 'f64' }), v0)).every(Number.isFinite)).toBe(true)
    const one = softAttention(zeros([4, 3]), zeros([1, 3]), ones([4, 1]))
    expect(one.dtype).toBe('f32')
    expectClose(one, 4 / 1.01, 1e-6)
  })

  it('keeps its digits in f32', () => {
    const [q, l, v] = [q0, l0, v0].map((x) => x.cast('f32')) as [Tensor, Tensor, Tensor]
    expectClose(softAttention(q, l, v).cast('f64'), softAttention(q0, l0, v0), 1e-4)
  })
})

describeErrors('softAttention', {
  'softAttention: landmarks must have shape [...B, M, D], got [2, 4] (...B = [], N = 5, D = 3, M = 2, E = 1). Expected q [...B, N, D], landmarks [...B, M, D], v [...B, N, E].':
    () => softAttention(zeros([5, 3]), zeros([2, 4]), zeros([5, 1])),
  'softAttention: iterations must be an integer of at least 1, got 1.5.': () =>
    softAttention(q0, l0, v0, { iterations: 1.5, normalize: true }),
  "softAttention: v must be f32 or f64, got i32 [5, 1]. Cast it, e.g. v.cast('f32').": () =>
    softAttention(zeros([5, 3]), zeros([2, 3]), zeros([5, 1], { dtype: 'i32' })),
})
