import { fc, test } from '@fast-check/vitest'
import { cpu } from '@wengert/backend-cpu'
import { checkGradients, shapes } from '@wengert/gradcheck'
import { agrees, describeErrors, type Field, fieldOf, laidOut, reduceField } from '@wengert/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import * as w from '../index.ts'

beforeAll(() => w.useBackend(cpu()))

interface Row {
  readonly f: (x: w.Tensor, options?: w.DiagonalOptions) => w.Tensor
  readonly define: (field: Field, offset: number) => Field
}

function diagonal({ shape, at }: Field, offset: number): Field {
  const [m = 0, n = 0] = shape.slice(-2)
  const rows = Array.from({ length: m }, (_, i) => i).filter((i) => i + offset >= 0 && i + offset < n)
  return {
    shape: [...shape.slice(0, -2), rows.length],
    at: (index) => {
      const i = rows[index.at(-1) as number] as number
      return at([...index.slice(0, -1), i, i + offset])
    },
  }
}

function triangle({ shape, at }: Field, keeps: (i: number, j: number) => boolean): Field {
  return { shape, at: (index) => (keeps(index.at(-2) as number, index.at(-1) as number) ? at(index) : 0) }
}

const rows: Record<string, Row> = {
  diagonal: { f: w.diagonal, define: diagonal },
  trace: {
    f: w.trace,
    define: (field, offset) => {
      const line = diagonal(field, offset)
      return reduceField((list) => list.reduce((a, b) => a + b, 0), line, [line.shape.length - 1])
    },
  },
  tril: { f: w.tril, define: (field, offset) => triangle(field, (i, j) => j <= i + offset) },
  triu: { f: w.triu, define: (field, offset) => triangle(field, (i, j) => j >= i + offset) },
  diag: {
    f: w.diag,
    define: ({ shape, at }, offset) => {
      const size = (shape.at(-1) as number) + Math.abs(offset)
      return {
        shape: [...shape.slice(0, -1), size, size],
        at: (index) => {
          const [i = 0, j = 0] = index.slice(-2)
          return j - i === offset ? at([...index.slice(0, -2), Math.min(i, j)]) : 0
        },
      }
    },
  },
}

describe.each(Object.entries(rows))('%s', (_, { f, define }) => {
  const cases = (minSize: number) =>
    fc.tuple(
      shapes({ minRank: 2, minSize }).chain((shape) => laidOut(shape)),
      fc.integer({ min: -5, max: 5 }),
    )

  test.prop([cases(0)])('picks elements as its definition says, batched', ([x, offset]) => {
    expect(agrees(f(x, { offset }), define(fieldOf(x), offset))).toBe(true)
    expect(agrees(f(x), define(fieldOf(x), 0))).toBe(true)
  })

  test.prop([cases(1)])('has right derivatives', ([x, offset]) => {
    checkGradients((v: w.Tensor) => f(v.square(), { offset }), [x])
  })
})

it('triangles leave out infinities and keep dtypes', () => {
  const x = w.tensor([
    [1, Number.NaN],
    [2, 3],
  ])
  expect(w.tril(x).dataSync()).toEqual(new Float32Array([1, 0, 2, 3]))
  expect(w.triu(w.ones([2, 2], { dtype: 'bool' }), { offset: 1 }).dataSync()).toEqual(new Uint8Array([0, 1, 0, 0]))
  expect(w.tril(w.ones([2, 2], { dtype: 'i32' })).dataSync()).toEqual(new Int32Array([1, 0, 1, 1]))
})

describeErrors('diagonals', {
  'trace: x must have at least two axes, got shape [2].': () => w.trace(w.zeros([2])),
  'triu: x must have at least two axes, got shape [2].': () => w.triu(w.zeros([2])),
  'tril: offset must be an integer, got 0.5.': () => w.tril(w.zeros([2, 2]), { offset: 0.5 }),
  'diag: x must have at least one axis, got shape []. For a matrix of one element use reshape.': () =>
    w.diag(w.zeros([])),
})
