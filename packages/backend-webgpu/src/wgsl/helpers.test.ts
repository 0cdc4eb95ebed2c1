import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { functions, helpers, helpersIn } from './helpers.ts'
import { literal, polynomial } from './literal.ts'
import { binaryCode, expression, unaryCode } from './scalar.ts'

const names = Object.keys(functions)

/** Functions that WGSL brings along, and what looks like a call. */
const known = new Set([
  ...['abs', 'bitcast', 'ceil', 'clamp', 'countLeadingZeros', 'f32', 'floor', 'i32', 'max', 'min', 'round', 'select'],
  ...['sqrt', 'for', 'if', 'array'],
])

/** Names that a text defines, in order. */
const defined = (text: string): string[] => Array.from(text.matchAll(/\bfn (\w+)\(/g), ([, name]) => name as string)

describe('helper functions', () => {
  it.each(names)('%s comes after all that it calls, each defined once', (name) => {
    const text = helpers([name])
    const order = defined(text)
    expect(order.at(-1)).toBe(name)
    expect(new Set(order).size).toBe(order.length)
    order.forEach((definition, i) => {
      const called = helpersIn(functions[definition] as string).filter((other) => other !== definition)
      expect(order.slice(0, i)).toEqual(expect.arrayContaining(called))
    })
  })

  it.each(names)('%s calls nothing but other helpers and WGSL', (name) => {
    const text = (functions[name] as string).replaceAll(/\bfn /g, '')
    const called = Array.from(text.matchAll(/\b([a-zA-Z]\w*)(?:<[\w<>]*>)?\(/g), ([, word]) => word as string)
    for (const word of called)
      expect(known.has(word) || word.startsWith('vec') || names.includes(word), `${name} calls ${word}`).toBe(true)
  })

  it('are all needed', () => {
    const templates = [...Object.values(unaryCode), ...Object.values(binaryCode)].flatMap((forms) =>
      Object.values(forms).map((form) => form('a', 'b')),
    )
    const casts = expression({ op: 'cast', args: ['a'], argTypes: ['f32'], type: 'i32' }).needs
    const toBool = expression({ op: 'cast', args: ['a'], argTypes: ['f32'], type: 'bool' }).needs
    const toHalf = expression({ op: 'cast', args: ['a'], argTypes: ['f32'], type: 'f16' }).needs
    const roots = [...templates.flatMap(helpersIn), ...casts, ...toBool, ...toHalf, 'threefry', 'inf', 'nan']
    expect(defined(helpers(roots)).sort()).toEqual(names.toSorted())
  })

  it('of several names are written once', () => {
    const text = helpers(['sinF32', 'cosF32', 'sinF32'])
    const order = defined(text)
    expect(order.filter((name) => name === 'reduceAngle')).toHaveLength(1)
    expect(order.filter((name) => name.endsWith('F32'))).toEqual(['isFiniteF32', 'sinF32', 'cosF32'])
  })

  it('of no name throw', () => {
    expect(() => helpers(['sinF16'])).toThrow('internal: sinF16 is no helper function')
  })
})

describe('literal', () => {
  test.prop([fc.float({ noNaN: true, noDefaultInfinity: true })])('reads back as the same f32', (x) => {
    const text = literal(x)
    expect(text).toMatch(/^-?[\d.]+(e[+-]?\d+)?f$/)
    expect(Math.fround(Number(text.slice(0, -1)))).toBe(x === 0 ? 0 : x)
  })

  it('is short', () => {
    expect([0.1, 0.5, 3, -2.5, 1e-8, Math.PI].map(literal)).toEqual([
      '0.1f',
      '0.5f',
      '3f',
      '-2.5f',
      '1e-8f',
      '3.1415927f',
    ])
  })
})

describe('polynomial', () => {
  test.prop([
    fc.array(fc.float({ min: -4, max: 4, noNaN: true }), { minLength: 1, maxLength: 6 }),
    fc.float({ min: -2, max: 2, noNaN: true }),
  ])('has the value of the sum of its powers', (coefficients, x) => {
    const text = polynomial('x', coefficients).replaceAll(/(\d)f/g, '$1')
    const value = Number(new Function('x', `return ${text}`)(x))
    const sum = coefficients.reduce((total, c, i) => total + c * x ** i, 0)
    expect(value).toBeCloseTo(sum, 5)
  })

  it('stands in parentheses', () => {
    expect(polynomial('z', [1, -0.5, 0.25])).toBe('((0.25f * z - 0.5f) * z + 1f)')
  })
})

describe('expression', () => {
  it('may stand as an argument of another', () => {
    const inner = expression({ op: 'sub', args: ['r0', 'r1'], argTypes: ['f32', 'f32'], type: 'f32' })
    const outer = expression({ op: 'neg', args: [inner.code], argTypes: ['f32'], type: 'f32' })
    expect(outer.code).toBe('(-(r0 - r1))')
    expect(outer.needs).toEqual([])
  })

  it('names the helper functions it calls', () => {
    expect(expression({ op: 'notEqual', args: ['r0', 'r1'], argTypes: ['f32', 'f32'], type: 'bool' })).toEqual({
      code: '(!equalF32(r0, r1))',
      needs: ['equalF32'],
    })
    expect(
      expression({ op: 'where', args: ['r0', 'r1', 'r2'], argTypes: ['bool', 'i32', 'i32'], type: 'i32' }),
    ).toEqual({
      code: 'select(r2, r1, r0)',
      needs: [],
    })
  })

  it('takes no dtype that the function does not', () => {
    const of = (op: 'div' | 'exp' | 'cast', dtype: 'i32' | 'f64') => () =>
      expression({ op, args: ['r0', 'r1'], argTypes: [dtype, dtype], type: dtype })
    expect(of('div', 'i32')).toThrow('internal: div takes f32, got i32')
    expect(of('exp', 'f64')).toThrow('internal: exp takes f16, f32, i32 or bool, got f64')
    expect(of('cast', 'f64')).toThrow('internal: cast takes f16, f32, i32 or bool, got f64')
  })
})
