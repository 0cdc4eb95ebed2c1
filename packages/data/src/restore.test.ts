import { cpu } from '@wengert/backend-cpu'
import { leaves, mapTree, ones, state, sum, type Tensor, tensor, useBackend, zeros } from '@wengert/core'
import { describeErrors } from '@wengert/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import { formatSafetensors } from './formatSafetensors.ts'
import { parseSafetensors } from './parseSafetensors.ts'
import { restore } from './restore.ts'

beforeAll(() => useBackend(cpu()))

const numbers = (x: Tensor): number[] => Array.from(x.dataSync())

describe('restore', () => {
  it('fills a tree with what was saved of one like it, empty lists and numbered objects included', async () => {
    const saved = {
      layers: [{ weight: tensor([1, 2]) }, [], { weight: tensor([3, 4]) }],
      byId: { 0: tensor(5), 1: tensor(6) },
    }
    const target = mapTree((x) => zeros(x.shape, { dtype: x.dtype }), saved)
    const { tree } = parseSafetensors(await formatSafetensors(saved))
    const restored = restore(target, tree)
    expect(mapTree((x) => numbers(x) as unknown as Tensor, restored)).toEqual({
      layers: [{ weight: [1, 2] }, [], { weight: [3, 4] }],
      byId: { 0: [5], 1: [6] },
    })
    // The target is as it was.
    expect(numbers(leaves(target)[0] as Tensor)).toEqual([0, 0])
  })

  it('takes the current version of a state for a target', async () => {
    const training = state({ w: tensor([1, 2]), step: tensor(0, { dtype: 'i32' }) })
    await training.update(({ w, step }) => [{ w: w.mul(2), step: step.add(1) }, sum(w)])
    const { tree } = parseSafetensors(await formatSafetensors(training.value))
    const other = state(restore(training.value, tree))
    expect([numbers(other.value.w), numbers(other.value.step)]).toEqual([[2, 4], [1]])
  })

  it('maps names, and leaves out what is mapped to null', () => {
    const saved = { module: { fc: { weight: ones([2]), num_batches_tracked: tensor(7, { dtype: 'i32' }) } } }
    const rename = (name: string) => (name.endsWith('num_batches_tracked') ? null : name.replace('module.fc', '0'))
    expect(numbers(leaves(restore([{ weight: zeros([2]) }], saved, { rename }))[0] as Tensor)).toEqual([1, 1])
  })

  it('keeps what the file lacks when told to', () => {
    const target = { body: zeros([2]), head: tensor([3]) }
    const { body, head } = restore(target, { body: ones([2]) }, { missing: 'keep' })
    expect([numbers(body), head]).toEqual([[1, 1], target.head])
  })

  it('converts floats when told to, and nothing else', () => {
    const x = restore({ a: zeros([1]) }, { a: tensor([0.1], { dtype: 'f64' }) }, { cast: true }).a
    expect([x.dtype, numbers(x)]).toEqual(['f32', [Math.fround(0.1)]])
    expect(() => restore({ a: zeros([1]) }, { a: tensor([1], { dtype: 'i32' }) }, { cast: true })).toThrow(
      'a i32 [1] for f32 [1]',
    )
  })

  const target = { a: zeros([2]), b: { c: zeros([2, 3]), d: zeros([], { dtype: 'i32' }) } }
  describeErrors('restore', {
    [`restore: saved must hold just the tensors of target, got
  missing: b.d i32 []
  not expected: b.e f32 [1], x.f f32 [1], which would be y.f
  twice: a from a and from x.a
  of another shape: b.c f32 [3, 2] for f32 [2, 3]
  of another dtype: a f64 [2] for f32 [2]
Map names with { rename }; { missing: 'keep' } keeps what the target has.`]: () =>
      restore(
        target,
        {
          a: zeros([2], { dtype: 'f64' }),
          b: { c: zeros([3, 2]), e: zeros([1]) },
          x: { a: zeros([2]), f: zeros([1]) },
        },
        { rename: (name) => (name === 'x.a' ? 'a' : name.replace('x.', 'y.')) },
      ),
    [`restore: saved must hold just the tensors of target, got
  of another shape: a f64 [3] for f32 [2]
Make the target with the sizes of what was saved.`]: () =>
      restore({ a: zeros([2]) }, { a: zeros([3], { dtype: 'f64' }) }),
    [`restore: saved must hold just the tensors of target, got
  of another dtype: a f64 [2] for f32 [2]
Convert floats with { cast: true }.`]: () => restore({ a: zeros([2]) }, { a: zeros([2], { dtype: 'f64' }) }),
    'restore: tree must be an array or object of tensors, got a tensor.': () => restore(zeros([1]), {}),
  })
})
