import { fc, test } from '@fast-check/vitest'
import { cdist, eye, grad, matmul, mean, oneHot, ones, sort, sum, type Tensor, take, tensor } from '@wengert/core'
import { labels, laws, logits, tensors } from '@wengert/gradcheck'
import { classesReversed, classified, describeErrors, describeLoss, expectClose, values } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { crossEntropy } from '../classification/crossEntropy.ts'
import { multiclassExponentialLoss } from './multiclassExponentialLoss.ts'
import { multiclassHinge } from './multiclassHinge.ts'
import { pairLogLoss } from './pairLogLoss.ts'
import { permLoss } from './permLoss.ts'
import { relativeMargins } from './relativeMargins.ts'
import { permTemplates } from './templates.ts'

type Name = keyof typeof permTemplates
const names = Object.keys(permTemplates) as Name[]

// Multiples of 1/64 that are apart, and so are their differences from 0.99 and 1.01: no hinge is at its kink, none ties.
const untied = (shape: readonly number[]): fc.Arbitrary<Tensor> =>
  tensors(shape, { distinct: true }).map((z) => z.mul(1.013))
const K = (z: Tensor): number => z.shape.at(-1) as number

for (const name of names)
  describe(name, () => {
    const loss = permLoss(permTemplates[name])
    describeLoss(loss, {
      name: 'permLoss',
      share: 0.25,
      // The exponential of a wrong logit of 1e4 honestly overflows.
      args: classified(name === 'multiclassExponential' ? tensors : logits),
      saturation: name === 'multiclassExponential' ? 40 : 1e4,
      smooth: classified(untied),
      laws: {
        'is at least 0': laws.bounded(loss, { min: 0, tolerance: 1e-12 }),
        'does not change when all logits of an example are shifted': laws.shiftInvariant(loss),
        'does not change when classes change places': laws.invariant(loss, classesReversed),
        'is 0 for one class': (z, y) => {
          const one = z.slice(
            z.shape.map(() => 0),
            [...z.shape.slice(0, -1), 1],
          )
          expectClose(loss(one, y.mul(0)), 0)
        },
        'has a gradient that adds up to 0': (z, y) => {
          const g = grad((x: Tensor) => sum(loss(x, y)))(z)
          const scale = 1 + Math.max(0, ...values(g).map(Math.abs))
          expectClose(sum(g, { axis: -1 }).div(scale), 0)
        },
      },
    })

    test.prop([
      fc
        .tuple(fc.nat({ max: 3 }), fc.integer({ min: 1, max: 4 }))
        .chain(([B, K]) => fc.tuple(tensors([B, K]), tensors([B, K]), labels([B], K))),
    ])('is convex', ([a, b, y]) => {
      laws.convex((z) => loss(z, y))(a, b)
    })

    test.prop([fc.tuple(tensors([3, 2]), labels([3], 2))])('is a function of the margin for two classes', ([z, y]) => {
      const margin = sum(z.mul(oneHot(y, 2, { dtype: 'f64' }).mul(2).sub(1)), { axis: -1, keepDims: true })
      expectClose(loss(z, y), permTemplates[name](margin))
    })
  })

const crammerSinger = (z: Tensor, y: Tensor): Tensor => multiclassHinge(z, y, { variant: 'crammerSinger' })

describe('permLoss', () => {
  test.prop([classified()])('has named members', ([z, y]) => {
    const named = {
      multinomialCrossEntropy: crossEntropy,
      pairLog: pairLogLoss,
      crammerSinger,
      westonWatkins: multiclassHinge,
      squaredHinge: (z: Tensor, y: Tensor) => multiclassHinge(z, y, { p: 2 }),
    }
    for (const [name, loss] of Object.entries(named))
      expectClose(permLoss(permTemplates[name as Name])(z, y), loss(z, y))
  })

  test.prop([classified(tensors)])('orders its members', ([z, y]) => {
    const [ce, pairLog, exponential, cs, ww] = (
      [crossEntropy, pairLogLoss, multiclassExponentialLoss, crammerSinger, multiclassHinge] as const
    ).map((loss) => values(loss(z, y))) as [number[], number[], number[], number[], number[]]
    ce.forEach((x, i) => {
      expect(x).toBeLessThanOrEqual((pairLog[i] as number) + 1e-12)
      expect(pairLog[i]).toBeLessThanOrEqual((exponential[i] as number) + 1e-12)
      expect(cs[i]).toBeLessThanOrEqual(ww[i] as number)
    })
  })

  test.prop([fc.integer({ min: 2, max: 5 }).chain((K) => fc.tuple(tensors([K]), labels([], K)))])(
    'takes the margins that the matrix label codes give',
    ([z, y]) => {
      const n = K(z)
      const label = values(y)[0] as number
      // D = [−I | 1]; the code of a label before the last is the identity with its column replaced by −1.
      const D = (x: Tensor): Tensor =>
        matmul(eye(n - 1, { dtype: 'f64' }), x.slice([0], [n - 1]))
          .neg()
          .add(x.slice([n - 1], [n]))
      const column = oneHot(tensor(label, { dtype: 'i32' }), n - 1, { dtype: 'f64' })
      const code = eye(n - 1, { dtype: 'f64' })
        .mul(column.neg().add(1))
        .sub(ones([n - 1, 1], { dtype: 'f64' }).mul(column))
      const coded = label === n - 1 ? D(z) : matmul(code, D(z))
      expectClose(sort(relativeMargins('test', z, y).margins), sort(coded))
    },
  )

  test.prop([fc.integer({ min: 2, max: 4 }).chain((K) => fc.tuple(tensors([6, K]), labels([6], K)))])(
    'sparsemax is half the squared distance to the farthest label, less that to the projection',
    ([z, y]) => {
      // The loss is (‖z − e_y‖² − ‖z − q‖²) / 2 for the nearest q of the simplex, which a fine grid comes close to.
      const loss = values(permLoss(permTemplates.sparsemax)(z, y))
      const n = K(z)
      const steps = n === 4 ? 24 : 60
      const grid = simplex(n, steps).map((q) => q.map((x) => x / steps))
      const toGrid = values(cdist(z, tensor(grid.flat(), { shape: [grid.length, n], dtype: 'f64' })))
      const toLabel = values(sum(z.sub(oneHot(y, n, { dtype: 'f64' })).square(), { axis: -1 }))
      loss.forEach((x, i) => {
        const nearest = Math.min(...toGrid.slice(i * grid.length, (i + 1) * grid.length)) ** 2
        const onGrid = ((toLabel[i] as number) - nearest) / 2
        expect(x).toBeGreaterThanOrEqual(onGrid - 1e-12)
        expect(x - onGrid).toBeLessThan(n / steps)
      })
    },
  )

  it('sparsemax is 0 from a margin of 1 on, and keeps its digits at large margins', () => {
    const loss = permLoss(permTemplates.sparsemax)
    const y = tensor(0, { dtype: 'i32' })
    expect(values(loss(tensor([1, 0, -3], { dtype: 'f64' }), y))).toEqual([0])
    expect(values(loss(tensor([-1e6, 0, 0.5]), y))).toEqual([
      values(loss(tensor([-1e6, 0, 0.5], { dtype: 'f64' }), y))[0],
    ])
    const gradient = grad((z: Tensor) => loss(z, y))(tensor([-1e6, 0, 0.5]))
    expectClose(gradient.cast('f64'), tensor([-1, 0.25, 0.75], { dtype: 'f64' }), 1e-6)
  })

  it('takes a template of its user', () => {
    const loss = permLoss((u) => mean(u.square(), { axis: -1 }))
    const z = tensor([[3, 1, 2]], { dtype: 'f64' })
    expectClose(loss(z, tensor([0], { dtype: 'i32' })), 2.5)
    expectClose(loss(take(z, tensor([2, 1, 0], { dtype: 'i32' }), { axis: 1 }), tensor([2], { dtype: 'i32' })), 2.5)
  })

  it('marks examples with computed labels out of range by NaN', () => {
    const z = tensor([
      [1, 2],
      [3, 4],
    ])
    const computed = tensor([1, 0], { dtype: 'i32' }).add(1)
    expect(values(pairLogLoss(z, computed)).map(Number.isNaN)).toEqual([true, false])
    expect(values(pairLogLoss(z, computed.sub(3))).map(Number.isNaN)).toEqual([true, true])
  })
})

/** All lists of n integers of at least 0 that add up to a total. */
function simplex(n: number, total: number): number[][] {
  if (n === 1) return [[total]]
  return Array.from({ length: total + 1 }, (_, first) =>
    simplex(n - 1, total - first).map((rest) => [first, ...rest]),
  ).flat()
}

describeErrors('permLoss', {
  'permLoss: template must reduce the last axis of the margins [2, 1], got []. Sum with { axis: -1 }, for instance.':
    () =>
      permLoss((u) => sum(u))(
        tensor([
          [1, 2],
          [3, 4],
        ]),
        tensor([0, 1], { dtype: 'i32' }),
      ),
  'permLoss: labels must be class indices from 0 to 1, got 2. The logits have 2 classes.': () =>
    permLoss(permTemplates.pairLog)(tensor([1, 2]), tensor(2, { dtype: 'i32' })),
})
