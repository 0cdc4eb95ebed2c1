import { fc, test } from '@fast-check/vitest'
import {
  type DType,
  type Kernel,
  type MapBody,
  type Operand,
  type ScalarOp,
  type Step,
  sizeOf,
  type TypedArray,
} from '@wengert/core'
import { describe, expect } from 'vitest'
import { byLoops, contiguous, generated, numbers } from '../testing/besideLoops.ts'

function agree(
  kernel: Kernel,
  inputs: readonly TypedArray[],
  dtypes: readonly DType[],
  scalars: readonly number[] = [],
): void {
  expect(generated(kernel, inputs, dtypes, scalars)).toEqual(byLoops(kernel, inputs, scalars))
}

/** An operand of a shape in a layout of some kind, all of it within the first `room` elements of its buffer. */
function placed(shape: readonly number[], dtype: DType, draw: (n: number) => number): Operand {
  const { strides } = contiguous(dtype, ...shape)
  const rank = shape.length
  switch (draw(6)) {
    case 0: {
      const turned = contiguous(dtype, ...shape.toReversed()).strides.toReversed()
      return { shape, strides: turned, offset: draw(3), dtype }
    }
    case 1:
      return { shape, strides: strides.map((stride) => -stride), offset: Math.max(sizeOf(shape) - 1, 0), dtype }
    case 2:
      return { shape, strides: strides.map((stride) => 2 * stride), offset: draw(3), dtype }
    case 3: {
      const repeated = draw(rank)
      return { shape, strides: strides.map((stride, i) => (i === repeated ? 0 : stride)), offset: draw(3), dtype }
    }
    default:
      return { shape, strides, offset: draw(3), dtype }
  }
}

const floats = ['neg', 'abs', 'sign', 'floor', 'round', 'sqrt', 'isFinite', 'div'] as const
const numeric = ['add', 'sub', 'mul', 'maximum', 'minimum', 'equal', 'notEqual', 'less', 'lessEqual'] as const
/** Functions by the dtype of their first argument whose every bit is defined. */
const functions: Readonly<Record<'bool' | 'i32' | 'f32' | 'f64', readonly ScalarOp[]>> = {
  bool: ['not', 'and', 'or', 'equal', 'notEqual', 'where', 'where', 'where', 'cast'],
  i32: ['neg', 'sign', ...numeric, 'cast'],
  f32: [...floats, ...numeric, 'cast'],
  f64: [...floats, ...numeric, 'cast'],
}
const dtypes = ['f64', 'f64', 'f32', 'i32', 'bool'] as const

/** A body of random functions on operands and scalars of random dtypes, which stores some of its steps. */
function bodyOf(shape: readonly number[], length: number, draw: (n: number) => number): MapBody {
  const anyType = (): DType => dtypes[draw(dtypes.length)] as DType
  const inputs = Array.from({ length: length === 0 ? 1 : 1 + draw(3) }, () => placed(shape, anyType(), draw))
  const scalars = Array.from({ length: length === 0 ? 0 : draw(3) }, anyType)
  const known: DType[] = [...inputs.map(({ dtype }) => dtype), ...scalars]
  const first = known.length
  const alike = (dtype: DType): number => {
    const found = [...known.keys()].filter((k) => known[k] === dtype)
    return found[draw(found.length)] as number
  }
  const steps = Array.from({ length }, (): Step => {
    const a = draw(2) === 0 ? known.length - 1 : draw(known.length)
    const from = known[a] as keyof typeof functions
    const op = functions[from][draw(functions[from].length)] as ScalarOp
    const b = draw(known.length)
    const isUnary = ['neg', 'abs', 'sign', 'floor', 'round', 'sqrt', 'isFinite', 'not', 'cast'].includes(op)
    const args = op === 'where' ? [a, b, alike(known[b] as DType)] : isUnary ? [a] : [a, alike(from)]
    const isMask = ['isFinite', 'equal', 'notEqual', 'less', 'lessEqual'].includes(op)
    const dtype = op === 'cast' ? anyType() : op === 'where' ? (known[b] as DType) : isMask ? 'bool' : from
    known.push(dtype)
    return { op, args, dtype }
  })
  const stored = steps.flatMap((_, i) => (i < length - 1 && draw(3) === 0 ? [i] : []))
  return { shape, inputs, scalars: known.slice(inputs.length, first), steps, stored }
}

/** Whole numbers below a bound, by a seed. */
function drawing(seed: number): (n: number) => number {
  let state = seed + 1
  return (n) => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0
    return n === 0 ? 0 : (state >>> 8) % n
  }
}

/** The dtype of what a body yields. */
function resultOf({ inputs, scalars, steps }: MapBody): DType {
  return [...inputs.map(({ dtype }) => dtype), ...scalars, ...steps.map(({ dtype }) => dtype)].at(-1) as DType
}

describe('generated kernels give what loops give', () => {
  const extent = fc.oneof(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 10, max: 40 }))
  const drawn = { shape: fc.array(extent, { maxLength: 3 }), length: fc.integer({ min: 0, max: 6 }), seed: fc.nat(1e9) }
  const room = (shape: readonly number[]): number => 2 * sizeOf(shape) + 3
  const scalarsOf = ({ scalars }: MapBody, seed: number): number[] =>
    scalars.map((dtype, i) => numbers(dtype, 1, seed + i)[0] as number)

  test.prop([fc.record(drawn)])('map', ({ shape, length, seed }) => {
    const body = bodyOf(shape, length, drawing(seed))
    const dtypes = body.inputs.map(({ dtype }) => dtype)
    const inputs = dtypes.map((dtype, i) => numbers(dtype, room(shape), seed + i))
    agree({ kind: 'map', dtype: resultOf(body), ...body }, inputs, dtypes, scalarsOf(body, seed))
  })

  test.prop([fc.record(drawn), fc.constantFrom('sum', 'max', 'min')])('reduce', ({ shape, length, seed }, op) => {
    const draw = drawing(seed)
    // Few steps, so that no sum overflows in one order alone.
    const body = bodyOf(shape, op === 'sum' ? Math.min(length, 2) : length, draw)
    const dtype = resultOf(body)
    if (dtype === 'bool') return
    const axes = [...shape.keys()].filter(() => draw(2) === 0)
    const kernel = { kind: 'reduce', dtype, op, axes, ...body } as const
    const dtypes = body.inputs.map(({ dtype }) => dtype)
    const inputs = dtypes.map((dtype, i) => numbers(dtype, room(shape), seed + i))
    const scalars = scalarsOf(body, seed)
    if (op !== 'sum' || dtype === 'i32') {
      agree(kernel, inputs, dtypes, scalars)
      return
    }
    // Sums of floats are rounded in another order.
    const registers = inputs.length + scalars.length + body.steps.length
    const steps: readonly Step[] = [...body.steps, { op: 'abs', args: [registers - 1], dtype }]
    const [sizes] = byLoops({ ...kernel, steps, stored: [] }, inputs, scalars) as [TypedArray]
    const [found, ...stored] = generated(kernel, inputs, dtypes, scalars) as [TypedArray]
    const [wanted, ...others] = byLoops(kernel, inputs, scalars) as [TypedArray]
    expect(stored).toEqual(others)
    wanted.forEach((sum, i) => {
      const bound = (sizes[i] as number) * (dtype === 'f64' ? 1e-13 : 2e-7)
      if (!Object.is(found[i], sum)) expect(Math.abs((found[i] as number) - sum)).toBeLessThanOrEqual(bound)
    })
  })

  test.prop([fc.record(drawn), fc.constantFrom<DType>('f64', 'f32', 'i32', 'bool')])(
    'pad',
    ({ shape, seed }, dtype) => {
      const draw = drawing(seed)
      const [low, interior, high] = [1, 2, 3].map(() => shape.map(() => draw(3))) as [number[], number[], number[]]
      const whole = shape.map((size, i) => {
        const inner = size + Math.max(size - 1, 0) * (interior[i] as number)
        return (low[i] as number) + inner + (high[i] as number)
      })
      const input = contiguous(dtype, ...shape)
      agree({ kind: 'pad', dtype, shape: whole, input, low, interior }, [numbers(dtype, sizeOf(shape), seed)], [dtype])
    },
  )

  test.prop([fc.record(drawn), fc.constantFrom<DType>('f64', 'f32', 'i32', 'bool')])(
    'concat',
    ({ shape, seed }, dtype) => {
      if (shape.length === 0) return
      const draw = drawing(seed)
      const axis = draw(shape.length)
      const inputs = [0, 1, 2].map(() => {
        const part = shape.map((size, i) => (i === axis ? draw(9) : size))
        return placed(part, dtype, draw)
      })
      const whole = inputs.reduce((sum, part) => sum + (part.shape[axis] as number), 0)
      const data = inputs.map((part, i) => numbers(dtype, room(part.shape), seed + i))
      const joined = shape.map((size, i) => (i === axis ? whole : size))
      agree(
        { kind: 'concat', dtype, shape: joined, axis, start: 0, inputs },
        data,
        inputs.map(() => dtype),
      )
    },
  )

  const side = fc.oneof(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 10, max: 40 }))
  test.prop([fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 2 }), side, side, side, fc.nat(1e9)])(
    'products of f64',
    (batch, m, k, n, seed) => {
      const draw = drawing(seed)
      const [a, b] = [placed([...batch, m, k], 'f64', draw), placed([...batch, k, n], 'f64', draw)]
      // Whole numbers, whose sums are exact in any order.
      const inputs = [a, b].map(({ shape }) => Float64Array.from({ length: room(shape) }, () => draw(99) - 49))
      agree({ kind: 'matmul', dtype: 'f64', batch, m, k, n, a, b }, inputs, ['f64', 'f64'])
    },
  )
})
