import { fc, test } from '@fast-check/vitest'
import { cpu } from '@wengert/backend-cpu'
import { leaves, type Tensor, TreeError, tensor, useBackend, ValueError } from '@wengert/core'
import { tensors } from '@wengert/gradcheck'
import { beforeAll, expect, it } from 'vitest'
import { clipByGlobalNorm } from './index.ts'

beforeAll(() => useBackend(cpu()))

const clip = <P>(limit: number, grads: P): P => clipByGlobalNorm(limit).update(grads, [], grads)[0]

const numbers = (tree: unknown): number[] => leaves(tree).flatMap((leaf) => [...leaf.dataSync()])

const norm = (tree: unknown): number => Math.hypot(...numbers(tree))

const trees = fc.record({ a: tensors([2, 3]), b: fc.tuple(tensors([]), tensors([4], { dtype: 'f32' })) })
const limits = fc.double({ min: 1e-3, max: 20, noNaN: true })

test.prop([limits, trees])('leaves a norm of at most the limit, and the direction', (limit, grads) => {
  const before = norm(grads)
  const clipped = clip(limit, grads)
  expect(norm(clipped)).toBeLessThanOrEqual(limit * (1 + 1e-6))
  const factor = Math.min(1, limit / before)
  const [was, is] = [numbers(grads), numbers(clipped)]
  was.forEach((g, i) => {
    expect(Math.abs((is[i] as number) - g * factor)).toBeLessThanOrEqual(1e-6 * Math.abs(g))
  })
})

test.prop([limits, trees])('leaves smaller gradients as they are, to the last bit', (limit, grads) => {
  const larger = Math.max(limit, norm(grads) * (1 + 1e-6))
  expect(numbers(clip(larger, grads))).toEqual(numbers(grads))
})

test.prop([trees])('keeps dtypes', (grads) => {
  expect(leaves(clip(1, grads)).map(({ dtype }) => dtype)).toEqual(leaves(grads).map(({ dtype }) => dtype))
})

it('computes the norm over all leaves', () => {
  const grads: { readonly [name: string]: Tensor } = {
    a: tensor([3]),
    b: tensor([[4]]),
    none: tensor([], { shape: [0] }),
  }
  expect(numbers(clip(1, grads))).toEqual([Math.fround(0.6), Math.fround(0.8)])
})

it.each(['f32', 'f64'] as const)('zero gradients stay zero in %s', (dtype) => {
  expect(numbers(clip(1, [tensor([0, 0], { dtype }), tensor(0, { dtype })]))).toEqual([0, 0, 0])
})

it('takes trees without numbers', () => {
  expect(clip(1, [])).toEqual([])
  expect(numbers(clip(1, [tensor([], { shape: [0, 3] })]))).toEqual([])
})

it.each([
  ['overflow', 1, 1e30],
  ['vanish', 1e-30, 1e-25],
])('is right where the squares %s in f32', (_, limit, scale) => {
  const [a, b] = numbers(clip(limit, [tensor([3 * scale]), tensor([-4 * scale])])) as [number, number]
  expect(a / limit).toBeCloseTo(0.6, 6)
  expect(b / limit).toBeCloseTo(-0.8, 6)
})

it('is right where f32 cannot hold what f64 holds', () => {
  expect(numbers(clip(1, [tensor([1e-300], { dtype: 'f64' }), tensor([0])]))).toEqual([1e-300, 0])
})

it.each([Number.NaN, Number.POSITIVE_INFINITY])('makes everything NaN where an element is %s', (bad) => {
  expect(numbers(clip(1, [tensor([1, bad]), tensor(2)]))).toEqual([Number.NaN, Number.NaN, Number.NaN])
})

it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])('does not take the limit %s', (limit) => {
  expect(() => clipByGlobalNorm(limit)).toThrow(ValueError)
  expect(() => clipByGlobalNorm(limit)).toThrow(`clipByGlobalNorm: limit must be positive and finite, got ${limit}.`)
})

it('refuses gradients of another structure', () => {
  const params: Tensor[] = [tensor(1)]
  expect(() => clipByGlobalNorm(1).update([tensor(1), tensor(2)], [], params)).toThrow(TreeError)
})
