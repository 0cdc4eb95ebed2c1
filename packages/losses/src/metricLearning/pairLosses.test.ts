import { fc, test } from '@fast-check/vitest'
import { eye, grad, matmul, mean, sum, type Tensor, take, tensor } from '@wengert/core'
import {
  checkGradients,
  labels,
  laws,
  orthonormals,
  permutations,
  positives,
  tensors,
  unitVectors,
} from '@wengert/gradcheck'
import { describeErrors, expectClose, runs, value, values } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { othersOfClass, sameClass } from '../easyPositive/batch.ts'
import { decoupledSoftmaxLoss } from '../multiLabel/decoupledSoftmaxLoss.ts'
import { multiLabelInfoNceLoss } from '../multiLabel/multiLabelInfoNceLoss.ts'
import { circleLoss } from './circleLoss.ts'
import { contrastiveLoss } from './contrastiveLoss.ts'
import { marginLoss } from './marginLoss.ts'
import { multiSimilarityLoss } from './multiSimilarityLoss.ts'
import { ncaLoss } from './ncaLoss.ts'
import { nPairsLoss } from './nPairsLoss.ts'
import { ntXentLoss } from './ntXentLoss.ts'
import type { PairOptions } from './pairs.ts'
import { supConLoss } from './supConLoss.ts'
import { tripletMarginLoss } from './tripletMarginLoss.ts'

type Loss = (x: Tensor, y: Tensor, options?: PairOptions) => Tensor

interface Subject {
  readonly loss: Loss
  /** The definition in loops over plain numbers: cosines, and pairs by anchor. */
  readonly plain: (batch: Plain) => number | number[]
  /** Which order of derivative is checked by differences; 0 for losses with hinges, which have tests of their own. */
  readonly order: 0 | 2
}

interface Plain {
  readonly B: number
  readonly s: (i: number, j: number) => number
  readonly d: (i: number, j: number) => number
  readonly positives: readonly number[][]
  readonly negatives: readonly number[][]
}

const i32 = (...data: number[]): Tensor => tensor(data, { dtype: 'i32' })
const total = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0)
const average = (list: readonly number[]): number => (list.length === 0 ? 0 : total(list) / list.length)
const above = (list: readonly number[]): number => average(list.filter((v) => v > 0))
const hinge = (v: number): number => Math.max(0, v)
const anchors = ({ B }: Plain): number[] => Array.from({ length: B }, (_, i) => i)
const at = (lists: readonly number[][], i: number): number[] => lists[i] as number[]

const subjects: Record<string, Subject> = {
  contrastiveLoss: {
    loss: (x, y, o) => contrastiveLoss(x, y, { ...o, positiveMargin: 0.1 }),
    plain: (b) =>
      above(anchors(b).flatMap((i) => at(b.positives, i).map((p) => hinge(b.d(i, p) - 0.1)))) +
      above(anchors(b).flatMap((i) => at(b.negatives, i).map((n) => hinge(1 - b.d(i, n))))),
    order: 0,
  },
  tripletMarginLoss: {
    loss: (x, y, o) => tripletMarginLoss(x, y, { ...o, margin: 0.3 }),
    plain: (b) =>
      above(
        anchors(b).flatMap((i) =>
          at(b.positives, i).flatMap((p) => at(b.negatives, i).map((n) => hinge(b.d(i, p) - b.d(i, n) + 0.3))),
        ),
      ),
    order: 0,
  },
  'tripletMarginLoss with smooth': {
    loss: (x, y, o) => tripletMarginLoss(x, y, { ...o, smooth: true, distance: 'cosine' }),
    plain: (b) =>
      average(
        anchors(b).flatMap((i) =>
          at(b.positives, i).flatMap((p) =>
            at(b.negatives, i).map((n) => Math.log1p(Math.exp(b.s(i, n) - b.s(i, p) + 0.05))),
          ),
        ),
      ),
    order: 2,
  },
  nPairsLoss: {
    loss: (x, y) => nPairsLoss(x, y, { normalize: true }),
    plain: (b) => {
      const pairs = anchors(b).flatMap((a) => {
        const [p] = at(b.positives, a)
        return p !== undefined && p > a && at(b.positives, a).every((q) => q > a) ? [{ a, p }] : []
      })
      return average(
        pairs.map(({ a, p }) => Math.log(total(pairs.map((other) => Math.exp(b.s(a, other.p) - b.s(a, p)))))),
      )
    },
    order: 2,
  },
  multiSimilarityLoss: {
    loss: (x, y, o) => multiSimilarityLoss(x, y, { ...o, beta: 8, base: 0.4 }),
    plain: (b) =>
      anchors(b).map(
        (i) =>
          Math.log1p(total(at(b.positives, i).map((p) => Math.exp(-2 * (b.s(i, p) - 0.4))))) / 2 +
          Math.log1p(total(at(b.negatives, i).map((n) => Math.exp(8 * (b.s(i, n) - 0.4))))) / 8,
      ),
    order: 2,
  },
  circleLoss: {
    loss: (x, y, o) => circleLoss(x, y, { ...o, gamma: 8 }),
    plain: (b) =>
      anchors(b).map((i) => {
        const pull = at(b.positives, i).map((p) => Math.exp(-8 * hinge(1.4 - b.s(i, p)) * (b.s(i, p) - 0.6)))
        const push = at(b.negatives, i).map((n) => Math.exp(8 * hinge(b.s(i, n) + 0.4) * (b.s(i, n) - 0.4)))
        return Math.log1p(total(pull) * total(push))
      }),
    order: 2,
  },
  supConLoss: {
    loss: (x, y, o) => supConLoss(x, y, { ...o, temperature: 0.5 }),
    plain: (b) =>
      anchors(b).map((i) => {
        if (b.negatives.every((list) => list.length === 0)) return 0
        const rest = total([...at(b.positives, i), ...at(b.negatives, i)].map((j) => Math.exp(b.s(i, j) / 0.5)))
        return average(at(b.positives, i).map((p) => Math.log(rest) - b.s(i, p) / 0.5))
      }),
    order: 2,
  },
  ntXentLoss: {
    loss: (x, y, o) => ntXentLoss(x, y, { ...o, temperature: 0.5 }),
    plain: (b) =>
      average(
        anchors(b).flatMap((i) =>
          at(b.positives, i).map((p) =>
            Math.log1p(total(at(b.negatives, i).map((n) => Math.exp((b.s(i, n) - b.s(i, p)) / 0.5)))),
          ),
        ),
      ),
    order: 2,
  },
  ncaLoss: {
    loss: (x, y, o) => ncaLoss(x, y, { ...o, softmaxScale: 2 }),
    plain: (b) =>
      anchors(b).map((i) => {
        const near = (list: number[]): number => total(list.map((j) => Math.exp(-2 * b.d(i, j) ** 2)))
        const own = near(at(b.positives, i))
        return own === 0 ? 0 : Math.log1p(near(at(b.negatives, i)) / own)
      }),
    order: 2,
  },
  marginLoss: {
    loss: (x, y, o) => marginLoss(x, y, { ...o, beta: 0.9 }),
    plain: (b) =>
      above(
        anchors(b).flatMap((i) =>
          at(b.positives, i).flatMap((p) =>
            at(b.negatives, i).flatMap((n) => [hinge(b.d(i, p) - 0.7), hinge(1.1 - b.d(i, n))]),
          ),
        ),
      ),
    order: 0,
  },
}

const batch = fc.integer({ min: 1, max: 6 }).chain((B) => fc.tuple(unitVectors([B, 3]), labels([B], 3)))

function plainOf(x: Tensor, y: Tensor): Plain {
  const [cosines, classes] = [values(matmul(x, x.transpose())), values(y)]
  const B = classes.length
  const s = (i: number, j: number): number => cosines[i * B + j] as number
  const where = (keep: (i: number, j: number) => boolean): number[][] =>
    classes.map((_, i) => classes.flatMap((_, j) => (keep(i, j) ? [j] : [])))
  return {
    B,
    s,
    d: (i, j) => Math.sqrt(Math.max(0, 2 - 2 * s(i, j))),
    positives: where((i, j) => i !== j && classes[i] === classes[j]),
    negatives: where((i, j) => classes[i] !== classes[j]),
  }
}

/** Whether no two rows are equal or opposite, and no pair or triplet is at a kink of the losses above. */
function settled(x: Tensor, y: Tensor): boolean {
  const { d, positives, negatives } = plainOf(x, y)
  const gaps = positives.flatMap((list, i) =>
    list.flatMap((p) => [
      d(i, p),
      d(i, p) - 0.1,
      d(i, p) - 0.7,
      ...at(negatives, i).flatMap((n) => [d(i, p) - d(i, n) + 0.3]),
    ]),
  )
  const others = negatives.flatMap((list, i) => list.flatMap((n) => [d(i, n), d(i, n) - 1, d(i, n) - 1.1]))
  return [...gaps, ...others].every((gap) => Math.abs(gap) > 1e-3)
}

describe.each(Object.entries(subjects))('%s', (_, { loss, plain, order }) => {
  test.prop([batch], runs(0.2))('agrees with its definition in plain numbers', ([x, y]) => {
    fc.pre(settled(x, y))
    const expected = plain(plainOf(x, y))
    expectClose(loss(x, y), tensor(expected, { dtype: 'f64' }), 1e-9)
  })

  test.prop([batch], runs(0.04))('has right derivatives', ([x, y]) => {
    fc.pre(settled(x, y))
    const f = (z: Tensor): Tensor => loss(z, y)
    checkGradients(f, [x.mul(1.5)], order === 0 ? { order: 1 } : { order })
  })

  test.prop([batch, orthonormals(3), positives([6, 1])], runs(0.08))(
    'depends neither on lengths nor on the axes, so its gradient is across embeddings',
    ([x, y], turn, by) => {
      fc.pre(settled(x, y))
      const scaled = x.mul(by.slice([0, 0], [x.shape[0] as number, 1]))
      expectClose(loss(matmul(scaled, turn), y), loss(x, y), 1e-9)
      const along = sum(grad((z: Tensor) => sum(loss(z, y)))(x).mul(x), { axis: 1 })
      expectClose(along, 0, 1e-9)
    },
  )

  test.prop(
    [batch.chain(([x, y]) => fc.tuple(fc.constant(x), fc.constant(y), permutations(y.shape[0] as number)))],
    runs(0.08),
  )('does not depend on the order of the batch', ([x, y, order]) => {
    fc.pre(settled(x, y))
    // nPairsLoss reads the first two of each class.
    fc.pre(loss !== subjects.nPairsLoss?.loss || values(y).every((c, _, all) => all.filter((k) => k === c).length < 3))
    fc.pre(
      loss !== subjects.nPairsLoss?.loss ||
        values(order).every((v, i) => i === 0 || v > (values(order)[i - 1] as number)),
    )
    const moved = loss(take(x, order), take(y, order))
    const still = loss(x, y)
    expectClose(moved, still.shape.length === 0 ? still : take(still, order), 1e-9)
  })

  test.prop([batch], runs(0.08))('is at least 0, and 0 with gradient 0 where there are no pairs', ([x, y]) => {
    laws.bounded(loss, { min: -1e-12 })(x, y)
    const alone = x.slice([0, 0], [1, 3])
    expectClose(loss(alone, i32(0)), 0, 0)
    expectClose(grad((z: Tensor) => sum(loss(z, i32(0))))(alone).abs(), 0, 0)
  })

  test.prop([batch], runs(0.08))('takes pairs, which are those of its classes if not given', ([x, y]) => {
    if (loss === subjects.nPairsLoss?.loss) return
    const pairs = { positive: othersOfClass(y), negative: sameClass(y).not() }
    expectClose(loss(x, y, { pairs }), loss(x, y), 0)
    const none = { positive: pairs.positive, negative: pairs.positive.and(pairs.negative) }
    const without = loss(x, y, { pairs: { positive: none.negative, negative: none.negative } })
    expectClose(without, 0, 0)
  })

  it.each(['f32', 'f64'] as const)(
    'is finite, and so is its gradient, at ±1e4, at 0 and for equal rows in %s',
    (dtype) => {
      const y = i32(0, 0, 1, 1, 0)
      for (const size of [1e4, 0, 1e-30]) {
        const x = tensor(
          [
            [1, -1],
            [-1, 1],
            [1, 1],
            [-1, -1],
            [1, -1],
          ],
          { dtype },
        ).mul(size)
        const outputs = [loss(x, y), grad((z: Tensor) => sum(loss(z, y)))(x)]
        for (const output of outputs) {
          expect(output.dtype).toBe(dtype)
          expect(values(output).filter((v) => !Number.isFinite(v))).toEqual([])
        }
      }
    },
  )
})

describe('contrastiveLoss', () => {
  test.prop([fc.integer({ min: 2, max: 5 }).chain((B) => fc.tuple(tensors([B, 2]), labels([B], 2)))], runs(0.2))(
    'of other distances, and of similarities with their hinges turned',
    ([x, y]) => {
      const rows = Array.from(
        { length: x.shape[0] as number },
        (_, i) => values(x).slice(2 * i, 2 * i + 2) as [number, number],
      )
      const classes = values(y)
      const pairs = (same: boolean, f: (a: [number, number], b: [number, number]) => number): number[] =>
        rows.flatMap((a, i) =>
          rows.flatMap((b, j) => (i !== j && (classes[i] === classes[j]) === same ? [hinge(f(a, b))] : [])),
        )
      const squares = (a: number[], b: number[]): number => total(a.map((v, k) => (v - (b[k] as number)) ** 2))
      const dot = (a: number[], b: number[]): number => total(a.map((v, k) => v * (b[k] as number)))
      const near = (list: number[]): boolean => list.some((v) => v > 0 && v < 1e-9)
      const bySquares = [pairs(true, (a, b) => squares(a, b) - 0.5), pairs(false, (a, b) => 4 - squares(a, b))] as const
      const byDot = [pairs(true, (a, b) => 2 - dot(a, b)), pairs(false, (a, b) => dot(a, b) + 1)] as const
      fc.pre(![...bySquares, ...byDot].some(near))
      const options = { normalize: false } as const
      expect(
        value(
          contrastiveLoss(x, y, { ...options, distance: 'squaredEuclidean', positiveMargin: 0.5, negativeMargin: 4 }),
        ),
      ).toBeCloseTo(above(bySquares[0]) + above(bySquares[1]), 9)
      expect(
        value(contrastiveLoss(x, y, { ...options, distance: 'dot', positiveMargin: 2, negativeMargin: -1 })),
      ).toBeCloseTo(above(byDot[0]) + above(byDot[1]), 9)
    },
  )
})

describe('multiSimilarityLoss', () => {
  test.prop([unitVectors([2, 3])], runs(0.2))(
    'tends to the hinges of contrastiveLoss for great alpha and beta, of one pair each',
    (x) => {
      const s = value(sum(x.slice([0, 0], [1, 3]).mul(x.slice([1, 0], [2, 3]))))
      const of = (classes: Tensor): number =>
        value(sum(multiSimilarityLoss(x, classes, { alpha: 1e5, beta: 1e5, base: 0.3 })))
      expect(of(i32(0, 0))).toBeCloseTo(2 * hinge(0.3 - s), 4)
      expect(of(i32(0, 1))).toBeCloseTo(2 * hinge(s - 0.3), 4)
    },
  )
})

describe('supConLoss', () => {
  test.prop([batch], runs(0.2))(
    'of one positive each is ntXentLoss, and cannot fall below log of how many there are',
    ([x]) => {
      const B = x.shape[0] as number
      const pairwise = take(x, i32(...Array.from({ length: 4 }, (_, i) => i % B)))
      const y = i32(0, 1, 0, 1)
      expectClose(sum(supConLoss(pairwise, y)).div(4), ntXentLoss(pairwise, y, { temperature: 0.1 }), 1e-9)
      const counts = values(sum(othersOfClass(i32(0, 0, 0, 1)), { axis: 1 }))
      const bounded = values(supConLoss(pairwise, i32(0, 0, 0, 1)))
      bounded.forEach((v, i) => {
        if ((counts[i] as number) > 0) expect(v).toBeGreaterThanOrEqual(Math.log(counts[i] as number) - 1e-12)
      })
    },
  )
})

describe('losses of pairs and of multi-label scores', () => {
  /** Cosines of each row to the others, and which of these are of its class. */
  const others = (x: Tensor, y: Tensor): { scores: Tensor; own: Tensor } => {
    const { B, s } = plainOf(x, y)
    const rows = <T>(f: (i: number, j: number) => T): T[][] =>
      Array.from({ length: B }, (_, i) =>
        Array.from({ length: B }, (_, j) => j).flatMap((j) => (j === i ? [] : [f(i, j)])),
      )
    const classes = values(y)
    const own = rows((i, j) => Number(classes[i] === classes[j]))
    return { scores: tensor(rows(s), { dtype: 'f64' }), own: tensor(own, { dtype: 'i32' }) }
  }
  const temperature = 0.5
  const whole = fc.constantFrom([0, 0, 1, 1], [0, 1, 0, 1, 2, 2], [0, 0, 0, 1, 1, 1])
  const balanced = whole.chain((classes) => fc.tuple(unitVectors([classes.length, 3]), fc.constant(i32(...classes))))

  test.prop([balanced], runs(0.2))('agree', ([x, y]) => {
    const { scores, own } = others(x, y)
    const counts = sum(own, { axis: 1 }).cast('f64')
    const rest = multiLabelInfoNceLoss(scores, own, { temperature })
    expectClose(supConLoss(x, y, { temperature }), rest.div(counts), 1e-9)
    const alone = decoupledSoftmaxLoss(scores, own, { temperature })
    expectClose(ntXentLoss(x, y, { temperature }), mean(alone), 1e-9)
  })

  test.prop([unitVectors([6, 3])], runs(0.2))('agree where nPairsLoss has a table of products', (x) => {
    const [a, p] = [0, 1].map((k) => take(x, i32(k, k + 2, k + 4))) as [Tensor, Tensor]
    const table = matmul(a, p.transpose()).mul(3)
    const expected = mean(multiLabelInfoNceLoss(table, eye(3, { dtype: 'i32' }), { temperature: 1 }))
    expectClose(nPairsLoss(x.mul(Math.sqrt(3)), i32(0, 0, 1, 1, 2, 2)), expected, 1e-9)
  })
})

describe('circleLoss', () => {
  test.prop([batch], runs(0.2))('is 0 for anchors that lack a side', ([x, y]) => {
    const { positives, negatives } = plainOf(x, y)
    values(circleLoss(x, y)).forEach((v, i) => {
      const whole = at(positives, i).length > 0 && at(negatives, i).length > 0
      expect(v > 0).toBe(whole && v > 0)
    })
    expectClose(circleLoss(x, y.mul(0)), 0, 0)
  })

  it('holds its weights fixed in the gradient', () => {
    const x = tensor(
      [
        [1, 0],
        [0.6, 0.8],
        [0, 1],
      ],
      { dtype: 'f64' },
    )
    const y = i32(0, 0, 1)
    const whole = values(grad((z: Tensor) => sum(circleLoss(z, y, { gamma: 2 })))(x))
    const step = 1e-5
    const along = (by: number): number => {
      const moved = tensor(
        [
          [1, by],
          [0.6, 0.8],
          [0, 1],
        ],
        { dtype: 'f64' },
      )
      return value(sum(circleLoss(moved, y, { gamma: 2 })))
    }
    const slope = (along(step) - along(-step)) / (2 * step)
    expect(Math.abs(slope - (whole[1] as number))).toBeGreaterThan(0.01)
  })
})

describe('marginLoss', () => {
  test.prop([batch], runs(0.2))('takes beta as a number, a scalar or one for each anchor', ([x, y]) => {
    const scalar = tensor(0.9, { dtype: 'f64' })
    const each = scalar.broadcastTo(y.shape)
    expectClose(marginLoss(x, y, { beta: scalar, nu: 0.5 }), marginLoss(x, y, { beta: 0.9, nu: 0.5 }), 1e-12)
    expectClose(marginLoss(x, y, { beta: each, nu: 0.5 }), marginLoss(x, y, { beta: 0.9 }).add(0.45), 1e-12)
    // Positives free a wider ball, negatives press on it: one unit of slope for each active term.
    laws.bounded(() => grad((b: Tensor) => marginLoss(x, y, { beta: b }))(scalar), { min: -1, max: 1 })()
  })
})

const [x, y] = [tensor([[1, 2]]), i32(0)]
describeErrors('the losses of pairs', {
  'contrastiveLoss: distance must be one of euclidean, squaredEuclidean, cosine, dot, got cos.': () =>
    contrastiveLoss(x, y, { distance: 'cos' as 'dot' }),
  'supConLoss: temperature must be a finite number greater than 0, got 0.': () => supConLoss(x, y, { temperature: 0 }),
  'circleLoss: labels must have shape [B], got [2] (B = 1, D = 2). Expected embeddings [B, D], labels [B].': () =>
    circleLoss(x, i32(0, 1)),
  'ncaLoss: pairs must be bool masks, got i32.': () =>
    ncaLoss(x, y, { pairs: { positive: i32(0).expandDims(0), negative: i32(0).expandDims(0) } }),
  'multiSimilarityLoss: alpha must be a finite number greater than 0, got -1.': () =>
    multiSimilarityLoss(x, y, { alpha: -1 }),
  'tripletMarginLoss: type must be one of all, hard, semihard, easy, got half.': () =>
    tripletMarginLoss(x, y, { mining: { type: 'half' as 'hard' } }),
})
