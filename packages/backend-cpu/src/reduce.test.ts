import { fc, test } from '@fast-check/vitest'
import { type DType, type Operand, type ReduceKernel, type Reduction, sizeOf, type TypedArray } from '@wengert/core'
import { expect } from 'vitest'
import { array } from './array.ts'
import { loops } from './loops.ts'

// Reductions of a·b − c over operands of any layout, beside a walk over the elements one by one.

/** Small axes, and now and then one among them that takes several blocks. */
const shapes = fc
  .tuple(
    fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 3 }),
    fc.option(fc.integer({ min: 100, max: 1300 })),
    fc.nat(3),
  )
  .map(([shape, long, at]) => (long === null ? shape : [...shape.slice(0, at), long, ...shape.slice(at)]))

interface Sample {
  readonly operand: Operand
  readonly data: TypedArray
}

/** An operand with axes in any order, some backwards, some repeated, with or without gaps. */
function samples(shape: readonly number[], dtype: DType): fc.Arbitrary<Sample> {
  const axes = [...shape.keys()]
  return fc
    .record({
      order: fc.shuffledSubarray(axes, { minLength: axes.length }),
      backwards: fc.subarray(axes),
      repeated: fc.subarray(axes),
      gap: fc.integer({ min: 1, max: 2 }),
      seed: fc.nat(1000),
    })
    .map(({ order, backwards, repeated, gap, seed }) => {
      const strides = shape.map(() => 0)
      let [step, offset] = [gap, 0]
      for (const axis of order) {
        if (repeated.includes(axis)) continue
        const n = shape[axis] as number
        strides[axis] = backwards.includes(axis) ? -step : step
        if (backwards.includes(axis)) offset += Math.max(n - 1, 0) * step
        step *= Math.max(n, 1)
      }
      const data = array(dtype, step + 1)
      for (let i = 0; i < data.length; i++)
        data[i] = dtype === 'i32' ? ((7919 * i + seed) % 2003) - 1001 : Math.sin(12.9898 * i + seed)
      return { operand: { shape, strides, offset, dtype }, data }
    })
}

const cases = fc
  .tuple(shapes, fc.constantFrom<DType>('i32', 'f32', 'f64'), fc.constantFrom<Reduction>('sum', 'max', 'min'))
  .chain(([shape, dtype, op]) =>
    fc.record({
      shape: fc.constant(shape),
      dtype: fc.constant(dtype),
      op: fc.constant(op),
      axes: fc.subarray([...shape.keys()]),
      a: samples(shape, dtype),
      b: samples(shape, dtype),
      plain: fc.boolean(),
    }),
  )

const c = 3

/** Combines elements in row-major order. */
function reduced({ shape, dtype, op, axes, inputs, steps }: ReduceKernel, data: readonly TypedArray[]): TypedArray {
  const kept = [...shape.keys()].filter((axis) => !axes.includes(axis))
  const outputs = sizeOf(kept.map((axis) => shape[axis] as number))
  const least = dtype === 'i32' ? -(2 ** 31) : Number.NEGATIVE_INFINITY
  const most = dtype === 'i32' ? 2 ** 31 - 1 : Number.POSITIVE_INFINITY
  const totals = new Float64Array(outputs).fill({ sum: 0, max: least, min: most }[op])
  // Rounds as an element of the dtype is.
  const cell = array(dtype, 1)
  const rounded = (value: number): number => {
    cell[0] = value
    return cell[0] as number
  }
  const index = shape.map(() => 0)
  for (let e = 0; e < sizeOf(shape); e++) {
    let rest = e
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis] = rest % (shape[axis] as number)
      rest = Math.floor(rest / (shape[axis] as number))
    }
    const [a = 0, b = 0] = inputs.map(({ offset, strides }, i) => {
      const at = strides.reduce((sum, stride, axis) => sum + stride * (index[axis] as number), offset)
      return data[i]?.[at] as number
    })
    const value = steps.length === 0 ? a : rounded(rounded(a * b) - c)
    const to = kept.reduce((at, axis) => at * (shape[axis] as number) + (index[axis] as number), 0)
    const total = totals[to] as number
    totals[to] = op === 'sum' ? total + value : Math[op](total, value)
  }
  const result = array(dtype, outputs)
  result.set(totals)
  return result
}

test.prop([cases])(
  'reduces a body over any axes and layouts, in row-major order',
  ({ shape, dtype, op, axes, a, b, plain }) => {
    const used = plain ? [a] : [a, b]
    const kernel: ReduceKernel = {
      kind: 'reduce',
      dtype,
      op,
      axes,
      shape,
      inputs: used.map(({ operand }) => operand),
      scalars: plain ? [] : [dtype],
      steps: plain
        ? []
        : [
            { op: 'mul', args: [0, 1], dtype },
            { op: 'sub', args: [3, 2], dtype },
          ],
    }
    const wanted = reduced(
      kernel,
      used.map(({ data }) => data),
    )
    const backend = loops()
    const program = backend.prepare(kernel)
    const inputs = used.map(({ data }) => backend.upload(data, dtype))
    const output = backend.alloc(dtype, wanted.length)
    for (let run = 0; run < 2; run++) {
      output.data.fill(99)
      program.run(inputs, plain ? [] : [c], [output])
      expect(output.data).toEqual(wanted)
    }
    const bound = backend.bind?.({
      inputs: used.map(({ data }) => ({ dtype, size: data.length })),
      slots: [],
      outputs: [{ dtype, size: wanted.length }],
      steps: [{ program, inputs: used.map((_, i) => i), scalars: plain ? [] : [0], outputs: [used.length] }],
    })
    for (let run = 0; run < 2; run++)
      expect(
        bound?.(
          used.map(({ data }) => data),
          [c],
        ),
      ).toEqual([wanted])
  },
)
