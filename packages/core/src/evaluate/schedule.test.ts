import { describe, expect, it } from 'vitest'
import * as w from '../index.ts'
import { record } from '../tape.ts'
import { type Schedule, type ScheduleOptions, schedule } from './schedule.ts'

const x = w.tensor(new Float32Array(12), { shape: [3, 4] })
const y = w.tensor(new Float32Array(12), { shape: [3, 4] })

function scheduled(outputs: readonly w.Tensor[], options?: ScheduleOptions): Schedule {
  return schedule(record(outputs, { through: 'unknown' }), options)
}

/** A line of text for each kernel: its kind and, where it has one, its body. */
function kernels(...outputs: w.Tensor[]): string[] {
  return shown(scheduled(outputs))
}

function shown({ nodes }: Schedule): string[] {
  return nodes.flatMap((node) => {
    if (node.kind === 'source') return []
    const { kernel } = node
    if (kernel.kind !== 'map' && kernel.kind !== 'reduce') return [kernel.kind]
    const name = kernel.kind === 'map' ? 'map' : kernel.op
    return [[name, ...kernel.steps.map(({ op }) => op)].join(' ')]
  })
}

describe('a reduction', () => {
  it('takes over the elementwise chain that it alone reads', () => {
    expect(kernels(w.sum(x.mul(y).exp(), { axis: 1 }))).toEqual(['sum mul exp'])
    expect(kernels(w.max(x.mul(2)))).toEqual(['max mul'])
    expect(kernels(w.sum(w.full([5], 3)))).toEqual(['sum'])
    expect(kernels(w.sum(x.less(y)))).toEqual(['sum less cast'])
    expect(kernels(w.logSumExp(x))).toEqual(['max', 'map isFinite where', 'sum sub exp', 'map equal log add where'])
  })

  it('reads what others read too', () => {
    const product = x.mul(y)
    expect(kernels(w.sum(product), product)).toEqual(['map mul', 'sum'])
    expect(kernels(w.sum(product, { axis: 0 }), w.max(product))).toEqual(['map mul', 'sum', 'max'])
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

  it('reads no more than 7 inputs and holds no more than 64 steps', () => {
    const many = Array.from({ length: 9 }, () => w.tensor(new Float32Array(4))).reduce((a, b) => a.add(b))
    const long = Array.from({ length: 150 }).reduce<w.Tensor>((a) => w.sin(a), x)
    for (const z of [many, long])
      for (const node of scheduled([w.sum(z)]).nodes) {
        if (node.kind !== 'kernel' || !('steps' in node.kernel)) continue
        expect(node.kernel.inputs.length).toBeLessThanOrEqual(7)
        expect(node.kernel.steps.length).toBeLessThanOrEqual(64)
      }
    expect(shown(scheduled([w.sum(long)])).map((row) => row.split(' ').length)).toEqual([65, 65, 23])
  })
})
