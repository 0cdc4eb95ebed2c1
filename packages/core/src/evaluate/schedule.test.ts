import { describe, expect, it } from 'vitest'
import * as w from '../index.ts'
import { record } from '../tape.ts'
import { type Schedule, type ScheduleOptions, schedule } from './schedule.ts'

const x = w.tensor(new Float32Array(12), { shape: [3, 4] })
const y = w.tensor(new Float32Array(12), { shape: [3, 4] })
const z = w.tensor(new Float32Array(12), { shape: [3, 4] })

function scheduled(outputs: readonly w.Tensor[], options?: ScheduleOptions): Schedule {
  return schedule(record(outputs, { through: 'unknown' }), options)
}

/** A line of text for each kernel: its kind and, where it has one, its body, with the numbers of the outputs to which steps are stored. */
function kernels(...outputs: w.Tensor[]): string[] {
  return shown(scheduled(outputs))
}

function shown({ nodes }: Schedule): string[] {
  return nodes.flatMap((node) => {
    if (node.kind !== 'kernel') return []
    const { kernel } = node
    if (kernel.kind !== 'map' && kernel.kind !== 'reduce') return [kernel.kind]
    const name = kernel.kind === 'map' ? 'map' : kernel.op
    const output = (step: number): number => (kernel.stored ?? []).indexOf(step) + 1
    return [[name, ...kernel.steps.map(({ op }, i) => (output(i) > 0 ? `${op}→${output(i)}` : op))].join(' ')]
  })
}

describe('a reduction', () => {
  it('takes over the elementwise chain that it alone reads', () => {
    expect(kernels(w.sum(x.mul(y).exp(), { axis: 1 }))).toEqual(['sum mul exp'])
    expect(kernels(w.max(x.mul(2)))).toEqual(['max mul'])
    expect(kernels(w.sum(w.full([5], 3)))).toEqual(['sum'])
    expect(kernels(w.sum(x.less(y)))).toEqual(['sum less cast'])
    expect(kernels(w.logSumExp(x))).toEqual(['max', 'map isFinite where', 'sum sub exp', 'map log add equal where'])
  })

  it('takes a chain in any shape of as many elements in order, and no other view of it', () => {
    expect(kernels(w.sum(x.mul(y).reshape([2, 6]), { axis: 0 }))).toEqual(['sum mul'])
    expect(kernels(w.sum(x.mul(y).transpose(), { axis: 0 }))).toEqual(['map mul', 'sum'])
    expect(kernels(w.sum(x.mul(y).slice([1, 0]), { axis: 0 }))).toEqual(['map mul', 'sum'])
  })

  it('reads its body in the layouts of the chain', () => {
    const { nodes } = scheduled([w.sum(x.transpose().mul(w.ones([3])), { axis: 0 })])
    const last = nodes.at(-1)
    expect(last?.kind === 'kernel' && last.kernel).toEqual({
      kind: 'reduce',
      dtype: 'f32',
      op: 'sum',
      axes: [0],
      shape: [4, 3],
      inputs: [{ shape: [4, 3], strides: [1, 4], offset: 0, dtype: 'f32' }],
      scalars: ['f32'],
      steps: [{ op: 'mul', args: [0, 1], dtype: 'f32' }],
    })
  })

  it('is plain where nothing is fused', () => {
    expect(shown(scheduled([w.sum(x.mul(y).exp())], { fuse: false }))).toEqual(['map mul', 'map exp', 'sum'])
  })
})

describe('a map that several read', () => {
  it('is computed by each where that costs little and moves no more memory', () => {
    const product = x.mul(y)
    expect(kernels(w.sum(product, { axis: 0 }), w.max(product))).toEqual(['sum mul', 'max mul'])
    const total = product.add(z)
    expect(kernels(w.sum(total, { axis: 0 }), w.max(total))).toEqual(['sum mul add→1', 'max'])
    const root = x.sqrt()
    expect(kernels(w.sum(root, { axis: 0 }), w.max(root))).toEqual(['sum sqrt→1', 'max'])
    const turned = x.transpose().add(1).mul(2)
    expect(kernels(turned.neg(), turned.abs())).toEqual(['map add mul→1 neg', 'map abs'])
  })

  it('is stored by the first that reads it whole', () => {
    const y = x.exp()
    const readTwice = w.tanh(y)
    expect(kernels(w.softmax(x))).toEqual(['max', 'map isFinite where', 'sum sub exp→1', 'map equal where', 'map div'])
    expect(kernels(readTwice, y, w.sum(readTwice, { axis: 0 }))).toEqual(['sum exp→1 tanh→2'])
    expect(kernels(w.sum(w.sin(y), { axis: 0 }), w.sum(y, { axis: 1 }))).toEqual(['sum exp→1 sin', 'sum'])
    expect(kernels(w.sum(y.reshape([2, 6]), { axis: 0 }), y)).toEqual(['sum exp→1'])
    expect(kernels(w.concat([y, x]), w.sum(y))).toEqual(['sum exp→1', 'concat'])
  })

  it('stays as it is where nobody reads it whole, or all of it', () => {
    const y = x.exp()
    expect(kernels(y, y.transpose().sqrt())).toEqual(['map exp', 'map sqrt'])
    expect(kernels(y, w.sum(y.slice([1, 0])))).toEqual(['map exp', 'sum'])
    const row = w.tensor(new Float32Array(4)).exp()
    expect(kernels(x.mul(row), x.add(row))).toEqual(['map exp', 'map mul', 'map add'])
    const none = w.tensor(new Float32Array(0), { shape: [0, 4] }).exp()
    expect(kernels(none, w.sum(none, { axis: 0 }))).toEqual(['map exp', 'sum'])
  })

  it('is not computed by a kernel that needs another of its readers', () => {
    const y = x.exp()
    const product = w.matmul(y, z.transpose())
    expect(kernels(y.mul(w.sum(product)))).toEqual(['map exp', 'matmul', 'sum', 'map mul'])
  })
})

describe('outputs', () => {
  it('are stored by the kernel that reads them on', () => {
    const a = x.exp()
    const b = w.sin(a)
    expect(kernels(a, b, w.tanh(b))).toEqual(['map exp→1 sin→2 tanh'])
    expect(kernels(x.mul(y), w.sum(x.mul(y)))).toEqual(['map mul', 'sum mul'])
    const less = x.less(y)
    expect(kernels(less, w.where(less, x, y))).toEqual(['map less→1 where'])
    expect(kernels(a, a)).toEqual(['map exp→1 cast'])
  })

  it('of an optimizer come from one kernel', () => {
    const m = z.mul(0.9).add(x.mul(0.1))
    const v = y.mul(0.99).add(x.square().mul(0.01))
    const p = w.tensor(new Float32Array(12), { shape: [3, 4] }).sub(m.div(v.sqrt().add(1e-8)).mul(0.1))
    expect(kernels(p, m, v)).toEqual(['map mul mul add→1 mul mul mul add→2 sqrt add div mul sub'])
  })

  it('of a kernel are nodes of their own behind it', () => {
    const a = x.exp()
    const { nodes, outputs } = scheduled([w.sum(a, { axis: 1 }), a])
    expect(nodes).toEqual([
      { kind: 'source', line: 0 },
      {
        kind: 'kernel',
        kernel: {
          kind: 'reduce',
          dtype: 'f32',
          op: 'sum',
          axes: [1],
          shape: [3, 4],
          inputs: [{ shape: [3, 4], strides: [4, 1], offset: 0, dtype: 'f32' }],
          scalars: [],
          steps: [{ op: 'exp', args: [0], dtype: 'f32' }],
          stored: [0],
        },
        inputs: [0],
        stored: [2],
        scalars: [],
      },
      { kind: 'stored', by: 1 },
    ])
    expect(outputs).toEqual([1, 2])
  })
})

describe('a kernel', () => {
  const buffersOf = (schedule: Schedule): number[] =>
    schedule.nodes.flatMap((node) => (node.kind === 'kernel' ? [node.inputs.length + 1 + node.stored.length] : []))

  it('has no more than 8 buffers, or as many as a backend says', () => {
    const inputs = Array.from({ length: 15 }, () => w.tensor(new Float32Array(4)))
    const sums: w.Tensor[] = []
    for (const b of inputs) sums.push(w.sin(b.add(sums.at(-1) ?? 1)))
    const most = (outputs: readonly w.Tensor[], options?: ScheduleOptions) =>
      Math.max(...buffersOf(scheduled(outputs, options)))
    const last = [w.sum(sums.at(-1) as w.Tensor)]
    expect([3, 4, 8, 16].map((maxBuffers) => most(last, { maxBuffers }))).toEqual([3, 4, 8, 16])
    // Each sum more has an input and an output.
    expect([3, 4, 8, 16].map((maxBuffers) => most(sums, { maxBuffers }))).toEqual([3, 4, 8, 16])
    expect([last, sums].map((outputs) => most(outputs))).toEqual([8, 8])
  })

  it('holds no more than 64 steps', () => {
    const long = Array.from({ length: 150 }).reduce<w.Tensor>((a) => w.sin(a), x)
    expect(shown(scheduled([w.sum(long)])).map((row) => row.split(' ').length)).toEqual([65, 65, 23])
  })
})
