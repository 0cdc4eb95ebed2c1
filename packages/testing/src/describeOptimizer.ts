import {
  DTypeError,
  leaves,
  mapTree,
  ShapeError,
  sizeOf,
  type Tensor,
  TreeError,
  tensor,
  zipTrees,
} from '@wengert/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { runs } from './describeLoss.ts'

/** A pair of init and update, as optimizers are. */
export interface Updater {
  init<P>(params: P): unknown
  update<P>(grads: P, state: unknown, params: P): readonly [updates: P, state: unknown]
}

/** The definition of an optimizer in plain numbers: one leaf after step t = 1, 2, …; its state is in the closure. */
export type Reference = (
  shape: readonly number[],
) => (p: readonly number[], g: readonly number[], t: number) => readonly number[]

/** An optimizer with some options, beside its definition. */
export interface OptimizerRun {
  readonly transform: Updater
  readonly reference: Reference
}

export interface OptimizerSpec {
  /** Shapes of the parameters. @default [1, 2] and [] */
  readonly shapes?: readonly (readonly number[])[]
  /** Largest accepted difference in f64, relative to a number or to 1. @default 1e-12 */
  readonly tolerance?: number
  /** Share of the usual number of examples. @default 1 */
  readonly share?: number
}

/** The definition of an optimizer that treats each element as if it were alone. */
export function eachElement(one: () => (p: number, g: number, t: number) => number): Reference {
  return (shape) => {
    const steps = Array.from({ length: sizeOf(shape) }, one)
    return (p, g, t) => steps.map((step, i) => step(p[i] as number, g[i] as number, t))
  }
}

/** The laws of every optimizer, with random options, parameters and gradients. */
export function describeOptimizer(
  name: string,
  options: fc.Arbitrary<OptimizerRun>,
  { shapes = [[1, 2], []], tolerance = 1e-12, share = 1 }: OptimizerSpec = {},
): void {
  const size = shapes.reduce((total, shape) => total + sizeOf(shape), 0)
  const holds = (title: string, of: number, law: (run: OptimizerRun, ps: number[], gs: number[][]) => void): void => {
    test(title, () => fc.assert(fc.property(options, lists(size), gradientLists(size), law), runs(of * share)))
  }
  const tree = (numbers: readonly number[], dtype: 'f32' | 'f64' = 'f64') => treeOf(shapes, numbers, dtype)

  describe(name, () => {
    for (const [dtype, within] of [['f64', tolerance] as const, ['f32', 1e-4] as const])
      holds(`agrees with its definition in ${dtype}`, 0.5, ({ transform, reference }, ps, gs) => {
        const grads = gs.map((g) => tree(g, dtype))
        const expected = descendReference(reference, shapes, ps, gs)
        expect(away(numbers(descend(transform, tree(ps, dtype), grads)), expected)).toBeLessThan(within)
      })

    holds('treats the leaves of a tree as if each were alone', 0.25, ({ transform }, ps, gs) => {
      const together = descend(
        transform,
        tree(ps),
        gs.map((g) => tree(g)),
      )
      const alone = leaves(tree(ps)).map((p, i) =>
        descend(
          transform,
          p,
          gs.map((g) => leaves(tree(g))[i] as Tensor),
        ),
      )
      expect(numbers(together)).toEqual(numbers(alone))
    })

    holds('keeps structure, shapes and dtypes, and a state of tensors', 0.1, ({ transform }, ps) => {
      const params = [tree(ps), { f32: tree(ps, 'f32') }]
      const before = transform.init(params)
      const [updates, after] = transform.update(params, before, params)
      const kinds = (of: unknown) => mapTree(({ dtype, shape }) => `${dtype} ${shape}` as unknown as Tensor, of)
      expect(kinds(updates)).toEqual(kinds(params))
      expect(kinds(after)).toEqual(kinds(before))
    })

    holds('refuses gradients that do not fit the parameters', 0.1, ({ transform }, ps) => {
      const params = { one: tree(ps), other: tree(ps, 'f32') }
      const update = (grads: unknown) => () => transform.update(grads as typeof params, transform.init(params), params)
      expect(update({ one: params.one })).toThrow(TreeError)
      expect(update([params.one, params.other])).toThrow(TreeError)
      expect(update({ one: mapTree((x) => x.expandDims(0), params.one), other: params.other })).toThrow(ShapeError)
      expect(update({ one: mapTree((x) => x.expandDims(0), params.one), other: params.other })).toThrow(
        /grads must have the shapes of the parameters, got .* at tree\.one/,
      )
      expect(update({ one: params.other, other: params.other })).toThrow(DTypeError)
      expect(update({ one: params.other, other: params.other })).toThrow(
        /grads must have the dtypes of the parameters, got f32 for f64 at tree\.one/,
      )
    })
  })
}

/** Parameters after one step for each gradient. */
export function descend<P>(transform: Updater, start: P, gradients: readonly P[]): P {
  let [params, state] = [start, transform.init(start)]
  for (const grads of gradients) {
    const [updates, next] = transform.update(grads, state, params)
    params = zipTrees((p, u) => p.add(u), params, updates)
    state = next
  }
  return params
}

/** All numbers of a tree, from left to right. */
export function numbers(tree: unknown): number[] {
  return leaves(tree).flatMap((leaf) => [...leaf.dataSync()])
}

/** The largest difference, relative to the expected number or to 1. */
export function away(actual: readonly number[], expected: readonly number[]): number {
  expect(actual.length).toBe(expected.length)
  return actual.reduce((most, a, i) => {
    const b = expected[i] as number
    const off = Math.abs(a - b) / Math.max(1, Math.abs(b))
    return Math.max(most, off)
  }, 0)
}

/** Numbers that are 0 or not near it. */
export function lists(length: number): fc.Arbitrary<number[]> {
  const element = fc.double({ min: -3, max: 3, noNaN: true }).map((v) => (Math.abs(v) < 1e-3 ? 0 : v))
  return fc.array(element, { minLength: length, maxLength: length })
}

/** Gradients of some steps. */
export function gradientLists(length: number): fc.Arbitrary<number[][]> {
  return fc.array(lists(length), { minLength: 1, maxLength: 6 })
}

function descendReference(
  reference: Reference,
  shapes: readonly (readonly number[])[],
  start: readonly number[],
  gradients: readonly (readonly number[])[],
): number[] {
  let from = 0
  return shapes.flatMap((shape) => {
    const [begin, end] = [from, from + sizeOf(shape)]
    from = end
    const step = reference(shape)
    return gradients.reduce<readonly number[]>(
      (p, g, i) => step(p, g.slice(begin, end), i + 1),
      start.slice(begin, end),
    )
  })
}

/** A tree with lists and names in it. */
function treeOf(
  shapes: readonly (readonly number[])[],
  numbers: readonly number[],
  dtype: 'f32' | 'f64',
): { readonly first: readonly [{ readonly weight: Tensor }, readonly []]; readonly rest: readonly Tensor[] } {
  let from = 0
  const [first, ...rest] = shapes.map((shape) => {
    const begin = from
    from += sizeOf(shape)
    return tensor(numbers.slice(begin, from), { shape, dtype })
  }) as [Tensor, ...Tensor[]]
  return { first: [{ weight: first }, []], rest }
}
