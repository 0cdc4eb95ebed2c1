import { fc, test } from '@fast-check/vitest'
import { cpu } from '@wengert/backend-cpu'
import { checkGradients, tensors } from '@wengert/gradcheck'
import { describeErrors, expectClose, runs, values } from '@wengert/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import * as w from '../index.ts'

beforeAll(() => w.useBackend(cpu()))

const side = fc.integer({ min: 0, max: 9 })

/** A product, of whose left operand some blocks of rows or columns are zeros, and flags of the rest. */
const cases = fc
  .record({
    m: side,
    k: side,
    n: fc.integer({ min: 1, max: 5 }),
    size: fc.integer({ min: 1, max: 4 }),
    of: fc.constantFrom('rows' as const, 'columns' as const),
    turned: fc.boolean(),
  })
  .chain(({ m, k, n, size, of, turned }) => {
    const count = of === 'rows' ? m : k
    const blocks = Math.ceil(count / size)
    return fc
      .record({
        a: turned ? tensors([k, m]).map((x) => x.transpose()) : tensors([m, k]),
        b: tensors([k, n]),
        flags: fc.array(fc.boolean(), { minLength: blocks, maxLength: blocks }),
      })
      .map(({ a, b, flags }) => {
        const of1 = Array.from({ length: count }, (_, i) => flags[Math.floor(i / size)] as boolean)
        const mask = w.tensor(of1, { dtype: 'bool', shape: of === 'rows' ? [count, 1] : [1, count] })
        const kept = w.tensor(flags, { dtype: 'bool', shape: [blocks] })
        return { a: w.where(mask, a, 0), b, kept, options: { of, size } }
      })
  })

describe('blockMatmul', () => {
  test.prop([cases])('is matmul where what is skipped is zeros', ({ a, b, kept, options }) => {
    expectClose(w.blockMatmul(a, b, kept, options), w.matmul(a, b))
    const [x, y] = [a.cast('f32'), b.cast('f32')]
    expectClose(w.blockMatmul(x, y, kept, options), w.matmul(x, y))
  })

  test.prop([cases.filter(({ a }) => w.sizeOf(a.shape) > 0)], runs(0.2))(
    'has the derivatives of matmul, twice',
    ({ a, b, kept, options }) => {
      // Zeros stay zeros where what is not kept is masked again.
      const held = values(a).map((v) => (v === 0 ? 0 : 1))
      const mask = w.tensor([...held], { shape: a.shape, dtype: 'f64' })
      checkGradients((x: w.Tensor, y: w.Tensor) => w.blockMatmul(x.mul(mask), y, kept, options), [a, b], { order: 2 })
    },
  )

  it('leaves out what is not kept, on the CPU', () => {
    const a = w.tensor([
      [1, 2],
      [Number.NaN, 4],
    ])
    const b = w.tensor([[1], [10]])
    const of = (flags: boolean[], of: 'rows' | 'columns'): number[] => [
      ...values(w.blockMatmul(a, b, w.tensor(flags, { dtype: 'bool' }), { of, size: 1 })),
    ]
    expect(of([true, false], 'rows')).toEqual([21, 0])
    expect(of([false, true], 'columns')).toEqual([20, 40])
    expect(of([false, false], 'columns')).toEqual([0, 0])
  })
})

const [a, kept] = [w.ones([3, 2]), w.tensor([true, false], { dtype: 'bool' })]

describeErrors('blockMatmul', {
  'blockMatmul: kept must have shape [3], a flag for each 1 rows of a, got [2].': () =>
    w.blockMatmul(a, a.transpose(), kept, { size: 1 }),
  'blockMatmul: kept must be bool, got f32 [2]. Compare, e.g. kept.notEqual(0).': () =>
    w.blockMatmul(a, a.transpose(), kept.cast('f32'), { size: 2 }),
  'blockMatmul: size must be an integer of at least 1, got 0.': () =>
    w.blockMatmul(a, a.transpose(), kept, { size: 0 }),
})
