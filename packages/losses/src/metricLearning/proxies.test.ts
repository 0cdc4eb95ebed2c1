import { fc, test } from '@fast-check/vitest'
import { grad, matmul, sum, type Tensor, tensor } from '@wengert/core'
import { checkGradients, labels, laws, orthonormals, tensors, unitVectors } from '@wengert/gradcheck'
import { describeErrors, describeLoss, expectClose, runs, value, values } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { cosineLogits } from '../margin/cosineLogits.ts'
import { normalizedSoftmaxLoss } from '../margin/normalizedSoftmaxLoss.ts'
import { unitRows } from '../margin/unitRows.ts'
import { squaredDistance } from './distances.ts'
import { proxyAnchorLoss } from './proxyAnchorLoss.ts'
import { proxyNcaLoss } from './proxyNcaLoss.ts'

const prototypes = tensor([
  [3, 1, -1],
  [-1, 2, 1],
  [0.5, -3, 2],
])
const i32 = (...data: number[]): Tensor => tensor(data, { dtype: 'i32' })
const sizes = fc.integer({ min: 1, max: 3 })
const loss = (x: Tensor, y: Tensor): Tensor => proxyNcaLoss(x, y, prototypes, { softmaxScale: 2 })

describeLoss(loss, {
  name: 'proxyNcaLoss',
  args: sizes.chain((B) => fc.tuple(tensors([B, 3]), labels([B], 3))),
  smooth: sizes.chain((B) => fc.tuple(unitVectors([B, 3]), labels([B], 3))),
  laws: {
    'is normalizedSoftmaxLoss with temperature 1 / (2 softmaxScale)': (x, y) => {
      expectClose(loss(x, y), normalizedSoftmaxLoss(x, y, prototypes, { temperature: 0.25 }), 1e-12)
    },
    'does not depend on lengths': (x, y) => {
      expectClose(loss(x.mul(4), y), loss(x, y), 1e-9)
    },
    'is at least 0': (x, y) => {
      laws.bounded(loss, { min: 0 })(x, y)
    },
  },
})

const batch = sizes.chain((B) => fc.tuple(unitVectors([B, 3]), labels([B], 3), unitVectors([3, 3])))

test.prop([batch], runs(0.3))(
  'proxyNcaLoss is −log of the share of its class among e^(−squared distance)',
  ([x, y, w]) => {
    const weights = values(squaredDistance(unitRows(x), unitRows(w)).mul(-2).exp())
    const expected = values(y).map((c, i) => {
      const row = weights.slice(3 * i, 3 * i + 3)
      return -Math.log((row[c] as number) / row.reduce((a, b) => a + b, 0))
    })
    expectClose(proxyNcaLoss(x, y, w, { softmaxScale: 2 }), tensor(expected, { dtype: 'f64' }), 1e-7)
  },
)

describe('proxyAnchorLoss', () => {
  const soft = { margin: 0.2, alpha: 4 }

  test.prop([batch], runs(0.5))('agrees with its definition in plain numbers', ([x, y, w]) => {
    const [s, classes] = [values(cosineLogits(x, w)), values(y)]
    const of = (k: number, own: boolean): number =>
      Math.log1p(
        classes.reduce((total, c, i) => {
          const cosine = s[3 * i + k] as number
          if ((c === k) !== own) return total
          return total + Math.exp(own ? -4 * (cosine - 0.2) : 4 * (cosine + 0.2))
        }, 0),
      )
    const present = [...new Set(classes)]
    const pull = present.reduce((total, k) => total + of(k, true), 0) / present.length
    const push = [0, 1, 2].reduce((total, k) => total + of(k, false), 0) / 3
    expect(value(proxyAnchorLoss(x, y, w, soft))).toBeCloseTo(pull + push, 10)
  })

  test.prop([batch], runs(0.06))('has right derivatives', ([x, y, w]) => {
    checkGradients((a: Tensor, b: Tensor) => proxyAnchorLoss(a, y, b, soft), [x, w])
  })

  test.prop([batch, orthonormals(3)], runs(0.2))('depends neither on lengths, order nor axes', ([x, y, w], turn) => {
    const f = (a: Tensor, b: Tensor): Tensor => proxyAnchorLoss(a, b, w, soft)
    laws.permutationInvariant(f, { args: [0, 1], tolerance: 1e-10 })(x, y)
    expectClose(proxyAnchorLoss(matmul(x.mul(3), turn), y, matmul(w.mul(0.2), turn), soft), f(x, y), 1e-9)
  })

  it('holds for a prototype opposite to all what its sum says, and is finite at ±1e4 in f32', () => {
    const w = tensor(
      [
        [1, 0],
        [-1, 0],
      ],
      { dtype: 'f64' },
    )
    const x = tensor(
      [
        [1, 0],
        [2, 0],
      ],
      { dtype: 'f64' },
    )
    const own = Math.log1p(2 * Math.exp(-0.9 * 4))
    const other = Math.log1p(2 * Math.exp((0.1 - 1) * 4)) / 2
    expect(value(proxyAnchorLoss(x, i32(0, 0), w, { alpha: 4 }))).toBeCloseTo(own + other, 12)
    const far = tensor([
      [1e4, -1e4],
      [0, 0],
    ])
    const f = (z: Tensor): Tensor => proxyAnchorLoss(z, i32(0, 1), w.cast('f32'), { alpha: 1e4 })
    expect([value(f(far)), ...values(grad(f)(far))].every(Number.isFinite)).toBe(true)
  })

  it('is NaN where a computed label is out of range', () => {
    const x = tensor([[1, 0]])
    expect(value(proxyAnchorLoss(x, i32(1).add(2), sum(prototypes).broadcastTo([3, 2])))).toBeNaN()
  })
})

const [x, y] = [tensor([[1, 2, 3]]), i32(0)]
describeErrors('losses of prototypes', {
  'proxyAnchorLoss: alpha must be a finite number greater than 0, got 0.': () =>
    proxyAnchorLoss(x, y, prototypes, { alpha: 0 }),
  'proxyAnchorLoss: labels must have shape [B], got [2] (B = 1, D = 3). Expected embeddings [B, D], labels [B].': () =>
    proxyAnchorLoss(x, i32(0, 0), prototypes),
  'proxyNcaLoss: softmaxScale must be a finite number greater than 0, got -1.': () =>
    proxyNcaLoss(x, y, prototypes, { softmaxScale: -1 }),
})
