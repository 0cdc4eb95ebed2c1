import { fc, test } from '@fast-check/vitest'
import { cpu } from '@wengert/backend-cpu'
import { checkGradients } from '@wengert/gradcheck'
import { agrees, describeErrors, type Field, fieldOf, indices, laidOut } from '@wengert/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import * as w from '../index.ts'
import { contractionOrder } from './einsumOrder.ts'

beforeAll(() => w.useBackend(cpu()))

/** The definition: a sum over every index of the product of all operands. */
function bruteForce(
  operands: readonly Field[],
  inputs: readonly string[],
  output: string,
  sizes: Readonly<Record<string, number>>,
): Field {
  const size = (label: string): number => sizes[label] as number
  const summed = [...new Set(inputs.join(''))].filter((label) => !output.includes(label))
  return {
    shape: [...output].map(size),
    at: (index) => {
      let total = 0
      for (const rest of indices(summed.map(size))) {
        const value = (label: string): number => {
          const at = output.indexOf(label)
          return (at >= 0 ? index[at] : rest[summed.indexOf(label)]) as number
        }
        total += operands.reduce((product, { at }, i) => product * at([...(inputs[i] as string)].map(value)), 1)
      }
      return total
    },
  }
}

const letters = [...'abcdE']

/** Equations over a few letters, repeated at will, with operands to fit. */
const equations = (minSize: number, most: number) =>
  fc
    .record({
      sizes: fc.tuple(...letters.map(() => fc.integer({ min: minSize, max: 3 }))),
      inputs: fc.array(fc.array(fc.constantFrom(...letters), { maxLength: 3 }), { minLength: 1, maxLength: most }),
    })
    .chain(({ sizes, inputs }) => {
      const used = [...new Set(inputs.flat())]
      const named = Object.fromEntries(letters.map((label, i) => [label, sizes[i] as number]))
      return fc.record({
        sizes: fc.constant(named),
        inputs: fc.constant(inputs.map((labels) => labels.join(''))),
        output: fc.shuffledSubarray(used).map((labels) => labels.join('')),
        operands: fc.tuple(...inputs.map((labels) => laidOut(labels.map((label) => named[label] as number)))),
      })
    })

describe('einsum', () => {
  test.prop([equations(0, 4)])('sums products as the equation says', ({ sizes, inputs, output, operands }) => {
    const y = w.einsum(`${inputs.join(',')}->${output}`, ...operands)
    expect(agrees(y, bruteForce(operands.map(fieldOf), inputs, output, sizes))).toBe(true)
  })

  test.prop([equations(1, 3)])('has right derivatives', ({ inputs, output, operands }) => {
    checkGradients((...xs: w.Tensor[]) => w.einsum(`${inputs.join(',')}->${output}`, ...xs), operands)
  })

  test.prop([equations(1, 3)])('without -> keeps what occurs once, in alphabetical order', ({ inputs, operands }) => {
    const all = inputs.join('')
    const once = [...all].filter((label) => all.split(label).length === 2).sort()
    const implicit = w.einsum(inputs.join(' , '), ...operands)
    const explicit = w.einsum(`${inputs.join(',')} -> ${once.join('')}`, ...operands)
    expect(implicit.shape).toEqual(explicit.shape)
    expect(implicit.dataSync()).toEqual(explicit.dataSync())
  })

  test.prop([fc.integer({ min: 7, max: 9 }), fc.integer({ min: 1, max: 3 })])('takes many operands', (count, n) => {
    const chain = Array.from({ length: count }, (_, i) => w.normal(w.key(i), [n, n], { dtype: 'f64' }))
    const equation = chain.map((_, i) => `${'abcdefghijkl'[i]}${'abcdefghijkl'[i + 1]}`).join(',')
    const product = chain.reduce((a, b) => w.matmul(a, b))
    expect(agrees(w.einsum(equation, ...chain), fieldOf(product), 1e-9)).toBe(true)
  })

  it('broadcasts what ... stands for', () => {
    const a = w.normal(w.key(1), [2, 1, 3, 4], { dtype: 'f64' })
    const b = w.normal(w.key(2), [5, 4, 2], { dtype: 'f64' })
    const expected = fieldOf(w.matmul(a, b))
    expect(agrees(w.einsum('...ij,...jk->...ik', a, b), expected)).toBe(true)
    expect(agrees(w.einsum('...ij,...jk', a, b), expected)).toBe(true)
    expect(w.einsum('i...j,j...k->ki...', w.zeros([2, 7, 1, 3]), w.zeros([3, 5, 4])).shape).toEqual([4, 2, 7, 5])
    expect(w.einsum('...->...', a).shape).toEqual(a.shape)
    expect(w.einsum('i...->i', w.ones([3])).shape).toEqual([3])
    checkGradients((x: w.Tensor, y: w.Tensor) => w.einsum('...ij,...jk->...ik', x, y), [a, b])
  })

  it('promotes dtypes', () => {
    const y = w.einsum('i,i->', w.tensor([1, 2], { dtype: 'i32' }), w.tensor([0.5, 0.25]))
    expect([y.dtype, y.item()]).toEqual(['f32', 1])
  })
})

/** Multiplications of an order, by the sizes of all labels that meet. */
function costOf(
  terms: readonly string[],
  output: string,
  sizes: ReadonlyMap<string, number>,
  order: readonly (readonly [number, number])[],
): number {
  const live = [...terms]
  let cost = 0
  for (const [i, j] of order) {
    const joint = [...new Set(`${live[i]}${live[j]}`)]
    cost += joint.reduce((n, label) => n * (sizes.get(label) as number), 1)
    live.splice(j, 1)
    live.splice(i, 1)
    const others = `${output}${live.join('')}`
    live.push(joint.filter((label) => others.includes(label)).join(''))
  }
  return cost
}

/** Every order of contracting `n` terms. */
function orders(n: number): (readonly [number, number])[][] {
  if (n < 2) return [[]]
  const pairs = indices([n, n]).filter(([i = 0, j = 0]) => i < j) as [number, number][]
  return pairs.flatMap((pair) => orders(n - 1).map((rest) => [pair, ...rest]))
}

describe('the order of contraction', () => {
  const problems = fc.record({
    sizes: fc
      .tuple(...letters.map(() => fc.integer({ min: 1, max: 30 })))
      .map((list) => new Map(letters.map((label, i) => [label, list[i] as number]))),
    terms: fc.array(
      fc.subarray(letters, { maxLength: 3 }).map((labels) => labels.join('')),
      { minLength: 2, maxLength: 4 },
    ),
    output: fc.subarray(letters).map((labels) => labels.join('')),
  })

  test.prop([problems])('is the cheapest of all', ({ sizes, terms: all, output }) => {
    const shared = (label: string) => `${output}${all.join('')}`.split(label).length > 2
    const terms = all.map((term) => [...term].filter(shared).join(''))
    const found = contractionOrder(
      terms.map((term) => [...term]),
      [...output],
      sizes,
    )
    const cost = (order: readonly (readonly [number, number])[]) => costOf(terms, output, sizes, order)
    expect(cost(found)).toBe(Math.min(...orders(terms.length).map(cost)))
  })

  it('of many operands is found greedily, and begins where it is small', () => {
    const sizes = new Map([...'abcdefghi'].map((label, i) => [label, i < 8 ? 2 : 1000]))
    const terms = ['ai', 'ab', 'bc', 'cd', 'de', 'ef', 'fg', 'gh']
    const order = contractionOrder(
      terms.map((term) => [...term]),
      [...'ih'],
      sizes,
    )
    expect(costOf(terms, 'ih', sizes, order)).toBe(6 * 8 + 4000)
  })
})

const [v, m] = [w.zeros([3]), w.zeros([3, 4])]

describeErrors('einsum', {
  'einsum: operands must be as many as "ij,jk->ik" names, 2, got 1.': () => w.einsum('ij,jk->ik', m),
  'einsum: operand 1 of "ij,jk->ik" must have 2 axes for "jk", got shape [3]. Further axes are named by "...".': () =>
    w.einsum('ij,jk->ik', m, v),
  'einsum: operand 0 of "...ijk->..." must have at least 3 axes for "...ijk", got shape [3, 4].': () =>
    w.einsum('...ijk->...', m),
  'einsum: axes "j" of "ij,jk->ik" must have one size, got 4 in operand 0, [3, 4], and 3 in operand 1, [3, 4].': () =>
    w.einsum('ij,jk->ik', m, m),
  'einsum: axes "i" of "ii->" must have one size, got 3 in operand 0, [3, 4], and 4 in operand 0, [3, 4].': () =>
    w.einsum('ii->', m),
  'einsum: axes of "..." of "i...,i...->i..." must have one size, got 4 in operand 0, [3, 4], and 5 in operand 1, [3, 5].':
    () => w.einsum('i...,i...->i...', m, w.zeros([3, 5])),
  'einsum: equation must have one "->" at most, got 2 in "i->i->i".': () => w.einsum('i->i->i', v),
  'einsum: equation must consist of letters and at most one "..." per operand, got "i1" in "i1->i".': () =>
    w.einsum('i1->i', m),
  'einsum: equation must take the letters of the result from the operands, got "k" in "ij->ik".': () =>
    w.einsum('ij->ik', m),
  'einsum: equation must name each axis of the result once, got "i" twice in "i->ii". To put a vector on a diagonal use diag.':
    () => w.einsum('i->ii', v),
  'einsum: equation must keep the axes of "..." in the result, got "i" in "i...->i". Put "..." behind "->", and use sum to reduce those axes.':
    () => w.einsum('i...->i', m),
  'einsum: operands of "i,i->" must be f16, f32 or f64, got i32, bool. Cast them, e.g. x.cast(\'f32\').': () =>
    w.einsum('i,i->', v.cast('i32'), v.cast('bool')),
})
