import { cpu } from '@wengert/backend-cpu'
import { checkGradients, GradientCheckError } from '@wengert/gradcheck'
import { distance } from '@wengert/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as w from './index.ts'
import type { Op, Vjp } from './op.ts'

// Wrong derivatives put into every op, one at a time: the gradient check must notice each of them.

beforeAll(() => w.useBackend(cpu()))

const f64 = (shape: w.Shape, seed = 0, low = 0.2, high = 0.9): w.Tensor =>
  w.uniform(w.key(seed), shape, { low, high, dtype: 'f64' })
const indices = w.tensor([2, 0, 2], { dtype: 'i32' })
const positive = (x: w.Tensor): w.Tensor => w.matmul(x, x.transpose()).add(w.eye(3, { dtype: 'f64' }).mul(2))

type Sample = readonly [f: (...xs: w.Tensor[]) => unknown, ...args: w.Tensor[]]

const one = (f: (x: w.Tensor) => unknown, x = f64([2, 3])): Sample => [f as (...xs: w.Tensor[]) => unknown, x]
const two = (f: (a: w.Tensor, b: w.Tensor) => unknown, a = f64([2, 3]), b = f64([3], 1)): Sample => [
  f as (...xs: w.Tensor[]) => unknown,
  a,
  b,
]

/** Functions that between them use every op with a derivative. */
const samples: readonly Sample[] = [
  ...[w.expm1, w.log1p, w.sin, w.cos, w.tan, w.asin, w.acos, w.atan, w.sinh, w.cosh, w.tanh, w.asinh, w.atanh].map(
    (f) => one(f),
  ),
  ...[w.sigmoid, w.softplus, w.erf, w.erfc, w.erfInv, w.lgamma, w.digamma, w.relu, w.logSumExp, w.softmax].map((f) =>
    one((x) => f(x)),
  ),
  one(w.acosh, f64([2, 3], 0, 1.2, 3)),
  one((x) => [x.neg(), x.abs(), x.sqrt(), x.exp(), x.log(), x.cast('f64').square()]),
  one((x) => [
    w.sum(x, { axis: 0 }),
    w.max(x, { axis: 1 }),
    w.min(x),
    w.prod(x),
    w.cumSum(x),
    w.cumProd(x),
    w.cumMax(x),
  ]),
  one((x) => [
    x.reshape([6]),
    x.transpose(),
    x.broadcastTo([2, 2, 3]),
    x.slice([0, 1], [2, 3]),
    w.flip(x, { axis: 1 }),
  ]),
  one((x) => [
    w.pad(x, [
      [1, 0],
      [0, 2],
    ]),
    w.concat([x, x.square()]),
    w.sort(x),
    w.take(x, indices, { axis: 1 }),
  ]),
  one((x) => [w.scatterAdd(f64([3, 2], 3), indices, x.transpose()), w.avgPool2d(x, 2)]),
  one((x) => [w.cholesky(positive(x)), w.solve(positive(x), x), w.logDet(positive(x)), w.qr(x).r], f64([3, 3])),
  one((x) => [w.eigh(positive(x)).values, w.triangularSolve(w.tril(positive(x)), x)], f64([3, 3])),
  two((a, b) => [a.add(b), a.sub(b), a.mul(b), a.div(b), a.pow(b), w.maximum(a, b), w.minimum(a, b)]),
  two((a, b) => [w.atan2(a, b), w.hypot(a, b), w.where(a.less(b), a.square(), b.exp())]),
  two((a, b) => [w.matmul(a, b), w.einsum('ij,jk->k', a, b)], f64([2, 3]), f64([3, 2], 1)),
  two((a, b) => w.conv1d(a, b), f64([1, 2, 5]), f64([2, 2, 2], 1)),
]

/** A way to spoil the gradient of one input; null where it does not apply. */
type Mutation = (gradient: w.Tensor, input: w.Tensor) => w.Tensor | null

const mutations: Record<string, Mutation> = {
  'wrong sign': (g) => g.neg(),
  'wrong factor': (g) => g.mul(1.001),
  'missing term': (g) => g.mul(0),
  'stale position': (g) => {
    const axis = g.shape.findIndex((n) => n > 1)
    return axis < 0 ? null : w.flip(g, { axis })
  },
  transposed: (g) => {
    const [m, n] = g.shape.slice(-2)
    return m !== undefined && m === n && m > 1 ? g.transpose() : null
  },
  'dropped sum over a broadcast axis': (g, x) => {
    const lead = g.shape.length - x.shape.length
    if (w.sameShape(g.shape, x.shape)) return null
    const end = g.shape.map((n, i) => (i < lead || x.shape[i - lead] === 1 ? Math.min(n, 1) : n))
    return g
      .slice(
        g.shape.map(() => 0),
        end,
      )
      .reshape(x.shape)
  },
}

/** The ops with a derivative that a function uses. */
function opsOf([f, ...args]: Sample): Op[] {
  const found = new Set<Op>()
  for (const { op } of w.tape(w.vjp(f, ...args)[0]).lines) if (op.vjp && op.name !== 'customVjp') found.add(op)
  return [...found]
}

function withVjp<T>(op: Op, vjp: Vjp, run: () => T): T {
  const [mutable, original] = [op as { vjp: Vjp | null }, op.vjp]
  mutable.vjp = vjp
  try {
    return run()
  } finally {
    mutable.vjp = original
  }
}

/** The gradient of all inputs, to tell mutants that change nothing. */
function gradientOf([f, ...args]: Sample): number[] {
  const [y, pullback] = w.vjp(f, ...args)
  let seed = 50
  const g = w.mapTree((out) => f64(out.shape, seed++), y)
  return pullback(g).flatMap((x) => [...x.dataSync()])
}

const killed = new Map<string, string[]>()
let mutants = 0

const using = new Map<Op, Sample[]>()
for (const sample of samples) for (const op of opsOf(sample)) using.set(op, [...(using.get(op) ?? []), sample])

describe.each([...using].map(([op, all]) => [op.name, op, all] as const))(
  'a wrong derivative of %s',
  (name, op, all) => {
    const original = op.vjp as Vjp

    it.each(Object.entries(mutations))('is noticed: %s', (kind, mutate) => {
      for (const input of [0, 1]) {
        const wrong: Vjp = (g, y, inputs, needs) =>
          original(g, y, inputs, needs).map((gradient, j) =>
            gradient && j === input ? (mutate(gradient, inputs[j] as w.Tensor) ?? gradient) : gradient,
          )
        // Where the spoiled derivative is multiplied by 0, or symmetric, there is nothing to notice.
        const sample = all.find(
          (one) =>
            distance(
              withVjp(op, wrong, () => gradientOf(one)),
              gradientOf(one),
            ) > 1e-9,
        )
        if (!sample) continue
        const [f, ...args] = sample
        mutants++
        expect(() => withVjp(op, wrong, () => checkGradients(f, args, { order: 1 }))).toThrow(GradientCheckError)
        killed.set(name, [...(killed.get(name) ?? []), `${kind} (${input})`])
      }
    })

    it('matters to some sample', () => {
      // Aliases are lines to differentiate by, and a cast from f64 to f64 is none.
      if (name !== 'alias' && name !== 'cast') expect(killed.get(name)?.length).toBeGreaterThan(0)
    })
  },
)

it.each(samples.map((sample, i) => [i, sample] as const))(
  'sample %d passes with the right derivatives',
  (_, [f, ...args]) => {
    checkGradients(f, args, { order: 1 })
  },
)

afterAll(() => {
  const lines = [...killed].map(([name, kinds]) => `  ${name.padEnd(16)}${kinds.length}`)
  console.log(
    `mutants of derivatives killed: ${[...killed.values()].flat().length} of ${mutants}, by op\n${lines.join('\n')}`,
  )
})
