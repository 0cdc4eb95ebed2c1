import { fc, test } from '@fast-check/vitest'
import { cpu } from '@wengert/backend-cpu'
import {
  customVjp,
  logSoftmax,
  matmul,
  max,
  mean,
  softmax,
  sum,
  type Tensor,
  tanh,
  tensor,
  useBackend,
} from '@wengert/core'
import { beforeAll, describe, expect, it } from 'vitest'
import { checkBatch, GradientCheckError, shapes, tensors } from './index.ts'

beforeAll(() => useBackend(cpu()))

const x = tensor([
  [1, -2],
  [3, 0.5],
  [-1, 2],
])

/** x² with a rule of one's own. */
const squareBy = (rule: (g: Tensor, x: Tensor) => Tensor) =>
  customVjp(
    (v: Tensor) => v.square(),
    (g, _, v) => [rule(g, v)],
  )

describe('checkBatch', () => {
  test.prop([shapes({ minRank: 1, maxRank: 3, maxSize: 3 }).chain((shape) => tensors(shape)), fc.nat()])(
    'passes functions of one row at a time, of trees',
    (v, seed) => {
      const f = ({ a }: { a: Tensor }, [b]: readonly [Tensor]) => [
        softmax(a.expandDims(-1)).mul(2),
        { y: tanh(a).mul(b), sign: a.less(0) },
      ]
      const report = checkBatch(f, [{ a: v }, [v.add(1)]], { seed })
      expect(report.rows).toBe(v.shape[0])
      expect(report.worst).toBeLessThanOrEqual(1)
    },
  )

  test.prop([tensors([2, 3]), tensors([4, 2]), fc.nat()])('passes parameters that rows share', (w, v, seed) => {
    const labels = tensor([0, 2, 1, 1], { dtype: 'i32' })
    const f = (p: { w: Tensor }, input: Tensor, classes: Tensor) => [
      logSoftmax(matmul(input, p.w)),
      classes.cast('f64'),
    ]
    expect(checkBatch(f, [{ w }, v, labels], { batched: [1, 2], seed }).rows).toBe(4)
  })

  it.each<[string, (x: Tensor) => unknown, string]>([
    [
      'a mean over the batch',
      (v) => v.sub(mean(v, { axis: 0 })),
      'checkBatch: f must give each row the value that it has alone, got -2.16',
    ],
    ['softmax along the batch', (v) => softmax(v, { axis: 0 }), 'the value that it has alone'],
    [
      'a rule that mixes rows',
      squareBy((g, v) => sum(g.mul(v), { axis: 0, keepDims: true }).broadcastTo(v.shape)),
      'checkBatch: the pullback must give each row the gradient that it has alone, got ',
    ],
    ['a rule by the largest of the batch', squareBy((g, v) => g.mul(max(v))), 'the gradient that it has alone'],
    ['a sum over the batch', (v) => sum(v), 'f must return a row for each of the 3 of the batch, got a tensor [].'],
  ])('finds %s', (_, f, message) => {
    expect(() => checkBatch(f, [x])).toThrow(message)
  })

  it('finds a gradient by what rows share that is no sum over them', () => {
    const scale = customVjp(
      (s: Tensor, v: Tensor) => v.mul(s),
      (g, _, s, v) => [mean(g.mul(v)), g.mul(s)],
    )
    expect(() => checkBatch((s: Tensor, v: Tensor) => scale(s, v), [tensor(2), x], { batched: [1] })).toThrow(
      /the gradient by what rows share must be the sum of theirs, got \S+ and \S+ in argument 0\.$/,
    )
  })

  it('names the element', () => {
    expect(() => checkBatch((v: Tensor) => v.mul(max(v, { axis: 0 })), [x])).toThrow(
      /got 3 and 1 in output 0 at \[0, 0\]\.$/,
    )
  })

  it('refuses arguments without a common batch', () => {
    expect(() => checkBatch((a: Tensor, b: Tensor) => a.mul(b), [x, tensor([1, 2])])).toThrow(GradientCheckError)
    expect(() => checkBatch((a: Tensor, b: Tensor) => a.mul(b), [x, tensor(1)])).toThrow(
      'checkBatch: batched arguments must be tensors of as many rows as one another, got shapes [3, 2], []. ' +
        'Name the positions of those with a batch axis by { batched }.',
    )
  })
})
