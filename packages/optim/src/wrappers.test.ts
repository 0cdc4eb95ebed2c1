import { fc, test } from '@fast-check/vitest'
import { cpu } from '@wengert/backend-cpu'
import {
  grad,
  key,
  leaves,
  mapTree,
  matmul,
  mean,
  normal,
  type Path,
  reciprocal,
  sum,
  type Tensor,
  TreeError,
  tensor,
  useBackend,
  valueAndGrad,
} from '@wengert/core'
import { away, descend, describeErrors, gradientLists, lists, numbers, type Updater } from '@wengert/testing'
import { beforeAll, describe, expect, expectTypeOf, it } from 'vitest'
import {
  type AdamState,
  accumulate,
  adam,
  adamw,
  applyUpdates,
  chain,
  frozen,
  groups,
  lookahead,
  muon,
  parameterAverage,
  type SgdState,
  sam,
  sgd,
  type Transform,
} from './index.ts'

beforeAll(() => useBackend(cpu()))

const f64 = (list: readonly number[]): Tensor => tensor(list, { dtype: 'f64' })
const rates = fc.double({ min: 1e-3, max: 0.5, noNaN: true })

/** Parameters before the first step and after each. */
function journey<P>(transform: Updater, start: P, gradients: readonly P[]): { params: number[][]; state: unknown } {
  let [params, state] = [start, transform.init(start)]
  const seen = [numbers(params)]
  for (const grads of gradients) {
    const [updates, next] = transform.update(grads, state, params)
    params = applyUpdates(params, updates)
    state = next
    seen.push(numbers(params))
  }
  return { params: seen, state }
}

describe('lookahead', () => {
  test.prop(
    [rates, lists(3), gradientLists(3), fc.integer({ min: 1, max: 4 }), fc.double({ min: 0.1, max: 1, noNaN: true })],
    { numRuns: 30 },
  )('is its definition, with momentum inside', (lr, start, gradients, every, alpha) => {
    const grads = [...gradients, ...gradients, ...gradients]
    let [fast, slow] = [[...start], [...start]]
    let velocity = start.map(() => 0)
    grads.forEach((g, t) => {
      velocity = velocity.map((v, i) => 0.9 * v + (g[i] as number))
      fast = fast.map((p, i) => p - lr * (velocity[i] as number))
      if ((t + 1) % every !== 0) return
      slow = slow.map((s, i) => s + alpha * ((fast[i] as number) - s))
      fast = slow
    })
    const inner = sgd({ lr, momentum: 0.9 })
    const { params } = journey(lookahead(inner, { every, alpha }), f64(start), grads.map(f64))
    expect(away(params.at(-1) as number[], fast)).toBeLessThan(1e-12)
  })

  test.prop([rates, lists(3), gradientLists(3), fc.constantFrom(1, 2, 5)], { numRuns: 30 })(
    'that goes all the way is the inner optimizer',
    (lr, start, gradients, every) => {
      const [plain, ahead] = [adam({ lr }), lookahead(adam({ lr }), { every, alpha: 1 })].map((transform: Updater) =>
        numbers(descend(transform, f64(start), gradients.map(f64))),
      )
      expect(away(ahead as number[], plain as number[])).toBeLessThan(1e-12)
    },
  )

  test.prop([rates, lists(3), gradientLists(3)], { numRuns: 30 })(
    'after each step is a share of the step',
    (lr, start, gradients) => {
      const half = descend(lookahead(sgd({ lr }), { every: 1, alpha: 0.5 }), f64(start), gradients.map(f64))
      const plain = descend(sgd({ lr: lr / 2 }), f64(start), gradients.map(f64))
      expect(away(numbers(half), numbers(plain))).toBeLessThan(1e-13)
    },
  )
})

describe('accumulate', () => {
  test.prop([lists(3), fc.array(gradientLists(3), { minLength: 1, maxLength: 3 }), fc.constantFrom(1, 2, 3, 4)], {
    numRuns: 30,
  })('k gradients are one step along their mean, and none between', (start, lists, k) => {
    const parts = lists.flat()
    const whole = Array.from({ length: Math.floor(parts.length / k) }, (_, i) =>
      start.map((_, j) => parts.slice(i * k, (i + 1) * k).reduce((total, g) => total + (g[j] as number), 0) / k),
    )
    const { params } = journey(accumulate(adam({ lr: 0.1 }), { steps: k }), f64(start), parts.map(f64))
    const { params: plain } = journey(adam({ lr: 0.1 }), f64(start), whole.map(f64))
    params.forEach((at, t) => {
      expect(away(at, plain[Math.floor(t / k)] as number[])).toBeLessThan(1e-9)
    })
  })

  test.prop([fc.nat(1e6), fc.constantFrom(2, 3)], { numRuns: 10 })('parts of a batch are the batch', (seed, k) => {
    const x = normal(key(seed), [6, 3], { dtype: 'f64' })
    const objective = (p: Tensor, x: Tensor) => mean(matmul(x, p.expandDims(-1)).square())
    const start = f64([1, -2, 0.5])
    const whole = descend(sgd({ lr: 0.1 }), start, [grad(objective)(start, x)])
    const size = 6 / k
    const parts = Array.from({ length: k }, (_, i) =>
      grad(objective)(start, x.slice([i * size, 0], [(i + 1) * size, 3])),
    )
    const inParts = descend(accumulate(sgd({ lr: 0.1 }), { steps: k }), start, parts)
    expect(away(numbers(inParts), numbers(whole))).toBeLessThan(1e-13)
  })

  it('counts large steps for schedules', () => {
    const inner = sgd({ lr: (step) => step.add(1) })
    const gradients = [1, 1, 1, 1].map((g) => f64([g]))
    const { params } = journey(accumulate(inner, { steps: 2 }), f64([0]), gradients)
    expect(params.flat()).toEqual([0, 0, -1, -1, -3])
  })

  it('leaves out what is infinite between its steps', () => {
    const inverse: Transform<{ readonly total: Tensor }> = {
      init: () => ({ total: f64([0]) }),
      update: <P>(g: P, { total }: { readonly total: Tensor }) => {
        const inverses = mapTree(reciprocal, g)
        return [inverses, { total: total.add(leaves(inverses)[0] as Tensor) }]
      },
    }
    const { params, state } = journey(accumulate(inverse, { steps: 2 }), f64([0]), [f64([0]), f64([2])])
    expect(params.flat()).toEqual([0, 0, 1])
    expect(numbers(state)).toEqual([0, 0, 1])
  })
})

describe('parameterAverage', () => {
  test.prop([lists(3), gradientLists(3), fc.double({ min: 0, max: 0.99, noNaN: true })])(
    'is its definition, and leaves updates as they are',
    (start, gradients, decay) => {
      const plain = journey(adam({ lr: 0.1 }), f64(start), gradients.map(f64))
      const { params, state } = journey(
        chain(adam({ lr: 0.1 }), parameterAverage({ decay })),
        f64(start),
        gradients.map(f64),
      )
      expect(params).toEqual(plain.params)
      const [first, ...later] = plain.params as [number[], ...number[][]]
      const expected = later.reduce((mean, p) => mean.map((m, i) => decay * m + (1 - decay) * (p[i] as number)), first)
      expect(away(numbers((state as [AdamState, { average: Tensor }])[1].average), expected)).toBeLessThan(1e-12)
    },
  )

  test.prop([lists(3)])('of parameters that stay is these', (start) => {
    const stay = journey(parameterAverage(), f64(start), Array(5).fill(f64([0, 0, 0])))
    expect(away(numbers(stay.state), start)).toBeLessThan(1e-14)
  })
})

describe('groups', () => {
  const params = {
    layers: [
      {
        weight: tensor([
          [1, 2],
          [3, 4],
        ]),
        bias: tensor([1, 1]),
      },
      {
        weight: tensor([
          [5, 6],
          [7, 9],
        ]),
        bias: tensor([2, 2]),
      },
    ] as const,
    gain: tensor(3),
  }
  const same = <P>(tree: P): readonly P[] => [tree, tree, tree]

  it('one group is the plain optimizer', () => {
    for (const inner of [adam({ lr: 0.1 }), sgd({ lr: 0.1, momentum: 0.5 })] as Transform<unknown>[])
      expect(numbers(descend(groups([/./, inner]), params, same(params)))).toEqual(
        numbers(descend(inner, params, same(params))),
      )
  })

  it('treats each parameter as the first group that takes it would', () => {
    const [decayed, plain] = [adamw({ lr: 0.1, weightDecay: 0.5 }), sgd({ lr: 0.2 })]
    const moved = descend(
      groups([/bias|gain/, plain], [/^tree\.layers\[1\]/, frozen()], [/./, decayed]),
      params,
      same(params),
    )
    const [a, b] = [descend(decayed, params, same(params)), descend(plain, params, same(params))]
    expect(numbers(moved.layers[0].weight)).toEqual(numbers(a.layers[0].weight))
    expect(numbers(moved.layers[1].weight)).toEqual(numbers(params.layers[1].weight))
    for (const i of [0, 1] as const) expect(numbers(moved.layers[i].bias)).toEqual(numbers(b.layers[i].bias))
    expect(numbers(moved.gain)).toEqual(numbers(b.gain))
  })

  it('selects by path and parameter too, and hands on only what belongs to a group', () => {
    const seen: Path[] = []
    const select = (path: Path, { shape }: Tensor): boolean => {
      seen.push(path)
      return shape.length === 2
    }
    const optimizer = groups([select, muon()], [/./, adam()])
    expectTypeOf(optimizer).toExtend<Transform<readonly [unknown, AdamState]>>()
    const [, { m }] = optimizer.init(params)
    expect(seen).toContainEqual(['layers', 0, 'weight'])
    expect(m).toEqual({ layers: [{ weight: [], bias: expect.anything() }, expect.anything()], gain: expect.anything() })
    const moved = descend(optimizer, params, same(params))
    expect(numbers(moved.layers[1].weight)).toEqual(
      numbers(descend(muon(), params.layers[1].weight, same(params.layers[1].weight))),
    )
  })

  it('takes patterns that remember where they were', () => {
    const optimizer = groups([/bias/g, sgd({ lr: 1 })], [/./, frozen()])
    expectTypeOf(optimizer).toEqualTypeOf<Transform<[SgdState, readonly []]>>()
    const moved = descend(optimizer, params, [params, params])
    expect([...numbers(moved.layers[0].bias), ...numbers(moved.layers[1].bias)]).toEqual([-1, -1, -2, -2])
  })

  it('refuses parameters without a group', () => {
    expect(() => groups([/weight/, adam()]).init(params)).toThrow(TreeError)
  })
  describeErrors('groups', {
    'groups: params must each belong to a group, got none for tree.layers[0].bias. Add one for it, or [/./, optimizer] at the end for all that is left.':
      () => groups([/weight/, adam()]).init(params),
  })
})

describe('sam', () => {
  const objective = (p: { readonly a: Tensor; readonly b: Tensor }, c: Tensor): Tensor =>
    sum(p.a.square().mul(c)).add(sum(p.b.pow(4)))
  const draws = fc.tuple(lists(2), lists(2), rates)

  test.prop([draws])('is its definition: value at the point, gradient uphill', ([a, b, rho]) => {
    const c = [1, 3]
    const slope = [...a.map((v, i) => 2 * v * (c[i] as number)), ...b.map((v) => 4 * v ** 3)]
    const length = Math.hypot(...slope)
    const uphill = [...a, ...b].map((v, i) => v + (length > 0 ? (rho * (slope[i] as number)) / length : 0))
    const expected = uphill.map((v, i) => (i < 2 ? 2 * v * (c[i] as number) : 4 * v ** 3))
    const p = { a: f64(a), b: f64(b) }
    const [value, gradient] = sam(objective, { rho })(p, f64(c))
    expect(away(numbers(gradient), expected)).toBeLessThan(1e-12)
    expect(numbers(value)).toEqual(numbers(objective(p, f64(c))))
  })

  test.prop([draws])('of a slope that is the same everywhere is the plain gradient', ([a, b]) => {
    const linear = (x: Tensor) => sum(x.mul(f64(b)))
    expect(numbers(sam(linear)(f64(a)))).toEqual(numbers(valueAndGrad(linear)(f64(a))))
  })

  test.prop([lists(3), rates])('of ½ ‖x‖² is longer than the plain gradient by rho', (x, rho) => {
    fc.pre(Math.hypot(...x) > 0)
    const gradient = numbers(sam((x: Tensor) => sum(x.square()).mul(0.5), { rho })(f64(x))[1])
    expect(Math.hypot(...gradient)).toBeCloseTo(Math.hypot(...x) + rho, 12)
  })

  it('stays where the gradient is 0, in f32 too', () => {
    const [value, gradient] = sam((x: Tensor) => sum(x.square()))(tensor([0, 0]))
    expect([...numbers(value), ...numbers(gradient)]).toEqual([0, 0, 0])
    expect(gradient.dtype).toBe('f32')
  })

  it('can be differentiated', () => {
    // Uphill of ½ x² is x + ρ sign x, so that the gradient's derivative is 1.
    const slope = (x: Tensor) => sam((x: Tensor) => x.square().mul(0.5), { rho: 0.3 })(x)[1]
    expect(grad(slope)(tensor(2, { dtype: 'f64' })).item()).toBeCloseTo(1, 12)
  })
})

describeErrors('options', {
  'lookahead: every must be an integer of at least 1, got 0.': () => lookahead(adam(), { every: 0 }),
  'lookahead: alpha must be greater than 0 and at most 1, got 2.': () => lookahead(adam(), { alpha: 2 }),
  'accumulate: steps must be an integer of at least 1, got 1.5.': () => accumulate(adam(), { steps: 1.5 }),
  'parameterAverage: decay must be at least 0 and less than 1, got 1.': () => parameterAverage({ decay: 1 }),
  'sam: rho must be positive and finite, got 0.': () => sam((x: Tensor) => x, { rho: 0 }),
})
