import { cpu } from '@wengert/backend-cpu'
import { distance } from '@wengert/testing'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
// checkGradients up to the first disagreement, without the search for what is at fault.
import { compareDerivatives } from '../../gradcheck/src/check.ts'
import * as w from './index.ts'
import type { Op, Vjp } from './op.ts'
import { aliasOp } from './ops/view.ts'

// Wrong derivatives put into every op, one at a time: the gradient check, or what is said of ties, must notice each of them.

const defined = vi.hoisted((): { readonly name: string; readonly code: number; readonly vjp: unknown }[] => [])
vi.mock('./op.ts', async (importOriginal) => {
  const original = await importOriginal<typeof import('./op.ts')>()
  const defineOp: typeof original.defineOp = (...row) => {
    const op = original.defineOp(...row)
    defined.push(op)
    return op
  }
  return { ...original, defineOp }
})

beforeAll(() => w.useBackend(cpu()))

const f64 = (shape: w.Shape, seed = 0, low = 0.2, high = 0.9): w.Tensor =>
  w.uniform(w.key(seed), shape, { low, high, dtype: 'f64' })
const numbers = (...values: number[]): w.Tensor => w.tensor(values, { dtype: 'f64' })
const indices = w.tensor([2, 0, 2], { dtype: 'i32' })
const positive = (x: w.Tensor): w.Tensor => w.matmul(x, x.transpose()).add(w.eye(3, { dtype: 'f64' }).mul(2))

interface Sample {
  readonly f: (...xs: w.Tensor[]) => unknown
  readonly args: readonly w.Tensor[]
  /** At kinks, where any subgradient agrees with differences: the gradients of the arguments that are promised. */
  readonly promised?: readonly (readonly number[])[]
}

const one = (f: (x: w.Tensor) => unknown, x = f64([2, 3])): Sample => ({ f: f as Sample['f'], args: [x] })
const two = (f: (a: w.Tensor, b: w.Tensor) => unknown, a = f64([2, 3]), b = f64([3], 1)): Sample => ({
  f: f as Sample['f'],
  args: [a, b],
})
const kink = (f: (...xs: w.Tensor[]) => w.Tensor, args: readonly w.Tensor[], ...promised: number[][]): Sample => ({
  f: (...xs) => w.sum(f(...xs)),
  args,
  promised,
})

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
    w.takeAlong(x, w.argSort(x)),
  ]),
  one((x) => [w.scatterAdd(f64([3, 2], 3), indices, x.transpose()), w.avgPool2d(x, 2)]),
  // The gather that a scatter is differentiated by.
  one((x) => w.grad((v: w.Tensor) => w.sum(w.scatterAdd(f64([3, 2], 3), indices, v.transpose()).square()))(x)),
  one((x) => [w.cholesky(positive(x)), w.solve(positive(x), x), w.logDet(positive(x)), w.qr(x).r], f64([3, 3])),
  one((x) => [w.eigh(positive(x)).values, w.triangularSolve(w.tril(positive(x)), x)], f64([3, 3])),
  two((a, b) => [a.add(b), a.sub(b), a.mul(b), a.div(b), a.pow(b), w.maximum(a, b), w.minimum(a, b)]),
  two((a, b) => [w.atan2(a, b), w.hypot(a, b), w.where(a.less(b), a.square(), b.exp())]),
  two((a, b) => [w.matmul(a, b), w.einsum('ij,jk->k', a, b)], f64([2, 3]), f64([3, 2], 1)),
  two(
    (a, b) => [
      w.blockMatmul(a, b, w.tensor([true], { dtype: 'bool' }), { size: 2 }),
      w.blockMatmul(a, b, w.tensor([true, true], { dtype: 'bool' }), { of: 'columns', size: 2 }),
    ],
    f64([2, 3]),
    f64([3, 2], 1),
  ),
  two((a, b) => w.conv1d(a, b), f64([1, 2, 5]), f64([2, 2, 2], 1)),
  kink((x) => w.max(x), [numbers(2, 2, 1)], [0.5, 0.5, 0]),
  kink((x) => w.min(x), [numbers(1, 2, 1)], [0.5, 0, 0.5]),
  kink((a, b) => w.maximum(a, b), [numbers(1, 2), numbers(1, 3)], [0.5, 0], [0.5, 1]),
  kink((a, b) => w.minimum(a, b), [numbers(1, 2), numbers(1, 3)], [0.5, 1], [0.5, 0]),
  kink((x) => w.sort(x).mul(numbers(1, 2, 3)), [numbers(4, 4, 0)], [2, 3, 1]),
  kink((x) => w.cumMax(x), [numbers(1, 1, 0)], [3, 0, 0]),
  kink((x) => x.abs(), [numbers(0, 0)], [0, 0]),
]

/** Ways to spoil the gradient of one input; null where one does not apply. */
const ofGradient: Record<string, (g: w.Tensor, x: w.Tensor, inputs: readonly w.Tensor[]) => w.Tensor | null> = {
  'wrong sign': (g) => g.neg(),
  'wrong factor': (g) => g.mul(1.001),
  'no gradient': (g) => g.mul(0),
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
  'all to each tie': (g, x, inputs) => {
    const before = ties(g, x, inputs)
    return before && w.where(before.tied, g.mul(2), g)
  },
  'all to the last tie': (g, x, inputs) => {
    const before = ties(g, x, inputs)
    return before && w.where(before.tied, w.where(before.last, g.mul(2), 0), g)
  },
}

/** Which elements of an input equal another one, or their operand: where the op has to choose. */
function ties(g: w.Tensor, x: w.Tensor, inputs: readonly w.Tensor[]): { tied: w.Tensor; last: w.Tensor } | null {
  if (!w.sameShape(g.shape, x.shape)) return null
  const [a, b] = inputs as [w.Tensor, w.Tensor]
  if (inputs.length === 2 && w.sameShape(a.shape, b.shape))
    return { tied: a.equal(b), last: w.full(x.shape, Number(x === b), { dtype: 'bool' }) }
  const size = w.sizeOf(x.shape)
  const equal = x
    .reshape([size, 1])
    .equal(x.reshape([1, size]))
    .and(w.eye(size).equal(0))
  const after = w.arange(size).reshape([size, 1]).less(w.arange(size))
  return {
    tied: w.any(equal, { axis: 1 }).reshape(x.shape),
    last: w.any(equal.and(after), { axis: 1 }).not().reshape(x.shape),
  }
}

/** Something of the same value through which no derivative goes: the check does not know it for a stopGradient. */
const held = w.customVjp(
  (x: w.Tensor) => x,
  (g) => [w.zerosLike(g)],
)
const floats = (inputs: readonly w.Tensor[], f: (x: w.Tensor) => w.Tensor): w.Tensor[] =>
  inputs.map((x) => (w.isFloat(x.dtype) ? f(x) : x))

/** Another value for an output. Rules read the attributes of an output, which are no matter of values. */
const instead = (y: w.Tensor, other: w.Tensor): w.Tensor => Object.assign(other, { attrs: y.attrs })

/** Ways to call a rule with something wrong, and the order of the derivative that shows it. */
const ofArguments: Record<string, { readonly order: number; readonly wrong: (vjp: Vjp) => Vjp }> = {
  'stale output': {
    order: 1,
    wrong:
      (vjp) =>
      (g, y, ...rest) =>
        vjp(g, instead(y, y.mul(1.01)), ...rest),
  },
  'stale input': {
    order: 1,
    wrong: (vjp) => (g, y, inputs, needs) =>
      vjp(
        g,
        y,
        floats(inputs, (x) => x.mul(1.01)),
        needs,
      ),
  },
  'output held fixed': {
    order: 2,
    wrong:
      (vjp) =>
      (g, y, ...rest) =>
        vjp(g, instead(y, held(y)), ...rest),
  },
  'inputs held fixed': {
    order: 2,
    wrong: (vjp) => (g, y, inputs, needs) => vjp(g, y, floats(inputs, held), needs),
  },
  'cotangent held fixed': {
    order: 2,
    wrong:
      (vjp) =>
      (g, ...rest) =>
        vjp(held(g), ...rest),
  },
}

/** What a rule is made of may lack a part: an operand of these lines. */
const ofLines: Record<string, readonly string[]> = {
  'missing term': ['add', 'sub'],
  'missing factor': ['mul', 'div'],
}

/** The rule without an operand of one of the lines that it makes; `found` tells whether it makes so many of them. */
function without(vjp: Vjp, names: readonly string[], at: number, operand: 0 | 1): { wrong: Vjp; found: () => boolean } {
  let found = false
  const wrong: Vjp = (...args) => {
    const first = w.tensor(0).id
    const gradients = vjp(...args)
    const made = w.tape(gradients.filter((g) => g !== null)).lines.filter(({ id }) => id > first)
    const line = made.filter(({ op }) => names.includes(op.name))[at]
    const kept = line?.inputs[operand]
    if (!line) return gradients
    found = true
    if (kept && w.sameShape(kept.shape, line.shape)) Object.assign(line, { op: aliasOp, inputs: [kept], attrs: [] })
    return gradients
  }
  return { wrong, found: () => found }
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

/** Each float output squared, so that its cotangent depends on the arguments. */
const squared =
  ({ f }: Sample): Sample['f'] =>
  (...xs) =>
    w.leaves(f(...xs)).map((y) => y.square())

const weights = <T>(like: T, seed: number): T => {
  let at = seed
  return w.mapTree((x) => f64(x.shape, at++), like)
}

/** The derivative of an order, to tell mutants that change nothing. */
function derivativeOf({ f, args, promised }: Sample, order: number): number[] {
  const gradient = (...xs: readonly w.Tensor[]): readonly w.Tensor[] => {
    const [y, pullback] = w.vjp(order === 1 ? f : squared({ f, args }), ...xs)
    return pullback(promised ? w.mapTree((out) => w.ones(out.shape, { dtype: 'f64' }), y) : weights(y, 50))
  }
  if (order === 1) return gradient(...args).flatMap((x) => [...x.dataSync()])
  const [y, pullback] = w.vjp(gradient, ...args)
  return pullback(weights(y, 70)).flatMap((x) => [...x.dataSync()])
}

/** Whether a sample's own check fails. */
function fails(sample: Sample, order: number): boolean {
  const { f, args, promised } = sample
  if (promised) return distance(derivativeOf(sample, 1), promised.flat()) > 1e-12
  return compareDerivatives(order === 1 ? f : squared(sample), args as w.Tensor[], { order }).failure !== null
}

const right = new Map<string, number[]>()

/** Derivatives by the rules as they are. */
function rightDerivative(sample: Sample, order: number): number[] {
  const key = `${samples.indexOf(sample)} ${order}`
  const known = right.get(key) ?? derivativeOf(sample, order)
  right.set(key, known)
  return known
}

const killed = new Map<string, Map<string, number>>()
let mutants = 0

/** Puts a wrong rule in place; where it changes a derivative at all, that must be noticed. */
function hunt(op: Op, all: readonly Sample[], kind: string, order: number, wrong: Vjp): void {
  const sample = all.find(
    (one) =>
      !(order === 2 && one.promised) &&
      distance(
        withVjp(op, wrong, () => derivativeOf(one, order)),
        rightDerivative(one, order),
      ) > 1e-9,
  )
  if (!sample) return
  mutants++
  expect(
    withVjp(op, wrong, () => fails(sample, order)),
    `a mutant of ${op.name}: ${kind}`,
  ).toBe(true)
  const kinds = killed.get(op.name) ?? new Map<string, number>()
  killed.set(op.name, kinds.set(kind, (kinds.get(kind) ?? 0) + 1))
}

const using = new Map<Op, Sample[]>()
for (const sample of samples) {
  const ops = new Set(w.tape(w.vjp(sample.f, ...sample.args)[0]).lines.map(({ op }) => op))
  for (const op of ops)
    if (op.vjp && op !== aliasOp && op.name !== 'customVjp') using.set(op, [...(using.get(op) ?? []), sample])
}

it('every op with a derivative has a sample', () => {
  expect(defined.length).toBeGreaterThan(60)
  const sampled = new Set([...using.keys()].map(({ code }) => code))
  expect(
    defined.filter(({ vjp, code }) => vjp && code !== aliasOp.code && !sampled.has(code)).map(({ name }) => name),
  ).toEqual([])
})

it.each(samples.map((sample, i) => [i, sample] as const))(
  'sample %d passes with the right derivatives',
  (_, sample) => {
    expect(fails(sample, 1)).toBe(false)
    if (!sample.promised) expect(fails(sample, 2)).toBe(false)
  },
)

describe.each([...using].map(([op, all]) => [op.name, op, all] as const))(
  'a wrong derivative of %s',
  (name, op, all) => {
    const original = op.vjp as Vjp

    it.each(Object.entries(ofGradient))('is noticed: %s', (kind, mutate) => {
      for (const input of [0, 1])
        hunt(op, all, kind, 1, (g, y, inputs, needs) =>
          original(g, y, inputs, needs).map((gradient, j) =>
            gradient && j === input ? (mutate(gradient, inputs[j] as w.Tensor, inputs) ?? gradient) : gradient,
          ),
        )
    })

    it.each(Object.entries(ofArguments))('is noticed: %s', (kind, { order, wrong }) => {
      hunt(op, all, kind, order, wrong(original))
    })

    it.each(Object.entries(ofLines))('is noticed: %s', (kind, names) => {
      for (const operand of [0, 1] as const)
        for (let at = 0, more = true; more; at++) {
          const { wrong, found } = without(original, names, at, operand)
          hunt(op, all, kind, 1, wrong)
          more = found()
        }
    })

    it('matters to some sample', () => {
      // A cast from f64 to f64 is none.
      if (name !== 'cast') expect(killed.get(name)?.size).toBeGreaterThan(0)
    })
  },
)

afterAll(() => {
  const kinds = [...new Set([...killed.values()].flatMap((row) => [...row.keys()]))]
  const total = [...killed.values()].flatMap((row) => [...row.values()]).reduce((a, b) => a + b, 0)
  const rows = [...killed].map(
    ([name, row]) => name.padEnd(16) + kinds.map((kind) => String(row.get(kind) ?? '').padStart(4)).join(''),
  )
  const legend = kinds.map((kind, i) => `${i + 1} ${kind}`).join(', ')
  const head = ''.padEnd(16) + kinds.map((_, i) => String(i + 1).padStart(4)).join('')
  console.log([`mutants of derivatives killed: ${total} of ${mutants}`, legend, head, ...rows].join('\n'))
})
