import { fc, test } from '@fast-check/vitest'
import { cpu } from '@wengert/backend-cpu'
import { arange, matmul, norm, ones, type Tensor, take, tensor, useBackend } from '@wengert/core'
import { checkGradients, checkPullback, laws, tensors } from '@wengert/gradcheck'
import { describeErrors, distance, expectClose, values } from '@wengert/testing'
import { beforeAll, expect, it } from 'vitest'
import { type RotaryOptions, rotaryEmbedding } from '../index.ts'

beforeAll(() => useBackend(cpu()))

const runs = { numRuns: 25 }
const inputs = fc.constantFrom(2, 4, 6).chain((d) => tensors([2, 3, d]))
const conventions = fc.constantFrom<'half' | 'interleaved'>('half', 'interleaved')
const starts = fc.integer({ min: -50, max: 5000 })

/** The turn of one row in plain numbers, as complex multiplication. */
function plainTurn(row: number[], position: number, { convention, theta = 1e4, rotaryDim }: RotaryOptions): number[] {
  const r = rotaryDim ?? row.length
  const y = [...row]
  for (let i = 0; i < r / 2; i++) {
    const [a, b] = convention === 'interleaved' ? [2 * i, 2 * i + 1] : [i, i + r / 2]
    const angle = position * theta ** ((-2 * i) / r)
    const [x1, x2] = [row[a] as number, row[b] as number]
    y[a] = x1 * Math.cos(angle) - x2 * Math.sin(angle)
    y[b] = x2 * Math.cos(angle) + x1 * Math.sin(angle)
  }
  return y
}

const options = fc.record(
  { convention: conventions, theta: fc.constantFrom(100, 1e4, 5e5), rotaryDim: fc.constant(2) },
  { requiredKeys: ['convention'] },
)

test.prop([inputs, options, starts], runs)('turns pairs as plain numbers do', (x, choice, start) => {
  const d = x.shape[2] as number
  const data = values(x)
  const wanted = Array.from({ length: 6 }, (_, row) =>
    plainTurn(data.slice(row * d, (row + 1) * d), start + (row % 3), choice),
  ).flat()
  const y = rotaryEmbedding(x, { ...choice, positions: arange(3, { start, dtype: 'i32' }) })
  expect(y.shape).toEqual(x.shape)
  expect(distance(values(y), wanted)).toBeLessThan(1e-10)
})

test.prop([inputs, options], { numRuns: 10 })('has right derivatives by x and by positions', (x, choice) => {
  const f = (x: Tensor, positions: Tensor) => rotaryEmbedding(x, { ...choice, positions })
  checkGradients(f, [x, tensor([0.5, 3, 7], { dtype: 'f64' })])
  checkPullback((x: Tensor) => rotaryEmbedding(x, choice), [x])
})

test.prop([inputs, inputs, conventions, starts], runs)(
  'makes inner products depend on the distance of positions alone',
  (queries, keys, convention, start) => {
    if (queries.shape[2] !== keys.shape[2]) return
    const scores = (from: number) => {
      const [q, k] = [queries, keys].map((x) =>
        rotaryEmbedding(x, { convention, positions: arange(3, { start: from, dtype: 'i32' }) }),
      ) as [Tensor, Tensor]
      return matmul(q, k.transpose())
    }
    expectClose(scores(start), scores(0), 1e-9)
  },
)

test.prop([inputs, options], runs)('keeps lengths, and position 0 as it is', (x, choice) => {
  const y = rotaryEmbedding(x, choice)
  expectClose(norm(y, { axis: -1 }), norm(x, { axis: -1 }))
  const [batch = 0, , d = 0] = x.shape
  expect(values(y.slice([0, 0, 0], [batch, 1, d]))).toEqual(values(x.slice([0, 0, 0], [batch, 1, d])).map((v) => v + 0))
})

test.prop([inputs], runs)('has two conventions that differ by the order of features', (x) => {
  const d = x.shape[2] as number
  const order = Array.from({ length: d }, (_, i) => (i < d / 2 ? 2 * i : 2 * (i - d / 2) + 1))
  const sorted = (x: Tensor) => take(x, tensor(Int32Array.from(order)), { axis: -1 })
  const half = rotaryEmbedding(sorted(x), { convention: 'half' })
  expectClose(half, sorted(rotaryEmbedding(x, { convention: 'interleaved' })))
})

test.prop([inputs, options], runs)('treats each example by itself', (x, choice) => {
  laws.exampleWise((x: Tensor) => rotaryEmbedding(x, choice))(x)
})

it('takes positions of each example', () => {
  const x = ones([2, 3, 4])
  const positions = tensor([
    [5, 6, 7],
    [1, 2, 9],
  ])
  const y = rotaryEmbedding(x, { positions })
  const second = rotaryEmbedding(ones([3, 4]), { positions: tensor([1, 2, 9]) })
  expect(values(y).slice(12)).toEqual(values(second))
})

it('keeps the dtype, and is right in f32 at far positions', () => {
  const y = rotaryEmbedding(ones([1, 2]), { positions: tensor(Int32Array.of(100_003)) })
  expect(y.dtype).toBe('f32')
  expect(distance(values(y), plainTurn([1, 1], 100_003, { convention: 'half' }))).toBeLessThan(1e-6)
})

describeErrors('rotaryEmbedding', {
  'rotaryEmbedding: x must have shape [...B, L, D], got [3]. Expected x [...B, L, D].': () =>
    rotaryEmbedding(ones([3])),
  'rotaryEmbedding: rotaryDim must be even, since features turn in pairs, got 3.': () => rotaryEmbedding(ones([2, 3])),
  'rotaryEmbedding: rotaryDim must be at most the 4 features of x, got 6.': () =>
    rotaryEmbedding(ones([2, 4]), { rotaryDim: 6 }),
  'rotaryEmbedding: theta must be positive, got 0.': () => rotaryEmbedding(ones([2, 4]), { theta: 0 }),
  "rotaryEmbedding: convention must be 'half' or 'interleaved', got both.": () =>
    rotaryEmbedding(ones([2, 4]), { convention: 'both' as 'half' }),
  'rotaryEmbedding: positions must have a shape that broadcasts to [...B, L], [2], got [3].': () =>
    rotaryEmbedding(ones([2, 4]), { positions: arange(3) }),
})
