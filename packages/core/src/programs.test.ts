import { fc, test } from '@fast-check/vitest'
import { cpu } from '@wengert/backend-cpu'
import { checkGradients, GradientCheckError, tensors } from '@wengert/gradcheck'
import { chaining, distance, runs, unfolding } from '@wengert/testing'
import { describe, expect, it } from 'vitest'
import { type Schedule, schedule } from './evaluate/schedule.ts'
import * as w from './index.ts'
import { record } from './tape.ts'

// Random programs: graphs with sharing and trees, nested derivatives of both modes, rules of their own and recomputation.
// WENGERT_RUNS=100000 makes as many of them.

const backend = cpu()
const oracle = cpu({ wasm: false })

const sine = w.customVjp(
  (x: w.Tensor) => w.sin(x),
  (g, _, x) => [g.mul(w.cos(x))],
)
/** A rule for trees: the second part of the output is shared, the first input unused by it. */
const both = w.customVjp(
  ({ a, rest }: { a: w.Tensor; rest: readonly w.Tensor[] }) => {
    const b = rest[0] as w.Tensor
    return [a.mul(b), w.cos(b)] as const
  },
  ([g, h], _, { a, rest: [b] }) => {
    const y = b as w.Tensor
    return [{ a: g.mul(y), rest: [g.mul(a).sub(h.mul(w.sin(y)))] }]
  },
)
const block = w.checkpoint((x: w.Tensor, y: w.Tensor) => w.tanh(x.mul(y).add(x)))
const deep = w.checkpoint((x: w.Tensor) => block(sine(x), x).mul(0.7))
const compiled = w.compile((x: w.Tensor) => w.sin(x).mul(x).mul(0.5), { backend })

/** Every second element true. */
const pattern = ({ shape }: w.Tensor): w.Tensor => {
  const [m = 1, n = 1] = shape
  return w.tensor(
    Array.from({ length: m * n }, (_, i) => i % 2 === 0),
    { shape },
  )
}
/** Rows by number, one of them twice. */
const someRows = ({ shape: [m = 1] }: w.Tensor): w.Tensor =>
  w.tensor(
    Array.from({ length: m }, (_, i) => (2 * i) % m),
    { dtype: 'i32' },
  )
/** A well-conditioned matrix of m rows. */
const regular = (a: w.Tensor, b: w.Tensor): w.Tensor =>
  w
    .tanh(w.matmul(a, b.transpose()))
    .mul(0.2)
    .add(w.eye(a.shape[0] as number, { dtype: 'f64' }))

/** Smooth functions of matrices that keep their size and stay small. */
const moves: Record<string, (a: w.Tensor, b: w.Tensor) => w.Tensor> = {
  add: (a, b) => a.add(b).mul(0.6),
  mul: (a, b) => a.mul(b).mul(0.5),
  sub: (a, b) => a.sub(b.mul(0.5)),
  div: (a, b) => a.div(b.square().add(1)),
  tanh: (a) => w.tanh(a),
  softplus: (a, b) => w.softplus(a.sub(b)).sub(0.7),
  gelu: (a) => w.gelu(a),
  pow: (a, b) => w.softplus(a).add(0.5).pow(w.tanh(b)).sub(1),
  // Exponents, factors and differences of 0 are common here.
  xLogY: (a, b) => w.xLogY(w.tanh(a), w.softplus(b).add(0.5)),
  logAddExp: (a, b) => w.logAddExp(a, b).sub(0.7),
  atan2: (a, b) => w.atan2(a, b.square().add(1)),
  special: (a, b) => w.erf(a).add(w.lgamma(w.softplus(b).add(0.5)).mul(0.3)),
  hypot: (a, b) => w.hypot(a.sub(b), 1).sub(1),
  where: (a, b) => w.where(a.less(5), a.mul(0.9), b.exp()),
  // Nothing of the logarithm of a negative number may be seen.
  discarded: (a, b) => w.where(pattern(a), a.mul(0.9), w.where(pattern(a), b.sub(100).log(), w.sin(b))),
  rowMean: (a) => w.mean(a, { axis: 1, keepDims: true }).add(a).mul(0.5),
  columnSum: (a, b) => b.add(w.sum(a, { axis: 0 }).mul(0.2)),
  std: (a, b) => a.div(w.variance(b, { axis: 0 }).add(1).sqrt()),
  softmax: (a, b) => w.softmax(a).mul(b).mul(2),
  logSumExp: (a) => a.sub(w.logSumExp(a, { axis: 1, keepDims: true })).mul(0.5),
  prod: (a, b) => b.mul(w.prod(w.tanh(a), { axis: 0 })),
  cumSum: (a) => w.cumSum(a, { axis: 0 }).mul(0.4),
  cumProd: (a) => w.cumProd(w.tanh(a), { axis: 1 }),
  matmul: (a, b) => w.tanh(w.matmul(a, w.matmul(b.transpose(), a)).mul(0.2)),
  convolve: (a, b) => {
    const [m = 1, n = 1] = a.shape
    const images = w.stack([a, b]).expandDims(1)
    const y = w.conv2d(images, b.reshape([1, 1, m, n]), { padding: 'same' })
    return w.tanh(
      w
        .sum(y, { axis: [0, 1] })
        .mul(0.2)
        .add(a),
    )
  },
  convolveRows: (a, b) =>
    w.tanh(
      w
        .conv1d(a.expandDims(0), b.expandDims(1), { padding: 'same', groups: a.shape[0] as number })
        .squeeze(0)
        .mul(0.2),
    ),
  heads: (a, b) => {
    const merged = w
      .stack([a, b])
      .transpose([1, 0, 2])
      .reshape([a.shape[0] as number, -1])
    return a.sub(w.gelu(w.matmul(merged, w.matmul(merged.transpose(), b)).mul(0.1)))
  },
  einsum: (a, b) => w.tanh(w.einsum('ij,kj,kl->il', a, b, a).mul(0.2)),
  solve: (a, b) => w.tanh(w.solve(regular(a, b), a)),
  cholesky: (a, b) => w.matmul(w.cholesky(w.matmul(regular(a, b), regular(a, b).transpose())), b).mul(0.5),
  turn: (a, b) => a.transpose().reshape(a.shape).add(b).mul(0.5),
  shift: (a) => w.concat([a.slice([0, 1], a.shape), a.slice([0, 0], [a.shape[0] as number, 1])], { axis: 1 }),
  pad: (a, b) => {
    const padding = [
      [1, 0],
      [0, 2],
    ] as const
    return w
      .pad(a, padding)
      .mul(w.pad(b, padding, { value: 2 }))
      .slice([0, 0], a.shape)
      .add(b)
      .mul(0.5)
  },
  take: (a, b) => w.take(a, someRows(a)).sub(b).mul(0.6),
  scatterAdd: (a, b) => w.scatterAdd(a.mul(0.5), someRows(a), w.sin(b)),
  flip: (a, b) => w.flip(a, { axis: 0 }).mul(w.sin(b)),
  stopped: (a, b) => a.mul(w.stopGradient(w.sin(b))),
  custom: (a) => sine(a),
  customTree: (a, b) => {
    const [first, second] = both({ a, rest: [b] })
    return first.mul(0.4).add(second)
  },
  checkpoint: (a, b) => block(a, b),
  checkpointed: (a) => deep(a),
  compiled: (a) => compiled(a),
  nested: (a, b) => w.grad((v: w.Tensor) => w.sum(w.sin(v.mul(b)).mul(0.5)))(a),
  // The inner function sees the variable of the outer one.
  confused: (a, b) =>
    w.tanh(
      w
        .grad((v: w.Tensor) => w.sum(v.mul(w.grad((u: w.Tensor) => w.sum(w.sin(u.mul(v))))(b))))(a)
        .mul(0.5),
    ),
  nestedTree: (a, b) => {
    const gradient = w.grad(({ p, q: [q] }: { p: w.Tensor; q: readonly w.Tensor[] }) =>
      w.sum(
        w
          .sin(p)
          .mul(q as w.Tensor)
          .mul(b),
      ),
    )({ p: a, q: [b] })
    return gradient.p.add(gradient.q[0] as w.Tensor).mul(0.4)
  },
  pushed: (a, b) => w.jvp((v: w.Tensor) => w.tanh(v.mul(b)), [a], [b])[1].mul(0.6),
  curved: (a, b) => w.tanh(w.hvp((v: w.Tensor) => w.sum(w.sin(v).mul(v)), a, b).mul(0.3)),
}
const names = Object.keys(moves)

type Line = readonly [move: string, a: number, b: number]

interface Arguments {
  readonly x: w.Tensor
  readonly rest: readonly [row: w.Tensor, unused: w.Tensor]
}

const programs = fc.array(fc.tuple(fc.constantFrom(...names), fc.nat(20), fc.nat(20)), { minLength: 1, maxLength: 12 })
const inputs = fc
  .tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 }))
  .chain(([m, n]) =>
    fc.tuple(tensors([m, n], { min: -2, max: 2 }), tensors([n], { min: -2, max: 2 }), tensors([], { min: -2, max: 2 })),
  )
  .map(([x, row, unused]): Arguments => ({ x, rest: [row, unused] }))

/** All values of a program, in order. */
function execute(program: readonly Line[], { x, rest: [row] }: Arguments): w.Tensor[] {
  const values = [x, row.broadcastTo(x.shape)]
  const pick = (i: number): w.Tensor => values[i % values.length] as w.Tensor
  for (const [move, a, b] of program) values.push((moves[move] as (typeof moves)[string])(pick(a), pick(b)))
  return values
}

/** The last value, and one before it, so that programs have several outputs and share lines between them. */
function run(program: readonly Line[], args: Arguments): { y: w.Tensor; z: readonly w.Tensor[] } {
  const values = execute(program, args)
  return { y: values.at(-1) as w.Tensor, z: [values.at(-2) as w.Tensor] }
}

const numbers = (tree: unknown): number[] => w.leaves(tree).flatMap((x) => [...x.dataSync({ backend })])
const drawn = <T>(like: T, seed: number): T => {
  let i = 0
  return w.mapTree((x) => w.uniform(w.fold(w.key(seed), i++), x.shape, { low: -1, dtype: 'f64' }), like)
}
const inner = (a: unknown, b: unknown): number => {
  const [left, right] = [numbers(a), numbers(b)]
  return left.reduce((sum, v, i) => sum + v * (right[i] as number), 0)
}

/** How many programs were compared with differences, and how many of them round-off hid. */
const told = { programs: 0, inconclusive: 0 }

function agreesWithDifferences(program: readonly Line[], args: Arguments, order: number): void {
  told.programs++
  try {
    // A compiled part is a part of the list only while something is differentiated.
    checkGradients((a: Arguments) => w.vjp((b: Arguments) => run(program, b), a)[0], [args], { order, tolerance: 1e-5 })
  } catch (error) {
    // A slope may come out so small that the round-off of what cancels hides it: that program shows nothing.
    if (!(error instanceof GradientCheckError && error.verdict === 'inconclusive')) throw error
    told.inconclusive++
  }
}

describe('a random program', () => {
  test.prop([programs, inputs])('has derivatives that agree with differences', (program, args) => {
    agreesWithDifferences(program, args, 1)
  })

  test.prop([programs, inputs], runs(0.2))('has second derivatives that agree with differences', (program, args) => {
    agreesWithDifferences(program.slice(0, 6), args, 2)
  })

  it('seldom drowns in round-off', () => {
    console.log(`${told.programs} programs compared with differences, ${told.inconclusive} hidden by round-off`)
    expect(told.inconclusive).toBeLessThanOrEqual(2 + 0.01 * told.programs)
  })

  test.prop([programs, inputs, fc.nat()])(
    'has a forward derivative that is adjoint to the backward one',
    (program, args, seed) => {
      const f = (a: Arguments) => run(program, a)
      const [y, pullback] = w.vjp(f, args)
      const [s, u] = [drawn(args, seed), drawn(y, seed + 1)]
      const [, tangent] = w.jvp(f, [args], [s])
      expect(distance([inner(u, tangent)], [inner(pullback(u)[0], s)])).toBeLessThan(1e-10)
    },
  )

  test.prop([programs, inputs])('has the same gradient computed a second time, and by a rule', (program, args) => {
    const f = (a: Arguments) => w.sum(run(program, a).y)
    const rule = w.customVjp(f, (g, _, a) => w.vjp(f, a)[1](g))
    const wanted = numbers(w.grad(f)(args))
    expect(numbers(w.grad(w.checkpoint(f))(args))).toEqual(wanted)
    expect(numbers(w.grad(rule)(args))).toEqual(wanted)
  })

  test.prop([programs, inputs])(
    'gives the same bits fused, unfused, compiled, moved by a state and read piece by piece',
    async (program, args) => {
      const f = (a: Arguments) => run(program, a).y
      const all = [f(args), w.grad((a: Arguments) => w.sum(f(a)))(args).x]
      const given = w.leaves(args)
      const data = given.map((x) => x.dataSync())
      const fused = w.replay(given, all, { backend })(data)
      expect(w.replay(given, all, { backend, fuse: false })(data)).toEqual(fused)
      expect(w.compile(f, { backend })(args).dataSync()).toEqual(fused[0])
      const moving = w.state(args, { backend })
      await moving.update((s) => [{ ...s, x: f(s) }, []])
      expect(moving.value.x.dataSync({ backend })).toEqual(fused[0])
      const values = execute(program, args)
      for (const value of values) value.dataSync({ backend })
      expect(values.at(-1)?.dataSync()).toEqual(fused[0])
    },
  )

  test.prop([programs, inputs, fc.nat(), fc.constantFrom(4, 8, 24)], runs(0.5))(
    'gives the same bits fused and unfused, whichever of its values are wanted',
    (program, args, choice, maxBuffers) => {
      const values = execute(program, args).filter((_, i) => (choice >> (i % 31)) & 1)
      const all = [...values, w.grad((a: Arguments) => w.sum(run(program, a).y))(args).x]
      const given = w.leaves(args)
      const data = given.map((x) => x.dataSync())
      const wanted = w.replay(given, all, { backend: oracle, fuse: false })(data)
      for (const loops of [oracle, unfolding(oracle), chaining(oracle), chaining(unfolding(oracle))]) {
        const fusesMatmul = loops.fusesMatmul ?? false
        expectInOrder(schedule(record(all, { through: 'unknown' }), { maxBuffers, fusesMatmul }), maxBuffers)
        expect(w.replay(given, all, { backend: { ...loops, maxBuffers } })(data)).toEqual(wanted)
      }
    },
  )
})

/** Expects each node to be written once, before it is read, by a kernel that is not too large, and to be read or wanted. */
function expectInOrder({ nodes, outputs }: Schedule, maxBuffers: number): void {
  const written = new Set<number>()
  const used = new Set(outputs)
  expect(used.size).toBe(outputs.length)
  nodes.forEach((node, at) => {
    if (node.kind === 'source') written.add(at)
    if (node.kind !== 'kernel') return
    const { kernel, inputs, stored } = node
    for (const input of inputs) {
      expect(written).toContain(input)
      used.add(input)
    }
    for (const output of [at, ...stored]) {
      expect(written).not.toContain(output)
      written.add(output)
    }
    for (const output of stored) expect(nodes[output]).toEqual({ kind: 'stored', by: at })
    const body =
      kernel.kind === 'matmul' ? kernel.epilogue : kernel.kind === 'map' || kernel.kind === 'reduce' ? kernel : null
    if (!body) return
    expect(stored.length).toBe(body.stored?.length ?? 0)
    expect(inputs.length + 1 + stored.length).toBeLessThanOrEqual(maxBuffers)
    expect(body.steps.length).toBeLessThanOrEqual(64)
  })
  expect(written.size).toBe(nodes.length)
  expect(nodes.flatMap((node, at) => (node.kind === 'source' || used.has(at) ? [] : [at]))).toEqual([])
}
